// A sound genesis of four validators, two devices and one model, with a dealer's coin or without.

import {
  DEFAULT_PROTOCOL_PARAMS,
  type Genesis,
  digestFromHex,
  modelId,
  ristrettoGroup,
  scalarFromNumber,
} from "../../src/index.ts";
import { testEncryptionKey, testSigner } from "../../src/testing/index.ts";

export function coinKey(secret: number): Uint8Array {
  return ristrettoGroup.encode(ristrettoGroup.multiplyBase(scalarFromNumber(secret)));
}

export const soundGenesis: Genesis = {
  name: "orchard",
  createdMs: 1_700_000_000_000,
  params: DEFAULT_PROTOCOL_PARAMS,
  validators: [0, 1, 2, 3].map((index) => ({
    name: `validator-${index}`,
    stake: 1,
    publicKey: testSigner("validator", index).publicKey,
    encryptionKey: testEncryptionKey(index),
    coinPublicShares: [coinKey(100 + index)],
  })),
  coin: { setup: "dealer", groupPublicKey: coinKey(99) },
  devices: [0, 1].map((index) => ({ name: `device-${index}`, publicKey: testSigner("device", index).publicKey })),
  models: [
    {
      id: modelId("digits"),
      tensors: [
        { name: "bias", shape: [10] },
        { name: "weight", shape: [784, 10] },
      ],
      weightsRoot: digestFromHex("ab".repeat(32)),
      weightsBytes: 31_600,
      policy: {
        bufferSize: 6,
        minimum: 3,
        windowCommits: 50,
        perDeviceMax: 2,
        maxStaleness: 4,
        sampleWeightMax: 10_000,
        normMax: 100 * 65_536,
        aggregator: { name: "weighted-mean", clip: "median-norm" },
      },
    },
  ],
};
