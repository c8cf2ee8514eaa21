// D3: support is a function of a block's history alone.

import { mustExist } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { DagState } from "../../src/dag/dag-state.ts";
import { directSupport, uniqueSupport } from "../../src/dag/support.ts";
import type { Vertex } from "../../src/dag/vertex-pool.ts";
import { drawDag } from "../../src/testing/dag-dsl.ts";

function drawn(text: string): DagState {
  const dag = new DagState({ genesisIds: ["g0", "g1", "g2", "g3"] });
  for (const { id, round, author, ancestors } of drawDag(text, 4).blocks) {
    dag.insert({ id, round, author, parentIds: ancestors, block: null });
  }
  return dag;
}

function supportedBy(dag: DagState, ids: string, reader: (vertex: Vertex) => Vertex | undefined): string {
  return ids
    .split(" ")
    .map((id) => reader(mustExist(dag.get(id), `${id} is drawn`))?.id ?? "-")
    .join(" ");
}

describe("D3 support of a P slot", () => {
  it("is the one parent that stands in the slot, twin or not, or none", () => {
    const dag = drawn(`
      1: A B C D D'
      2: A(ABD) B(ABD') C(ABC)`);
    expect(supportedBy(dag, "A2 B2 C2", directSupport({ round: 1, author: 3 }))).toBe("D1 D1' -");
  });
});

describe("D3 support of a C slot", () => {
  const slot = { round: 1, author: 3 };

  it("is the only block of the slot in the history, however deep", () => {
    const dag = drawn(`
      1: A B C D
      2: A(ABC) B(ABC) C(BCD)
      3: A(ABC) B(AB) C(BC)
      4: A(AB)`);
    expect(supportedBy(dag, "A2 C2 A3 B3 A4", uniqueSupport(dag, slot))).toBe("- D1 D1 - D1");
  });

  it("is none once the history holds two, wherever the twin stands and whatever came first", () => {
    const dag = drawn(`
      1: A B C D D'
      2: A(ABD) B(ABD') C(ABC)
      3: A(AC) B(BC) C(CA)
      4: A(AC) B(BA) C(CB)
      5: A(ABC)`);
    const reader = uniqueSupport(dag, slot);
    expect(supportedBy(dag, "A2 B2 C2 A3 B3 C3", reader)).toBe("D1 D1' - D1 D1' D1");
    expect(supportedBy(dag, "A4 B4 C4 A5", reader)).toBe("D1 - - -");
  });

  it("sees a twin behind a weak link", () => {
    const dag = drawn(`
      1: A B C D D'
      2: A(ABD) B(ABD) C(ABD)
      3: A(ABC) B(ABCD1')`);
    expect(supportedBy(dag, "A3 B3", uniqueSupport(dag, slot))).toBe("D1 -");
  });

  it("does not change when blocks come in between two questions", () => {
    const dag = drawn(`
      1: A B C D
      2: A B C D
      3: A B C D`);
    const reader = uniqueSupport(dag, slot);
    expect(supportedBy(dag, "A3 B3", reader)).toBe("D1 D1");
    dag.insert({ id: "D1'", round: 1, author: 3, parentIds: ["g3", "g0", "g1"], block: null });
    dag.insert({ id: "D2'", round: 2, author: 3, parentIds: ["D1'", "A1", "B1"], block: null });
    dag.insert({ id: "D3'", round: 3, author: 3, parentIds: ["D2'", "A2", "B2"], block: null });
    dag.insert({ id: "D3''", round: 3, author: 3, parentIds: ["D2'"], block: null });
    expect(supportedBy(dag, "A3 B3 D3' D3'' D2'", reader)).toBe("D1 D1 - D1' D1'");
  });
});
