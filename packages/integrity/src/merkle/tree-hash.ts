// The three hash functions of RFC 6962 §2.1 and nothing else. The tags 0x00 and 0x01 keep a leaf from passing for a node.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";

export const TREE_HASH_SIZE_BYTES = 32;

const LEAF_TAG = 0x00;
const NODE_TAG = 0x01;

export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0));
}

export function leafHash(sha256: Sha256, leaf: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(1 + leaf.length);
  preimage[0] = LEAF_TAG;
  preimage.set(leaf, 1);
  return sha256(preimage);
}

export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  assert(left.length === TREE_HASH_SIZE_BYTES, "a left child is a tree hash");
  assert(right.length === TREE_HASH_SIZE_BYTES, "a right child is a tree hash");
  const preimage = new Uint8Array(1 + 2 * TREE_HASH_SIZE_BYTES);
  preimage[0] = NODE_TAG;
  preimage.set(left, 1);
  preimage.set(right, 1 + TREE_HASH_SIZE_BYTES);
  return sha256(preimage);
}
