// Store keys: numbers as fixed-width hex, so that the order of keys is the order of numbers.

import type { BlockRef, Digest } from "@selvedge/integrity";

/** 14 hex digits hold every safe integer. */
export function orderedNumber(value: number): string {
  return value.toString(16).padStart(14, "0");
}

/** Before keys of what belongs to one epoch: nothing in the first, and after every number in later ones. */
export function epochPrefix(epoch: number): string {
  return epoch === 0 ? "" : `e${orderedNumber(epoch)}/`;
}

/** Of a block's key. */
export function epochOfKey(key: string): number {
  return key.startsWith("e") ? Number.parseInt(key.slice(1), 16) : 0;
}

export function blockKey(ref: BlockRef, epoch = 0): string {
  return `${authorPrefix(ref, epoch)}${ref.digest}`;
}

/** Of the keys of one author's blocks of a round. */
export function authorPrefix({ round, author }: Pick<BlockRef, "author"> & { round: number }, epoch = 0): string {
  return `${roundPrefix(round, epoch)}${orderedNumber(author)}/`;
}

export function roundPrefix(round: number, epoch = 0): string {
  return `${epochPrefix(epoch)}${orderedNumber(round)}/`;
}

export function commitKey(index: number): string {
  return orderedNumber(index);
}

export function stateKey(
  kind: "applied" | "checkpoint" | "root" | "receipt" | "transaction" | "update",
  name: Digest | string,
): string {
  return `${kind}/${name}`;
}

export function versionKey(modelId: string, version: number): string {
  return `${modelId}/${orderedNumber(version)}`;
}

export function chunkKey(root: Digest, index: number): string {
  return `${root}/${orderedNumber(index)}`;
}

export function manifestKey(root: Digest): string {
  return `${root}/manifest`;
}
