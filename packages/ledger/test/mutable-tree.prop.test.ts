// The incremental tree against the plain RFC 6962 root and paths: whatever the order of changes, the results are the same.

import { digestFromBytes, inclusionPath, portableCrypto, rootOfLeaves, leafHashes } from "@selvedge/integrity";
import fc from "fast-check";
import { expect, it } from "vitest";
import { MutableTree } from "../src/mutable-tree.ts";

const { sha256 } = portableCrypto;

it("any sequence of appends and replacements gives the RFC 6962 root and paths of the leaves as they stand", () => {
  const step = fc.record({ at: fc.nat(40), value: fc.nat(255), look: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const tree = new MutableTree(sha256);
      const leaves: Uint8Array[] = [];
      for (const { at, value, look } of steps) {
        const index = Math.min(at, leaves.length);
        leaves[index] = Uint8Array.of(value);
        tree.set(index, Uint8Array.of(value));
        if (look) expect(digestFromBytes(tree.root())).toBe(digestFromBytes(rootOfLeaves(sha256, leaves)));
      }
      expect(digestFromBytes(tree.root())).toBe(digestFromBytes(rootOfLeaves(sha256, leaves)));
      const hashes = leafHashes(sha256, leaves);
      for (const [index] of leaves.entries()) expect(tree.path(index)).toEqual(inclusionPath(sha256, hashes, index));
    }),
    { numRuns: 60 },
  );
});
