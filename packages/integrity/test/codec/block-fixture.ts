// One good block of round 1 and ways to make others from it; every test of the block rules starts here.

import {
  type BlockBody,
  type BlockContext,
  type BlockHeader,
  type BlockRef,
  type BlockRoots,
  DEFAULT_PROTOCOL_PARAMS,
  type ProtocolParams,
  type SignedUpdate,
  type UpdateHeader,
  type VerifiedBlock,
  buildBlock,
  digestOf,
  genesisRefs,
  modelId,
  round,
  sequenceNumber,
  signUpdate,
  validatorIndex,
} from "../../src/index.ts";
import { EMPTY_BODY, type TestCommittee, testCommittee, testDevice } from "../../src/testing/index.ts";
import { utf8FromText } from "../../src/utf8.ts";

export const four: TestCommittee = testCommittee(4);
export const { sha256 } = four.crypto;

export function contextOf(test: TestCommittee, params: Partial<ProtocolParams> = {}, hasCoin = true): BlockContext {
  return {
    chainId: test.chainId,
    committee: test.committee,
    params: { ...DEFAULT_PROTOCOL_PARAMS, ...params },
    crypto: test.crypto,
    hasCoin,
  };
}

export function digestNamed(name: string): ReturnType<typeof digestOf> {
  return digestOf(sha256, "ledger", utf8FromText(name));
}

/** A reference to a block that nobody ever sees: verification reads no DAG. */
export function refAt(roundNumber: number, author: number): BlockRef {
  return {
    round: round(roundNumber),
    author: validatorIndex(author),
    digest: digestNamed(`${roundNumber}/${author}`) as BlockRef["digest"],
  };
}

export function parentsAt(roundNumber: number, authors: readonly number[]): readonly BlockRef[] {
  return authors.map((author) => refAt(roundNumber, author));
}

export function genesisParents(test: TestCommittee, author: number): readonly BlockRef[] {
  const refs = genesisRefs({ chainId: test.chainId, epoch: test.committee.epoch, size: test.signers.length }, sha256);
  return [...refs.filter((ref) => ref.author === author), ...refs.filter((ref) => ref.author !== author)];
}

type Overrides = Partial<Omit<BlockHeader, keyof BlockRoots>>;

/** A block by validator 0 in round 3, over four parents of round 2. */
export function makeBlock(
  header: Overrides = {},
  body: Partial<BlockBody> = {},
  test: TestCommittee = four,
): VerifiedBlock {
  const author = header.author ?? validatorIndex(0);
  const signer = test.signers[author] ?? test.signers[0];
  if (signer === undefined) throw new Error("a committee has members");
  return buildBlock(
    {
      header: {
        version: 1,
        chainId: test.chainId,
        epoch: test.committee.epoch,
        round: round(3),
        author,
        parents: parentsAt(2, [0, 1, 2, 3]),
        coinShare: null,
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: 1_700_000_000_000,
        ...header,
      },
      body: { ...EMPTY_BODY, ...body },
    },
    signer,
    sha256,
  );
}

export function makeUpdate(overrides: Partial<UpdateHeader> = {}, device = 0): SignedUpdate {
  const { deviceId, signer } = testDevice(device);
  const header: UpdateHeader = {
    version: 1,
    chainId: four.chainId,
    deviceId,
    devicePublicKey: signer.publicKey,
    modelId: modelId("digits"),
    baseVersion: digestNamed("base") as UpdateHeader["baseVersion"],
    sequence: sequenceNumber(1),
    payloadRoot: digestNamed("payload"),
    payloadBytes: 318_040,
    codec: "f16",
    sampleCount: 600,
    dataSetRoot: null,
    privacy: null,
    ...overrides,
  };
  return signUpdate(header, signer, sha256);
}
