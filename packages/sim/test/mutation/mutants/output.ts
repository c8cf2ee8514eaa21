// Defects of what commits bring: the linearizer, garbage collection, time, the coin.

import type { Mutant } from "../mutant.ts";

export const OUTPUT_MUTANTS: readonly Mutant[] = [
  {
    id: "gc-from-this-commit",
    file: "consensus/src/commit/linearizer.ts",
    find: "output.add(leader, this.#gcRound);",
    replace: "output.add(leader, Math.max(this.#gcRound, leader.round - this.#setup.gcDepth));",
    what: "what a commit outputs is cut at its own gcRound, not at that before it (S6)",
    aim: "slow-node",
  },
  {
    id: "order-by-arrival",
    file: "consensus/src/commit/linearizer.ts",
    find: "flatMap((row) => inOutputOrder(row, turns));",
    replace:
      "flatMap(({ row, members }) => row.vertices.filter(({ place }) => turns.size > 0 && hasBit(members, place)));",
    what: "blocks of one round come out in the order in which they were met (S6)",
    aim: "halves",
  },
  {
    id: "output-twice",
    file: "consensus/src/commit/output-set.ts",
    find: "const members = difference(met.row(round), this.#output.row(round));",
    replace:
      "const members = round > leader.round - 3 ? met.row(round) : difference(met.row(round), this.#output.row(round));",
    what: "blocks that a former commit brought come out again",
    aim: "halves",
  },
  {
    id: "leader-output-twice",
    file: "consensus/src/commit/linearizer.ts",
    find: "if (!this.#setup.output.has(verdict.leader)) return",
    replace: "return",
    what: "a leader that is output already makes a second commit",
    aim: "leaders-hidden-by-network",
  },
  {
    id: "time-goes-back",
    file: "consensus/src/commit/commit-timestamp.ts",
    find: "return Math.max(previousMs, timeMs);",
    replace: "return timeMs;",
    what: "the time of commits is not made monotone (S6)",
    aim: "wrong-times",
  },
  {
    id: "time-is-the-latest",
    file: "consensus/src/commit/commit-timestamp.ts",
    find: "if (below >= total - below)",
    replace: "if (below >= total)",
    what: "a commit carries the latest time that anybody told, not the median",
    aim: "wrong-times",
  },
  {
    id: "evicted-too-early",
    file: "consensus/src/handle/settle.ts",
    find: "dag.evictBelow(gcRound + 1);",
    replace: "dag.evictBelow(gcRound + 3);",
    what: "memory lets go of rounds that can still be output",
    aim: "slow-node",
  },
  {
    id: "admission-by-gc",
    file: "consensus/src/handle/on-blocks.ts",
    find: "if (ref.round <= rule.gcRound && !isReferredTo(core, ref)) return;",
    replace: "if (ref.round <= rule.gcRound) return;",
    what: "garbage collection bounds admission: who was away is never heard again (D1, liveness)",
    aim: "away-and-back",
  },
  {
    id: "coin-opened-early",
    file: "consensus/src/coin/coin.ts",
    find: "const needed = tickets.faultyMax + 1;",
    replace: "const needed = tickets.faultyMax;",
    what: "shares of F tickets open the coin: faulty ones alone foresee it, and subsets disagree",
    aim: "stale-coin-shares",
  },
  {
    id: "coin-biased",
    file: "consensus/src/coin/coin.ts",
    find: ".below(committee.totalStake);",
    replace: ".below(1);",
    what: "the coin always names the first validator",
    aim: "real-coin",
  },
  {
    id: "coin-share-unchecked",
    file: "consensus/src/coin/share.ts",
    find: "return verifyDleq(group, { context, point, publics, shares }, share.proof) ? shares : undefined;",
    replace: "return shares;",
    what: "coin shares are not verified, so a bad one opens another coin",
    aim: "stale-coin-shares",
  },
];
