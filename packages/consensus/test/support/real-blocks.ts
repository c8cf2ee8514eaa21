// Drawn or random blocks as real ones: encoded, digested and linked, with a signature that nobody checks here.

import {
  type BlockRef,
  type CoinShare,
  type VerifiedBlock,
  buildBlock,
  genesisRefs,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { EMPTY_BODY, type TestCommittee } from "@selvedge/integrity/testing";
import type { ScenarioBlock } from "../../src/replay/scenario.ts";

export interface RealBlocksOptions {
  readonly timestampOf?: (block: ScenarioBlock) => number;
  readonly shareOf?: (block: ScenarioBlock) => CoinShare | null;
}

const UNSIGNED = { publicKey: new Uint8Array(32), sign: (): Uint8Array => new Uint8Array(64) };

export function realBlocks(
  blocks: readonly ScenarioBlock[],
  { committee, chainId, crypto }: TestCommittee,
  { timestampOf = (block) => block.round * 1000, shareOf = () => null }: RealBlocksOptions = {},
): readonly VerifiedBlock[] {
  const size = committee.validators.length;
  const genesis = genesisRefs({ chainId, epoch: committee.epoch, size }, crypto.sha256);
  const refs = new Map<string, BlockRef>(genesis.map((ref, author) => [`g${author}`, ref]));
  return blocks.map((block) => {
    const header = {
      version: 1 as const,
      chainId,
      epoch: committee.epoch,
      round: round(block.round),
      author: validatorIndex(block.author),
      parents: block.ancestors.map((id) => mustExist(refs.get(id), "ancestors come first")),
      coinShare: shareOf(block),
      // Twins with the same parents must differ in something.
      commitVotes: [],
      checkpointVotes: [],
      timestampMs: timestampOf(block),
    };
    const body = { ...EMPTY_BODY, transactions: [new TextEncoder().encode(block.id)] };
    const real = buildBlock({ header, body }, UNSIGNED, crypto.sha256);
    refs.set(block.id, real.ref);
    return real;
  });
}

export function genesisIdsOf({ committee, chainId, crypto }: TestCommittee): readonly string[] {
  const size = committee.validators.length;
  return genesisRefs({ chainId, epoch: committee.epoch, size }, crypto.sha256).map(({ digest }) => digest);
}
