import { expect, test } from "vitest";
import {
  type UpdateClaim,
  deviceIdOf,
  digestFromBytes,
  modelId,
  portableCrypto,
  sequenceNumber,
  signUpdateClaim,
  verifyUpdate,
} from "../../src/index.ts";
import { testDevice } from "../../src/testing/index.ts";

const { sha256 } = portableCrypto;
const claim: UpdateClaim = {
  chainId: digestFromBytes(new Uint8Array(32).fill(1)),
  modelId: modelId("digits"),
  baseVersion: digestFromBytes(new Uint8Array(32).fill(2)),
  sequence: sequenceNumber(3),
  payloadRoot: digestFromBytes(new Uint8Array(32).fill(4)),
  payloadBytes: 4096,
  codec: "int8",
  sampleCount: 5,
};

test("a claim is signed under the name of the key that signs it", () => {
  const { signer } = testDevice(0);
  const { header } = signUpdateClaim(claim, signer, sha256);
  expect(header).toMatchObject({ ...claim, version: 1, devicePublicKey: signer.publicKey });
  expect(header.deviceId).toBe(deviceIdOf(sha256, signer.publicKey));
  expect(verifyUpdate(signUpdateClaim(claim, signer, sha256), portableCrypto).ok).toBe(true);
});

test("what a claim leaves out is stated as absent", () => {
  const { signer } = testDevice(0);
  expect(signUpdateClaim(claim, signer, sha256).header).toMatchObject({ dataSetRoot: null, privacy: null });
  const said = { ...claim, dataSetRoot: claim.payloadRoot, privacy: "epsilon 2" };
  expect(signUpdateClaim(said, signer, sha256).header).toMatchObject({ ...said });
});
