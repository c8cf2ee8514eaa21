// Small records of our own in the store, in the house encoding. The store has checked their seals, so what does not
// decode was written by other software or is a bug of ours: DATA_CORRUPT, never a guess.

import { type Score, type WireValue, decode, encode, isScore, score } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";

export function encodeTuple(fields: readonly WireValue[]): Uint8Array {
  return encode(fields);
}

/** The fields of a stored tuple of exactly `fieldCount` entries. */
export function decodeTuple(bytes: Uint8Array, what: string, fieldCount: number): readonly unknown[] {
  const decoded = decode(bytes, { bytesMax: bytes.length, itemsMax: bytes.length });
  if (!decoded.ok || !Array.isArray(decoded.value) || decoded.value.length !== fieldCount) {
    throw new NodeError("DATA_CORRUPT", `the stored ${what} has an unknown form`);
  }
  return decoded.value;
}

export function bytesField(value: unknown, what: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new NodeError("DATA_CORRUPT", `the stored ${what} has an unknown form`);
}

export function textField(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new NodeError("DATA_CORRUPT", `the stored ${what} has an unknown form`);
}

export function countField(value: unknown, what: string): number {
  const number = numberOf(value);
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new NodeError("DATA_CORRUPT", `the stored ${what} has an unknown form`);
}

export function scoreField(value: unknown, what: string): Score | null {
  if (value === null) return null;
  const number = numberOf(value);
  if (isScore(number)) return score(number);
  throw new NodeError("DATA_CORRUPT", `the stored ${what} has an unknown form`);
}

/** Large integers are read as bigints. */
function numberOf(value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
