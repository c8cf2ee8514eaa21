// The seal on every stored value: the first 16 bytes of SHA-256 over where it is stored and what. A flipped bit, a cut
// value and a value moved to another key all break it. It guards against failing media, not against somebody who can
// write to the disk: what matters is signed or hashed besides.

import type { Sha256 } from "../crypto/port.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type Result, err, ok } from "../result.ts";
import { utf8FromText } from "../utf8.ts";
import type { StoreKey, StoreSpace } from "./store.ts";

export const SEAL_SIZE_BYTES = 16;

export interface RecordAddress {
  readonly space: StoreSpace;
  readonly key: StoreKey;
}

/** The value with its seal in front. */
export function sealRecord(sha256: Sha256, address: RecordAddress, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(SEAL_SIZE_BYTES + value.length);
  sealed.set(sealOf(sha256, address, value), 0);
  sealed.set(value, SEAL_SIZE_BYTES);
  return sealed;
}

/** A copy of the value, if its seal is whole. */
export function unsealRecord(
  sha256: Sha256,
  address: RecordAddress,
  sealed: Uint8Array,
): Result<Uint8Array, Rejection> {
  if (sealed.length < SEAL_SIZE_BYTES) return err(rejection("RECORD_TRUNCATED", "the record is shorter than its seal"));
  const value = sealed.slice(SEAL_SIZE_BYTES);
  const seal = sealOf(sha256, address, value);
  const isWhole = seal.every((byte, index) => byte === sealed[index]);
  return isWhole ? ok(value) : err(rejection("RECORD_SEAL_BROKEN", "the record is not what was stored here"));
}

function sealOf(sha256: Sha256, { space, key }: RecordAddress, value: Uint8Array): Uint8Array {
  // Neither a space nor a key holds U+0000, so no two addresses share a prefix.
  const prefix = utf8FromText(`${space}\u0000${key}\u0000`);
  const preimage = new Uint8Array(prefix.length + value.length);
  preimage.set(prefix, 0);
  preimage.set(value, prefix.length);
  return sha256(preimage).subarray(0, SEAL_SIZE_BYTES);
}
