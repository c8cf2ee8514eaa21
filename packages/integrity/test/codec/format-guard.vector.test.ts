// One digest for each wire type. If one of these changes, the format has changed: a deliberate act with an ADR.

import { expect, test } from "vitest";
import {
  type Ack,
  type BlockHeader,
  type Commit,
  type VersionRecord,
  buildEndMarker,
  buildReceipt,
  chainIdOf,
  checkpointDigest,
  commitIndex,
  deviceIdOf,
  digestOf,
  encodeCheckpoint,
  mustExist,
  endMarkerPartDigest,
  encodeReceipt,
  epoch,
  epochStartDigest,
  epochStartOf,
  genesisRef,
  modelId,
  score,
  sealCommit,
  sealVersionRecord,
  signCheckpoint,
  signProposal,
  validatorIndex,
  versionNumber,
} from "../../src/index.ts";
import { testSigner } from "../../src/testing/index.ts";
import { digestNamed, four, makeBlock, makeUpdate, refAt, sha256 } from "./block-fixture.ts";
import { soundGenesis } from "./genesis-fixture.ts";

const update = makeUpdate({ dataSetRoot: digestNamed("data"), privacy: "ε = 3, δ = 1e-5" });

const block = makeBlock(
  {
    coinShare: { points: [new Uint8Array(32).fill(1)], proof: new Uint8Array(64).fill(2) },
    commitVotes: [
      { index: commitIndex(2 ** 32), digest: digestNamed("c") as BlockHeader["commitVotes"][number]["digest"] },
    ],
    checkpointVotes: [{ index: commitIndex(1), stateRoot: digestNamed("s"), signature: new Uint8Array(64).fill(3) }],
  },
  {
    acks: [{ update: update.digest as Ack["update"], score: score(-70_000) }],
    updates: [update],
    transactions: [Uint8Array.of(1, 2, 3)],
    control: [{ kind: 5, payload: Uint8Array.of(9) }],
  },
);

const commit: Commit = {
  index: commitIndex(3),
  previous: digestNamed("previous") as Commit["previous"],
  epoch: epoch(0),
  slot: { kind: "C", number: 1 },
  leader: refAt(16, 2),
  blocks: [refAt(15, 1), refAt(16, 2)],
  timestampMs: 1_700_000_000_000,
};

const record: VersionRecord = {
  modelId: modelId("digits"),
  version: versionNumber(1),
  parent: digestNamed("parent") as VersionRecord["parent"],
  updates: [{ update: update.digest, weight: 600 * 65_536, score: null }],
  aggregator: { name: "coordinate-median", clip: "median-norm" },
  weightsRoot: digestNamed("weights"),
  weightsBytes: 31_600,
  metrics: [{ name: "loss-micro", value: -5 }],
  commitIndex: commitIndex(9),
};

const statement = {
  chainId: four.chainId,
  epoch: epoch(0),
  index: commitIndex(42),
  commitDigest: digestNamed("commit") as Commit["previous"],
  stateRoot: digestNamed("state"),
};
const signature = signCheckpoint(
  statement,
  { validator: validatorIndex(1), signer: testSigner("validator", 1) },
  sha256,
);

const governance = signProposal(
  { chainId: four.chainId, epoch: epoch(0), nonce: 1, changes: [{ type: "reweigh", name: "a", stake: 2 }] },
  { validator: validatorIndex(1), signer: testSigner("validator", 1) },
  sha256,
);

const endMarker = mustExist(buildEndMarker([update], sha256), "one header is not too many");

function digestOfBytes(bytes: Uint8Array): string {
  return digestOf(sha256, "record", bytes);
}

test("no wire format has changed", () => {
  expect({
    block: block.ref.digest,
    blockBytes: digestOfBytes(block.bytes),
    chain: chainIdOf(soundGenesis, sha256),
    checkpoint: checkpointDigest(statement, sha256),
    checkpointBytes: digestOfBytes(encodeCheckpoint({ statement, signatures: [signature] })),
    commit: sealCommit(commit, sha256).digest,
    device: deviceIdOf(sha256, testSigner("device", 0).publicKey),
    endMarker: endMarkerPartDigest(mustExist(endMarker[0], "a marker has parts").payload, sha256),
    epochStart: epochStartDigest(epochStartOf(soundGenesis), sha256),
    genesisBlockLater: genesisRef(
      { chainId: four.chainId, epoch: epoch(3), author: validatorIndex(2), startDigest: digestNamed("start") },
      sha256,
    ).digest,
    governance: governance.digest,
    governanceBytes: digestOfBytes(governance.transaction),
    genesisBlock: genesisRef({ chainId: four.chainId, epoch: epoch(0), author: validatorIndex(2) }, sha256).digest,
    receiptBytes: digestOfBytes(encodeReceipt(buildReceipt(update.digest, [block], sha256))),
    update: update.digest,
    updateBytes: digestOfBytes(update.bytes),
    version: sealVersionRecord(record, sha256).digest,
  }).toMatchInlineSnapshot(`
    {
      "block": "7bf9b0da8a130e30317794796272972d494f396e2e0605ed5d2004c280585d41",
      "blockBytes": "68f1bdb63c9c89c4dec0e673026aacfeb982425cadb0a1cac43589b92296cb75",
      "chain": "c39ef1c4084671ba1449495c1523762e81cd86333d944eee2075b6602c9d475e",
      "checkpoint": "a92a5140f5d6094fe2eeaa72c196d94405a93dadb9d377997d23bbd454248e19",
      "checkpointBytes": "a087130273abf81f47c272ee827b8c790f2e495425dca5f753b39cbd306c006c",
      "commit": "b2053b5c12dc6efb698d3f6615ff6b096733b59e135933e94293ebe2b6715025",
      "device": "a3ba0a92c4ffd586331dae7db6b7413917e497d48b2e178c71092b9e485f07e3",
      "endMarker": "0fc958dffd063b3ee421064478961207722394feb44410570e7f170a44488f99",
      "epochStart": "700b552ac1270c985b9d73e924554910896bcd5b6d3fb50e433de0930b61b74a",
      "genesisBlock": "0b75f8c6c04a6aa85edfc025bb3d4687c961e40b8196e93ff06981874aa4cd95",
      "genesisBlockLater": "8eaf92afafee9b58a99e305536c6b5a41c93e7f1c37aecf6c1d0642479d39241",
      "governance": "889997fdd429f9276fa134e67276eb81f7035a73e237f57dd82a8a6621507dc0",
      "governanceBytes": "21d7bfe153e03f9f51f08cbaaf335e0ad3e018edf7eb5a1bc6269e92380f3da0",
      "receiptBytes": "0a5bf7754862d62ae8e7c6f52cc46536926dcdbf747de9df21f01d613afce9a1",
      "update": "6a47bdbe01d695fd273407bb0c142ca46a7435f32a6e373775a1a465d1947ec3",
      "updateBytes": "976816aa3fa7ef399b315f124bf945338652f50d6719383df74374f086eb8c79",
      "version": "caa13823d5bf09b5dc298e1390af7293f949ab2cbd249f98869845a081420797",
    }
  `);
});
