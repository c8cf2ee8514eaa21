// Defects of the commit rule: which slot decides which, by what, and who leads.

import type { Mutant } from "../mutant.ts";

export const COMMIT_RULE_MUTANTS: readonly Mutant[] = [
  {
    id: "anchor-floor",
    file: "consensus/src/commit/slot-order.ts",
    find: "return this.roundOf(anchor) >= decided.number + P_WAVE;",
    replace: "return this.roundOf(anchor) >= decided.number + P_WAVE - 1;",
    what: "an anchor two rounds above a slot may decide it (S3 off by one)",
    aim: "two-slow-voices-again",
  },
  {
    id: "ignore-undecided",
    file: "consensus/src/commit/committer.ts",
    find: 'return verdict.type === "commit" ? "take" : "stop";',
    replace: 'return verdict.type === "commit" ? "take" : "pass";',
    what: "undecided slots are ignored in the search for an anchor (S4)",
    aim: "ragged",
  },
  {
    id: "void-by-timing",
    file: "consensus/src/commit/linearizer.ts",
    find: 'if (verdict.type === "undecided") return undefined;',
    replace:
      'if (verdict.type === "undecided") { if (slot.kind === "P") return undefined; this.#pass(slot); continue; }',
    what: "a coin slot is void because it happens not to be decided yet (S5)",
    aim: "leaders-late",
  },
  {
    id: "indirect-from-view",
    file: "consensus/src/commit/committer.ts",
    find: "const certificate = tally.certificates.find(({ vertex }) => walk.has(vertex));",
    replace: "const certificate = walk === undefined ? undefined : tally.certificates[0];",
    what: "an indirect commit takes any certificate in view, not one in the anchor's history",
    aim: "two-slow-voices",
  },
  {
    id: "history-cut-short",
    file: "consensus/src/dag/history-walk.ts",
    find: "for (; this.#completeFrom > vertex.round; this",
    replace: "for (; this.#completeFrom > vertex.round + 1; this",
    what: "the walk down from an anchor stops one round early",
    aim: "two-slow-voices-again",
  },
  {
    id: "support-by-arrival",
    file: "consensus/src/dag/support.ts",
    find: "return seen.length === 1 ? seen[0]?.vertex : undefined;",
    replace: "return seen[0]?.vertex;",
    what: "a history that holds two twins supports the one that arrived first here (D3)",
    aim: "twin-named-by-coin",
  },
  {
    id: "restart-verdicts-kept",
    file: "consensus/src/commit/commit-rule.ts",
    find: "if (hasNewSchedule) this.#committer.restart(this.nextSlot());",
    replace: "",
    what: "verdicts of slots after a change of leaders are kept from before it (S7)",
    aim: "random-order",
  },
  {
    id: "schedule-from-view",
    file: "consensus/src/commit/schedule-keeper.ts",
    find: "      vertices,\n      gcRoundBefore: this.#gcRound,",
    replace:
      "      vertices: vertices.flatMap(({ round }) => this.#setup.dag.atRound(round + 2)),\n      gcRoundBefore: this.#gcRound,",
    what: "leader scores count certificates that are in view but not output (S7)",
    aim: "random-order",
  },
  {
    id: "coin-wave-misread",
    file: "consensus/src/commit/slot-order.ts",
    find: "return this.roundOf(slot) + this.waveOf(slot) - 2;",
    replace: 'return this.roundOf(slot) + (slot.kind === "P" ? 1 : 3);',
    what: "votes on coin slots are read a round early (D3)",
    aim: "equivocator-coin-only",
  },
  {
    id: "anchor-search-stops",
    file: "consensus/src/commit/committer.ts",
    find: 'if (choice === "take") return verdict;',
    replace: 'if (choice === "take") return next.kind === "P" ? verdict : UNDECIDED;',
    what: "a committed coin slot does not decide leader slots before it (liveness)",
    aim: "leaders-hidden-by-network",
  },
];
