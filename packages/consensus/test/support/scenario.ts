// From a drawn DAG to verdicts and output, through the same evaluation as replay.

import { createCommittee, epoch } from "@selvedge/integrity";
import { type EvaluateOptions, type ViewResult, evaluateView } from "../../src/replay/replay.ts";
import type { Scenario } from "../../src/replay/scenario.ts";
import { authorsOf, drawDag } from "../../src/testing/dag-dsl.ts";

export interface DrawnScenario {
  readonly dag: string;
  /** Authors of P(1), P(2), …; repeats from the start when it ends. */
  readonly leaders: string;
  /** Authors of C(0), C(1), … */
  readonly coins?: string;
  readonly stakes?: readonly number[];
  readonly params?: Partial<Scenario["params"]>;
  readonly invalidShares?: readonly string[];
}

const DEFAULT_PARAMS: Scenario["params"] = { coinPeriod: 8, coinWave: 6, firstCoinRound: 8, gcDepth: 60 };
const LEADERS_COUNT = 200;

function scenarioOf(drawn: DrawnScenario): Scenario {
  const stakes = drawn.stakes ?? [1, 1, 1, 1];
  const { blocks } = drawDag(drawn.dag, stakes.length);
  const pattern = authorsOf(drawn.leaders);
  return {
    committee: createCommittee(
      epoch(0),
      stakes.map((stake) => ({ stake, publicKey: new Uint8Array(32) })),
    ),
    params: { ...DEFAULT_PARAMS, ...drawn.params },
    leaders: Array.from({ length: LEADERS_COUNT }, (_, at) => pattern[at % pattern.length] ?? 0),
    coins: authorsOf(drawn.coins ?? "AAAAAAAAAAAA"),
    blocks,
    invalidShares: new Set(drawn.invalidShares ?? []),
    views: [],
  };
}

/** The verdicts and output of the view with these tips; of the whole DAG if none are named. */
export function decide(drawn: DrawnScenario, tips?: string, options?: EvaluateOptions): ViewResult {
  const scenario = scenarioOf(drawn);
  const names = tips === undefined ? scenario.blocks.map(({ id }) => id) : tips.split(" ");
  return evaluateView(scenario, { tips: names }, options);
}

export function slotsOf(result: ViewResult): readonly string[] {
  return result.commits.map(({ slot, leader }) => `${slot}=${leader}`);
}
