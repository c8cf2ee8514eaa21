// Keys, committees and signed things for network tests.

import {
  type ChainId,
  type Committee,
  type SignedUpdate,
  type Signer,
  createCommittee,
  digestFromBytes,
  epoch,
  modelId,
  portableCrypto,
  portableSigner,
  sequenceNumber,
  signUpdate,
} from "@selvedge/integrity";

export const CHAIN: ChainId = digestFromBytes<ChainId>(new Uint8Array(32).fill(1));
export const OTHER_CHAIN: ChainId = digestFromBytes<ChainId>(new Uint8Array(32).fill(2));

export function seedOf(role: number, index: number): Uint8Array {
  return portableCrypto.sha256(Uint8Array.of(role, index));
}

export function validatorSigner(index: number): Signer {
  return portableSigner(seedOf(1, index));
}

export function committeeOf(size: number): Committee {
  const members = Array.from({ length: size }, (_, index) => ({
    stake: 1,
    publicKey: validatorSigner(index).publicKey,
  }));
  return createCommittee(epoch(0), members);
}

export function signedUpdate(): SignedUpdate {
  const signer = portableSigner(seedOf(3, 0));
  const digest = (fill: number): never => digestFromBytes<never>(new Uint8Array(32).fill(fill));
  const header = {
    version: 1,
    chainId: CHAIN,
    deviceId: digest(3),
    devicePublicKey: signer.publicKey,
    modelId: modelId("digits"),
    baseVersion: digest(4),
    sequence: sequenceNumber(1),
    payloadRoot: digest(7),
    payloadBytes: 128 * 1024,
    codec: "f32",
    sampleCount: 10,
    dataSetRoot: null,
    privacy: null,
  } as const;
  return signUpdate(header, signer, portableCrypto.sha256);
}
