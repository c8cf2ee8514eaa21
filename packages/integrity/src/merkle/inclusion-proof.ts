// Audit paths of RFC 6962 §2.1.1: that a leaf stands at an index of the tree with a given root. Making a path trusts its
// input; checking one trusts nothing and answers with a rejection.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type Rejection, rejection } from "../fault.ts";
import { isCount } from "../ids.ts";
import { type Result, err, ok } from "../result.ts";
import { nodeHash } from "./tree-hash.ts";
import { checkProofForm, isSameHash, rootOfRange, splitPoint } from "./tree.ts";

export interface InclusionClaim {
  readonly root: Uint8Array;
  readonly treeSize: number;
  readonly index: number;
  readonly leafHash: Uint8Array;
  /** Siblings from the leaf upwards. */
  readonly path: readonly Uint8Array[];
}

/** PATH(index, D[n]) of RFC 6962 §2.1.1. */
export function inclusionPath(sha256: Sha256, leafHashes: readonly Uint8Array[], index: number): Uint8Array[] {
  assert(isCount(index) && index < leafHashes.length, "a proven leaf is in the tree");
  const path: Uint8Array[] = [];
  let begin = 0;
  let end = leafHashes.length;
  while (end - begin > 1) {
    const middle = begin + splitPoint(end - begin);
    if (index < middle) {
      path.push(rootOfRange(sha256, leafHashes, { begin: middle, end }));
      end = middle;
    } else {
      path.push(rootOfRange(sha256, leafHashes, { begin, end: middle }));
      begin = middle;
    }
  }
  return path.reverse();
}

/** Whether the leaf is in the tree, by the algorithm of RFC 9162 §2.1.3.2 (which is that of RFC 6962, written down). */
export function verifyInclusion(sha256: Sha256, claim: InclusionClaim): Result<true, Rejection> {
  if (!isCount(claim.index) || !isCount(claim.treeSize) || claim.index >= claim.treeSize) {
    return err(rejection("MERKLE_INDEX_OUT_OF_RANGE", "the index is not below the tree's size"));
  }
  const form = checkProofForm([claim.root, claim.leafHash], claim.path);
  if (!form.ok) return form;
  const root = rootByPath(sha256, claim);
  if (root === undefined) return err(rejection("MERKLE_PROOF_LENGTH", "the path does not fit index and size"));
  if (!isSameHash(root, claim.root)) return err(rejection("MERKLE_ROOT_MISMATCH", "the path leads to another root"));
  return ok(true);
}

function rootByPath(sha256: Sha256, { index, treeSize, leafHash, path }: InclusionClaim): Uint8Array | undefined {
  // `node` is where we are on its level, `last` the last node there. Division, not shifts: sizes go beyond 32 bits.
  let node = index;
  let last = treeSize - 1;
  let hash = leafHash;
  for (const sibling of path) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(sha256, sibling, hash);
      // A node without a right sibling rises unchanged until it is a right child.
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      hash = nodeHash(sha256, hash, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? hash : undefined;
}
