// Exhaustive small scenarios around the garbage-collection horizon: four validators, devices that sign two updates for
// every sequence number and hand them to different gateways, the blocks of one validator late by so many rounds that they
// fall just inside, on and just outside of what is still output, and one validator that crashes and comes back meanwhile.
// Every run is checked for the same order and the same state roots at all nodes, against a second model of certification.

import type { FaultSpec, Scenario } from "../scenario/schema.ts";

export interface GcOptions {
  /** Rounds at which the lateness begins, 1 to 5: all places in a coin's period. */
  readonly phases: number;
  /** Chains of other seeds have other leaders. */
  readonly seed?: number;
}

type Restart = { readonly node: number; readonly moment: Moment; readonly disk: "clean" | "unsynced" } | null;
/** Before the late blocks arrive, or with the first of them. */
type Moment = "waiting" | "arriving";

const VALIDATORS: readonly number[] = [0, 1, 2, 3];
const GC_DEPTH = 4;
const DELAY_MS = 10;
/** What a round takes when nothing is in its way. */
const ROUND_MS = 12;
/** A leader commits two rounds below the newest: these lie on both sides of the horizon. */
const LATE_ROUNDS: readonly number[] = [GC_DEPTH, GC_DEPTH + 1, GC_DEPTH + 2, GC_DEPTH + 3, GC_DEPTH + 4, GC_DEPTH + 6];
const FIRST_LATE_ROUND = 5;
const LATE_FOR_ROUNDS = 6;
const ROUNDS_AFTER = 14;
const DOWN_ROUNDS = 2;
const SHIFTS: readonly number[] = [1, 2, 3];
const RESTARTS: readonly Restart[] = [
  null,
  ...VALIDATORS.flatMap((node) =>
    (["waiting", "arriving"] as const).flatMap((moment) =>
      (["clean", "unsynced"] as const).map((disk) => ({ node, moment, disk })),
    ),
  ),
];

/** Whose blocks come late, and by how many rounds. */
const LATENESSES: readonly Pick<Choice, "late" | "rounds">[] = VALIDATORS.flatMap((late) =>
  LATE_ROUNDS.map((rounds) => ({ late, rounds })),
);
const SURROUNDINGS: readonly Pick<Choice, "shift" | "restart" | "isReordered">[] = SHIFTS.flatMap((shift) =>
  RESTARTS.flatMap((restart) => [false, true].map((isReordered) => ({ shift, restart, isReordered }))),
);

interface Choice {
  readonly late: number;
  readonly rounds: number;
  readonly shift: number;
  readonly restart: Restart;
  readonly isReordered: boolean;
  readonly phase: number;
  readonly seed: number;
}

/** All of them, one after another; see `gcCount`. */
export function* gcScenarios({ phases, seed = 1 }: GcOptions): Iterable<Scenario> {
  for (let phase = 0; phase < phases; phase += 1) {
    for (const lateness of LATENESSES) {
      for (const around of SURROUNDINGS) yield scenarioOf({ ...lateness, ...around, phase, seed });
    }
  }
}

export function gcCount({ phases }: GcOptions): number {
  return phases * LATENESSES.length * SURROUNDINGS.length;
}

function scenarioOf(choice: Choice): Scenario {
  const { shift, isReordered, phase, seed } = choice;
  return {
    format: 1,
    name: nameOf(choice),
    seed,
    durationMs: (FIRST_LATE_ROUND + phase + LATE_FOR_ROUNDS + choice.rounds + ROUNDS_AFTER) * ROUND_MS,
    committee: { size: VALIDATORS.length },
    protocol: {
      name: "selvedge",
      local: { roundDelayMinMs: ROUND_MS, idleRoundDelayMs: ROUND_MS, leaderTimeoutMs: 40, fetchTimeoutMs: 30 },
      params: {
        coinWave: 5,
        coinPeriod: 5,
        firstCoinRound: 2,
        gcDepth: GC_DEPTH,
        scheduleEvery: 7,
        updateExpiry: 6,
        sequenceWindow: 8,
      },
    },
    execution: { crypto: "modelled", ledger: true },
    network: {
      latency: { type: "constant", ms: DELAY_MS },
      ...(isReordered && { isFifo: false, reorderProbability: 0.3, reorderMs: 2 * ROUND_MS }),
    },
    faults: [latenessOf(choice), ...crashOf(choice)],
    adversary: { behaviours: [], budget: { nodes: 0 } },
    workload: {
      transactionsPerSecond: 40,
      transactionBytes: 24,
      devices: 2,
      updateEveryMs: 2 * ROUND_MS,
      modelSize: 1,
      rivalShift: shift,
    },
    liveness: { core: "all" },
  };
}

/** Everything that the late one says, for a while, to everybody. */
function latenessOf({ late, rounds, phase }: Choice): FaultSpec {
  const fromMs = (FIRST_LATE_ROUND + phase) * ROUND_MS;
  return {
    type: "link",
    fromMs,
    toMs: fromMs + LATE_FOR_ROUNDS * ROUND_MS,
    from: [late],
    extraDelayMs: rounds * ROUND_MS,
  };
}

function crashOf({ rounds, restart, phase }: Choice): readonly FaultSpec[] {
  if (restart === null) return [];
  const first = FIRST_LATE_ROUND + phase;
  const atRound = restart.moment === "waiting" ? first + 3 : first + rounds + 0.5;
  const fromMs = atRound * ROUND_MS;
  const toMs = fromMs + DOWN_ROUNDS * ROUND_MS;
  return [{ type: "crash", nodes: [restart.node], fromMs, toMs, disk: restart.disk }];
}

function nameOf({ late, rounds, shift, restart, isReordered, phase }: Choice): string {
  const crash = restart === null ? "up" : `${restart.node}${restart.moment}${restart.disk}`;
  return `gc-${phase}-late${late}by${rounds}-rivals${shift}-${crash}${isReordered ? "-reordered" : ""}`;
}
