// Exhaustive small scenarios after Twins (Bano et al. 2020): four validators of which one runs twice with one key, and in
// each of the first rounds every way of splitting the four into two sides, what crosses them lost or kept back. Sides are
// unordered and a run without any split stands once, so nothing is tried twice; which of the four is the twin stands for
// its place in the order of leaders. Then the network heals and must commit.

import type { FaultSpec, Scenario } from "../scenario/schema.ts";

export interface TwinsOptions {
  /** Rounds with splits of their own, 1 to 3. */
  readonly rounds: number;
  /** Chains of other seeds have other leaders. */
  readonly seed?: number;
}

type Sides = readonly (readonly number[])[];
type Mode = "drop" | "hold";

const VALIDATORS: readonly number[] = [0, 1, 2, 3];
const DELAY_MS = 10;
/** What a round takes when nothing is in its way: the transit of its blocks, and the pause before the next one. */
const ROUND_MS = 12;
const ROUNDS_AFTER = 10;

/** The eight ways to split four validators into at most two sides. */
const SPLITS: readonly Sides[] = [
  [],
  ...VALIDATORS.map((alone) => [[alone], VALIDATORS.filter((node) => node !== alone)]),
  ...[1, 2, 3].map((partner) => [[0, partner], VALIDATORS.filter((node) => node !== 0 && node !== partner)]),
];

/** All of them, one after another; see `twinsCount`. */
export function* twinsScenarios({ rounds, seed = 1 }: TwinsOptions): Iterable<Scenario> {
  for (const twin of VALIDATORS) {
    for (const splits of sequences(rounds)) {
      const isWhole = splits.every((sides) => sides.length === 0);
      const modes: readonly Mode[] = isWhole ? ["drop"] : ["drop", "hold"];
      for (const mode of modes) yield scenarioOf({ twin, splits, mode, seed });
    }
  }
}

export function twinsCount({ rounds }: TwinsOptions): number {
  return VALIDATORS.length * (2 * SPLITS.length ** rounds - 1);
}

function sequences(length: number): readonly (readonly Sides[])[] {
  if (length === 0) return [[]];
  const shorter = sequences(length - 1);
  return SPLITS.flatMap((sides) => shorter.map((rest) => [sides, ...rest]));
}

interface Choice {
  readonly twin: number;
  readonly splits: readonly Sides[];
  readonly mode: Mode;
  readonly seed: number;
}

function scenarioOf({ twin, splits, mode, seed }: Choice): Scenario {
  const faults = splits.flatMap((sides, round): FaultSpec[] => {
    if (sides.length === 0) return [];
    // Blocks of round r leave at r · ROUND_MS at the earliest.
    const window = { fromMs: (round + 0.5) * ROUND_MS, toMs: (round + 1.5) * ROUND_MS };
    return [{ type: "partition", ...window, shape: { type: "sides", sides: sides.map((side) => [...side]) }, mode }];
  });
  return {
    format: 1,
    name: `twins-${twin}-${splits.map(nameOf).join("-")}-${mode}`,
    seed,
    durationMs: (splits.length + ROUNDS_AFTER) * ROUND_MS,
    committee: { size: VALIDATORS.length },
    protocol: {
      name: "selvedge",
      local: { roundDelayMinMs: ROUND_MS, idleRoundDelayMs: ROUND_MS, leaderTimeoutMs: 40, fetchTimeoutMs: 30 },
      params: { coinWave: 5, coinPeriod: 5, firstCoinRound: 2 },
    },
    execution: { crypto: "modelled", ledger: false },
    network: { latency: { type: "constant", ms: DELAY_MS } },
    faults,
    adversary: { behaviours: [{ name: "twins", nodes: [twin] }], budget: { nodes: 1 } },
    workload: { transactionsPerSecond: 100, transactionBytes: 24 },
    liveness: { core: "all" },
  };
}

function nameOf(sides: Sides): string {
  return sides.length === 0 ? "whole" : sides.map((side) => side.join("")).join("|");
}
