// Consistency proofs of RFC 6962 §2.1.2: that a newer tree still begins with all leaves of an older one, in order, so
// that no history was rewritten. Making a proof trusts its input; checking one trusts nothing.

import { assert } from "../assert.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type Rejection, rejection } from "../fault.ts";
import { isCount } from "../ids.ts";
import { type Result, err, ok } from "../result.ts";
import { nodeHash } from "./tree-hash.ts";
import { checkProofForm, isSameHash, rootOfRange, splitPoint } from "./tree.ts";

export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly newSize: number;
  readonly oldRoot: Uint8Array;
  readonly newRoot: Uint8Array;
  readonly path: readonly Uint8Array[];
}

/** PROOF(oldSize, D[n]) of RFC 6962 §2.1.2. */
export function consistencyPath(sha256: Sha256, leafHashes: readonly Uint8Array[], oldSize: number): Uint8Array[] {
  assert(isCount(oldSize) && 0 < oldSize && oldSize <= leafHashes.length, "the older tree is a part of the newer one");
  const path: Uint8Array[] = [];
  let begin = 0;
  let end = leafHashes.length;
  // Down to the subtree that ends where the older tree ends; what lies to either side is what the verifier lacks.
  while (end !== oldSize) {
    const middle = begin + splitPoint(end - begin);
    if (oldSize <= middle) {
      path.push(rootOfRange(sha256, leafHashes, { begin: middle, end }));
      end = middle;
    } else {
      path.push(rootOfRange(sha256, leafHashes, { begin, end: middle }));
      begin = middle;
    }
  }
  // Begun at 0 it is the older tree itself, whose root the verifier has.
  if (begin !== 0) path.push(rootOfRange(sha256, leafHashes, { begin, end }));
  return path.reverse();
}

/** Whether the newer tree extends the older one, by the algorithm of RFC 9162 §2.1.4.2. */
export function verifyConsistency(sha256: Sha256, claim: ConsistencyClaim): Result<true, Rejection> {
  if (!isCount(claim.oldSize) || !isCount(claim.newSize) || claim.oldSize > claim.newSize) {
    return err(rejection("MERKLE_SIZE_ORDER", "the older tree is larger than the newer one"));
  }
  // Anything extends the empty tree: a proof of it would say nothing, so none is accepted.
  if (claim.oldSize === 0) return err(rejection("MERKLE_SIZE_ORDER", "the older tree is empty"));
  const form = checkProofForm([claim.oldRoot, claim.newRoot], claim.path);
  if (!form.ok) return form;
  const roots = claim.oldSize === claim.newSize ? rootsOfSameSize(claim) : rootsByPath(sha256, claim);
  if (roots === undefined) return err(rejection("MERKLE_PROOF_LENGTH", "the path does not fit the sizes"));
  if (!isSameHash(roots.old, claim.oldRoot)) {
    return err(rejection("MERKLE_OLD_ROOT_MISMATCH", "the path does not lead to the older root"));
  }
  if (!isSameHash(roots.new, claim.newRoot)) {
    return err(rejection("MERKLE_ROOT_MISMATCH", "the path does not lead to the newer root"));
  }
  return ok(true);
}

interface RootPair {
  readonly old: Uint8Array;
  readonly new: Uint8Array;
}

function rootsOfSameSize({ oldRoot, path }: ConsistencyClaim): RootPair | undefined {
  return path.length === 0 ? { old: oldRoot, new: oldRoot } : undefined;
}

function rootsByPath(sha256: Sha256, claim: ConsistencyClaim): RootPair | undefined {
  let node = claim.oldSize - 1;
  let last = claim.newSize - 1;
  while (node % 2 === 1) {
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  // node is 0 here exactly if the older size is a power of two: then the older tree is a complete subtree of the newer.
  const [first, ...siblings] = node === 0 ? [claim.oldRoot, ...claim.path] : claim.path;
  if (first === undefined) return undefined;
  let older = first;
  let newer = first;
  for (const sibling of siblings) {
    if (last === 0) return undefined;
    if (node % 2 === 1 || node === last) {
      older = nodeHash(sha256, sibling, older);
      newer = nodeHash(sha256, sibling, newer);
      while (node % 2 === 0 && node !== 0) {
        node /= 2;
        last = Math.floor(last / 2);
      }
    } else {
      newer = nodeHash(sha256, newer, sibling);
    }
    node = Math.floor(node / 2);
    last = Math.floor(last / 2);
  }
  return last === 0 ? { old: older, new: newer } : undefined;
}
