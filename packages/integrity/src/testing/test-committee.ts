// Committees, chains and devices that are the same in every test run: keys come from fixed seeds, nothing from entropy.
// For tests and the laboratory only: everybody knows these secret keys.

import { mustExist } from "../assert.ts";
import type { BlockBody } from "../block.ts";
import { deviceIdOf } from "../codec/update-codec.ts";
import { type Committee, createCommittee, memberOf } from "../committee.ts";
import { dealingSecretOf, encryptionKeyOf } from "../crypto/dealing-key.ts";
import type { Crypto, Signer } from "../crypto/port.ts";
import { portableCrypto, portableSigner } from "../crypto/portable.ts";
import type { Scalar } from "../crypto/scalar.ts";
import { type ChainId, type DeviceId, digestOf } from "../digest.ts";
import { type ValidatorIndex, epoch } from "../ids.ts";

export interface TestCommittee {
  readonly committee: Committee;
  readonly chainId: ChainId;
  readonly crypto: Crypto;
  readonly signers: readonly Signer[];
  readonly signerOf: (author: ValidatorIndex) => Signer;
}

export interface TestDevice {
  readonly deviceId: DeviceId;
  readonly signer: Signer;
}

/** No entries at all. */
export const EMPTY_BODY: BlockBody = { acks: [], updates: [], transactions: [], control: [] };

/** Validators of equal stake 1, or with the stakes given. */
export function testCommittee(size: number, stakes?: readonly number[]): TestCommittee {
  const signers = Array.from({ length: size }, (_, index) => testSigner("validator", index));
  const members = signers.map(({ publicKey }, index) => ({ stake: stakes?.[index] ?? 1, publicKey }));
  const committee = createCommittee(epoch(0), members);
  return {
    committee,
    chainId: digestOf<ChainId>(portableCrypto.sha256, "chain", Uint8Array.of(size)),
    crypto: portableCrypto,
    signers,
    signerOf: (author) => mustExist(signers[memberOf(committee, author).index], "every member has a signer"),
  };
}

export function testDevice(index: number): TestDevice {
  const signer = testSigner("device", index);
  return { deviceId: deviceIdOf(portableCrypto.sha256, signer.publicKey), signer };
}

/** The signer of one seed for each role and index (up to 65535). */
export function testSigner(role: "validator" | "device", index: number): Signer {
  return portableSigner(testSeed(role, index));
}

/** The secret to which a dealing for this validator is encrypted. */
export function testDealingSecret(index: number): Scalar {
  return dealingSecretOf(testSeed("validator", index));
}

/** The public half of `testDealingSecret`. */
export function testEncryptionKey(index: number): Uint8Array {
  return encryptionKeyOf(testDealingSecret(index));
}

function testSeed(role: "validator" | "device", index: number): Uint8Array {
  const seed = new Uint8Array(32).fill(role === "validator" ? 0x11 : 0x22);
  seed[0] = index & 0xff;
  seed[1] = index >> 8;
  return seed;
}
