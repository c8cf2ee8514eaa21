// Digests of blocks whose bytes were pruned, one record for each round. Presence outlives the bytes (D1): a validator
// that comes back after long builds on blocks of the past, and whoever pruned those must still know that it had
// accepted them, or would refuse what everybody else takes. Kept for the whole epoch, 32 bytes a block.

import { type BlockRef, type Digest, type Store, type StoreOp, digestToBytes, isSameBytes } from "@selvedge/integrity";
import { epochPrefix, roundPrefix } from "./keys.ts";

const PREFIX = "pruned-blocks/";
const DIGEST_BYTES = 32;

/** Where the record of a round is; an epoch's blocks name none of an earlier one. */
export interface RoundPlace {
  readonly epoch: number;
  readonly round: number;
}

function keyOf({ epoch, round }: RoundPlace): string {
  return `${PREFIX}${roundPrefix(round, epoch)}`;
}

/** Keys of the records of all epochs before this one. */
export function recordsBefore(epoch: number): { readonly gte: string; readonly lt: string } {
  return { gte: PREFIX, lt: `${PREFIX}${epochPrefix(epoch)}` };
}

/** Adds digests to a round's record. */
export async function prunedBlocksOp(store: Store, place: RoundPlace, digests: readonly Digest[]): Promise<StoreOp> {
  const before = (await store.get("meta", keyOf(place))) ?? new Uint8Array(0);
  const added = digests.map(digestToBytes).filter((digest) => !holdsDigest(before, digest));
  const value = new Uint8Array(before.length + added.length * DIGEST_BYTES);
  value.set(before);
  added.forEach((digest, position) => value.set(digest, before.length + position * DIGEST_BYTES));
  return { type: "put", space: "meta", key: keyOf(place), value };
}

export async function isPrunedBlock(store: Store, { round, digest }: BlockRef, epoch: number): Promise<boolean> {
  const record = await store.get("meta", keyOf({ epoch, round }));
  return record !== undefined && holdsDigest(record, digestToBytes(digest));
}

function holdsDigest(record: Uint8Array, digest: Uint8Array): boolean {
  for (let offset = 0; offset + DIGEST_BYTES <= record.length; offset += DIGEST_BYTES) {
    if (isSameBytes(record.subarray(offset, offset + DIGEST_BYTES), digest)) return true;
  }
  return false;
}
