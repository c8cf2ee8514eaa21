// Parents of sets of vertices: whatever the shortcuts, all of them and no others.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Bits, NO_BITS, withBit } from "../../src/dag/bits.ts";
import { type Vertex, VertexPool } from "../../src/dag/vertex-pool.ts";
import { VertexSet } from "../../src/dag/vertex-set.ts";

/** Three rounds of eight; the parents of the last, which may be of either round before, are drawn. */
function pool(parentsOf: readonly (readonly number[])[]): readonly Vertex[] {
  const vertices = new VertexPool();
  const meet = (round: number, author: number, parentIds: readonly string[]): Vertex =>
    vertices.meet({ id: `${round}/${author}`, round, author, parentIds, block: null });
  for (let author = 0; author < 8; author += 1) meet(0, author, []);
  for (let author = 0; author < 8; author += 1) meet(1, author, [`0/${author}`]);
  return parentsOf.map((parents, author) =>
    meet(
      2,
      author,
      parents.map((parent) => `${parent < 8 ? 1 : 0}/${parent % 8}`),
    ),
  );
}

describe("a set of vertices", () => {
  it("takes in all parents of the members of a round, strong and weak, and nothing else", () => {
    const parents = fc.array(fc.uniqueArray(fc.nat(15), { maxLength: 8 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(parents, fc.uniqueArray(fc.nat(7)), (parentsOf, chosen) => {
        const top = pool(parentsOf);
        const members = top.filter(({ author }) => chosen.includes(author));
        let bits: Bits = NO_BITS;
        for (const { place } of members) bits = withBit(bits, place);
        const [first] = top;
        const set = new VertexSet();
        if (first !== undefined) set.addParentsOf(first.row, bits);
        const expected = new Set(members.flatMap((vertex) => vertex.parents));
        const below = [0, 1].flatMap((round) => first?.row.pool.row(round)?.vertices ?? []);
        expect(below.filter((vertex) => set.has(vertex))).toEqual(below.filter((vertex) => expected.has(vertex)));
      }),
    );
  });
});
