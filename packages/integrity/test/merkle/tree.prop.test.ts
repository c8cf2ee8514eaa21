// Trees, proofs and the frontier against a slow oracle that follows the recursive text of RFC 6962 §2.1 word for word,
// and every proof with each kind of damage done to it.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { CompactRange } from "../../src/merkle/compact-range.ts";
import { type ConsistencyClaim, consistencyPath, verifyConsistency } from "../../src/merkle/consistency-proof.ts";
import { type InclusionClaim, inclusionPath, verifyInclusion } from "../../src/merkle/inclusion-proof.ts";
import { emptyRoot, leafHash, nodeHash } from "../../src/merkle/tree-hash.ts";
import { leafHashes, rootOfLeafHashes, rootOfLeaves, splitPoint } from "../../src/merkle/tree.ts";
import { nativeSha256 as sha256 } from "../support/native-crypto.ts";
import { toHex } from "../support/shared-data.ts";

const trees = fc.array(fc.uint8Array({ maxLength: 6 }), { minLength: 1, maxLength: 70 });

function oracleRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256(new Uint8Array(0));
  if (leaves.length === 1) return sha256(Uint8Array.of(0, ...only));
  const split = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return sha256(Uint8Array.of(1, ...oracleRoot(leaves.slice(0, split)), ...oracleRoot(leaves.slice(split))));
}

function oraclePath(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const split = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return index < split
    ? [...oraclePath(leaves.slice(0, split), index), oracleRoot(leaves.slice(split))]
    : [...oraclePath(leaves.slice(split), index - split), oracleRoot(leaves.slice(0, split))];
}

function oracleProof(leaves: readonly Uint8Array[], oldSize: number, isWhole: boolean): Uint8Array[] {
  if (oldSize === leaves.length) return isWhole ? [] : [oracleRoot(leaves)];
  const split = 2 ** (Math.ceil(Math.log2(leaves.length)) - 1);
  return oldSize <= split
    ? [...oracleProof(leaves.slice(0, split), oldSize, isWhole), oracleRoot(leaves.slice(split))]
    : [...oracleProof(leaves.slice(split), oldSize - split, false), oracleRoot(leaves.slice(0, split))];
}

describe("merkle tree", () => {
  it("a root is that of the recursive definition", () => {
    fc.assert(
      fc.property(trees, (leaves) => {
        expect(toHex(rootOfLeaves(sha256, leaves))).toBe(toHex(oracleRoot(leaves)));
      }),
    );
    expect(toHex(rootOfLeafHashes(sha256, []))).toBe(toHex(emptyRoot(sha256)));
  });

  it("a leaf cannot pass for a node", () => {
    const [left, right] = leafHashes(sha256, [Uint8Array.of(1), Uint8Array.of(2)]);
    if (left === undefined || right === undefined) throw new Error("two leaves have two hashes");
    expect(toHex(leafHash(sha256, Uint8Array.of(...left, ...right)))).not.toBe(toHex(nodeHash(sha256, left, right)));
  });

  it("a tree splits at the largest power of two below its size", () => {
    expect([2, 3, 4, 5, 8, 9].map(splitPoint)).toEqual([1, 2, 2, 4, 4, 8]);
    expect(splitPoint(2 ** 40 + 1)).toBe(2 ** 40);
    expect(() => splitPoint(1)).toThrow(InvariantError);
  });
});

describe("compact range", () => {
  it("has the tree's root after every append, restored or not", () => {
    fc.assert(
      fc.property(trees, (leaves) => {
        let range = new CompactRange(sha256);
        for (const [index, hash] of leafHashes(sha256, leaves).entries()) {
          range.append(hash);
          expect(range.size).toBe(index + 1);
          expect(toHex(range.root())).toBe(toHex(rootOfLeaves(sha256, leaves.slice(0, index + 1))));
          const restored = CompactRange.restore(sha256, range.frontier());
          if (!restored.ok) throw new Error(restored.error.code);
          range = restored.value;
        }
      }),
      { numRuns: 30 },
    );
  });

  it("keeps copies and gives copies", () => {
    const range = new CompactRange(sha256);
    const leaf = new Uint8Array(32).fill(1);
    range.append(leaf);
    const root = toHex(range.root());
    leaf.fill(9);
    for (const peak of range.frontier().peaks) peak.fill(9);
    expect(toHex(range.root())).toBe(root);
    range.root().fill(9);
    expect(toHex(range.root())).toBe(root);
  });

  it("refuses a frontier that cannot be one", () => {
    const peak = new Uint8Array(32);
    const codeOf = (size: number, peaks: readonly Uint8Array[]): string => {
      const restored = CompactRange.restore(sha256, { size, peaks });
      return restored.ok ? "OK" : restored.error.code;
    };
    expect(codeOf(3, [peak, peak])).toBe("OK");
    expect(codeOf(2 ** 52 + 1, [peak, peak])).toBe("OK");
    expect(codeOf(3, [peak])).toBe("MERKLE_FRONTIER");
    expect(codeOf(0, [peak])).toBe("MERKLE_FRONTIER");
    expect(codeOf(-1, [])).toBe("MERKLE_FRONTIER");
    expect(codeOf(1.5, [peak])).toBe("MERKLE_FRONTIER");
    expect(codeOf(1, [new Uint8Array(31)])).toBe("MERKLE_HASH_SIZE");
  });
});

interface Tree {
  readonly leaves: readonly Uint8Array[];
  readonly at: number;
}

const positions: fc.Arbitrary<Tree> = trees.chain((leaves) =>
  fc.record({ leaves: fc.constant(leaves), at: fc.nat(leaves.length - 1) }),
);

describe("inclusion", () => {
  it("a path is that of the recursive definition and is accepted", () => {
    fc.assert(
      fc.property(positions, (tree) => {
        const claim = inclusionOf(tree);
        expect(claim.path.map(toHex)).toEqual(oraclePath(tree.leaves, tree.at).map(toHex));
        expect(verifyInclusion(sha256, claim).ok).toBe(true);
      }),
    );
  });

  it("every damaged sibling of a good claim is refused with its own code", () => {
    fc.assert(
      fc.property(positions, fc.nat(), (tree, seed) => {
        const claim = inclusionOf(tree);
        const { path, index, treeSize } = claim;
        expect(inclusionCode({ ...claim, leafHash: flipped(claim.leafHash, seed) })).toBe("MERKLE_ROOT_MISMATCH");
        expect(inclusionCode({ ...claim, root: flipped(claim.root, seed) })).toBe("MERKLE_ROOT_MISMATCH");
        expect(inclusionCode({ ...claim, root: claim.root.subarray(1) })).toBe("MERKLE_HASH_SIZE");
        expect(inclusionCode({ ...claim, leafHash: new Uint8Array(0) })).toBe("MERKLE_HASH_SIZE");
        expect(inclusionCode({ ...claim, path: [...path, claim.root] })).toBe("MERKLE_PROOF_LENGTH");
        expect(inclusionCode({ ...claim, index: treeSize })).toBe("MERKLE_INDEX_OUT_OF_RANGE");
        expect(inclusionCode({ ...claim, index: -1 - index })).toBe("MERKLE_INDEX_OUT_OF_RANGE");
        expect(inclusionCode({ ...claim, index: index + 0.5 })).toBe("MERKLE_INDEX_OUT_OF_RANGE");
        if (path.length === 0) return;
        const hurt = seed % path.length;
        const damaged = path.map((hash, level) => (level === hurt ? flipped(hash, seed) : hash));
        expect(inclusionCode({ ...claim, path: damaged })).toBe("MERKLE_ROOT_MISMATCH");
        expect(inclusionCode({ ...claim, path: path.slice(0, -1) })).toBe("MERKLE_PROOF_LENGTH");
        const cut = path.map((hash, level) => (level === hurt ? hash.subarray(1) : hash));
        expect(inclusionCode({ ...claim, path: cut })).toBe("MERKLE_HASH_SIZE");
      }),
    );
  });

  it("a path deeper than any tree is refused before it is hashed", () => {
    const claim = inclusionOf({ leaves: [Uint8Array.of(1)], at: 0 });
    const refuseToHash = (): Uint8Array => {
      throw new Error("hashed");
    };
    const deep = { ...claim, path: Array.from({ length: 55 }, () => claim.root) };
    expect(verifyInclusion(refuseToHash, deep).ok).toBe(false);
  });

  it("positions beyond 32 bits are walked exactly", () => {
    const treeSize = 2 ** 40 + 1;
    const leaf = new Uint8Array(32).fill(3);
    const sibling = new Uint8Array(32).fill(4);
    // The last leaf of such a tree is its root's right child.
    const claim = { root: nodeHash(sha256, sibling, leaf), treeSize, index: 2 ** 40, leafHash: leaf, path: [sibling] };
    expect(verifyInclusion(sha256, claim).ok).toBe(true);
    expect(inclusionCode({ ...claim, index: 0 })).toBe("MERKLE_PROOF_LENGTH");
  });

  it("a proof of a leaf that is not there is our bug", () => {
    expect(() => inclusionPath(sha256, [], 0)).toThrow(InvariantError);
  });
});

describe("consistency", () => {
  it("a path is that of the recursive definition and is accepted", () => {
    fc.assert(
      fc.property(positions, (tree) => {
        const claim = consistencyOf(tree);
        expect(claim.path.map(toHex)).toEqual(oracleProof(tree.leaves, claim.oldSize, true).map(toHex));
        expect(verifyConsistency(sha256, claim).ok).toBe(true);
      }),
    );
  });

  it("a rewritten history is never consistent", () => {
    fc.assert(
      fc.property(positions, fc.nat(), ({ leaves, at }, seed) => {
        const rewritten = leaves.map((leaf, index) => (index === seed % (at + 1) ? Uint8Array.of(...leaf, 1) : leaf));
        const claim = {
          ...consistencyOf({ leaves: rewritten, at }),
          oldRoot: rootOfLeaves(sha256, leaves.slice(0, at + 1)),
        };
        expect(verifyConsistency(sha256, claim).ok).toBe(false);
      }),
    );
  });

  it("every damaged sibling of a good claim is refused with its own code", () => {
    fc.assert(
      fc.property(positions, fc.nat(), (tree, seed) => {
        const claim = consistencyOf(tree);
        const { path, newSize } = claim;
        expect(consistencyCode({ ...claim, newRoot: flipped(claim.newRoot, seed) })).toBe("MERKLE_ROOT_MISMATCH");
        expect(consistencyCode({ ...claim, oldRoot: flipped(claim.oldRoot, seed) })).toMatch(
          /^MERKLE_(OLD_)?ROOT_MISMATCH$/,
        );
        expect(consistencyCode({ ...claim, oldRoot: claim.oldRoot.subarray(1) })).toBe("MERKLE_HASH_SIZE");
        expect(consistencyCode({ ...claim, path: [...path, claim.newRoot] })).toBe("MERKLE_PROOF_LENGTH");
        expect(consistencyCode({ ...claim, oldSize: newSize + 1 })).toBe("MERKLE_SIZE_ORDER");
        expect(consistencyCode({ ...claim, oldSize: 0 })).toBe("MERKLE_SIZE_ORDER");
        expect(consistencyCode({ ...claim, oldSize: -1 })).toBe("MERKLE_SIZE_ORDER");
        if (path.length === 0) return;
        const hurt = seed % path.length;
        const damaged = path.map((hash, level) => (level === hurt ? flipped(hash, seed) : hash));
        expect(consistencyCode({ ...claim, path: damaged })).toMatch(/^MERKLE_(OLD_)?ROOT_MISMATCH$/);
        expect(consistencyCode({ ...claim, path: path.slice(0, -1) })).toBe("MERKLE_PROOF_LENGTH");
        expect(consistencyCode({ ...claim, path: [] })).toBe("MERKLE_PROOF_LENGTH");
      }),
    );
  });

  it("a proof from the empty tree, or from a larger one, is our bug", () => {
    const hashes = leafHashes(sha256, [Uint8Array.of(1)]);
    expect(() => consistencyPath(sha256, hashes, 0)).toThrow(InvariantError);
    expect(() => consistencyPath(sha256, hashes, 2)).toThrow(InvariantError);
  });
});

function inclusionOf({ leaves, at }: Tree): InclusionClaim {
  const hashes = leafHashes(sha256, leaves);
  const leaf = hashes[at];
  if (leaf === undefined) throw new Error("the position is in the tree");
  const root = rootOfLeafHashes(sha256, hashes);
  return { root, treeSize: hashes.length, index: at, leafHash: leaf, path: inclusionPath(sha256, hashes, at) };
}

function consistencyOf({ leaves, at }: Tree): ConsistencyClaim {
  const hashes = leafHashes(sha256, leaves);
  const oldSize = at + 1;
  const oldRoot = rootOfLeafHashes(sha256, hashes.slice(0, oldSize));
  const newRoot = rootOfLeafHashes(sha256, hashes);
  return { oldSize, newSize: hashes.length, oldRoot, newRoot, path: consistencyPath(sha256, hashes, oldSize) };
}

function inclusionCode(claim: InclusionClaim): string {
  const verdict = verifyInclusion(sha256, claim);
  return verdict.ok ? "OK" : verdict.error.code;
}

function consistencyCode(claim: ConsistencyClaim): string {
  const verdict = verifyConsistency(sha256, claim);
  return verdict.ok ? "OK" : verdict.error.code;
}

function flipped(hash: Uint8Array, seed: number): Uint8Array {
  const damaged = hash.slice();
  damaged[seed % 32] = (damaged[seed % 32] ?? 0) ^ 1;
  return damaged;
}
