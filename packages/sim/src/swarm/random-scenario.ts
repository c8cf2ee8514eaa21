// Random scenarios for our own protocol: the same seed, the same scenario (until a villain is added). What a run draws is another
// matter and comes from the scenario's own seed. Faulty nodes keep within what the protocol bears, so safety and liveness
// are demanded of every one of them.

import { BEHAVIOURS } from "../adversary/registry.ts";
import { RecordedStreams } from "../kernel/random.ts";
import type { Scenario } from "../scenario/schema.ts";
import { type BehaviourChoice, randomAdversary } from "./random-adversary.ts";
import { randomFaults } from "./random-faults.ts";
import { randomAsking } from "./random-losses.ts";
import { randomNetwork } from "./random-network.ts";
import { type ScenarioPlan, drawPlan } from "./scenario-plan.ts";
import { SwarmDraw } from "./swarm-draw.ts";

export interface RandomScenarioOptions {
  /** Largest committee. Default 16. */
  readonly sizeMax?: number;
  /** About how many block messages a run delivers; the cost of a run follows it. Default 2500. */
  readonly deliveriesMax?: number;
  /** How thick faults come; 1 is usual. */
  readonly faultDensity?: number;
  /** Default: all that are registered. */
  readonly behaviours?: readonly BehaviourChoice[];
}

export function randomScenario(seed: number, options: RandomScenarioOptions = {}): Scenario {
  const draw = new SwarmDraw(new RecordedStreams(seed), "swarm");
  const { sizeMax = 16, deliveriesMax = 2500, faultDensity = 1, behaviours = BEHAVIOURS } = options;
  const plan = drawPlan(draw.stream("plan"), { sizeMax, deliveriesMax });
  const execution = randomExecution(draw.stream("execution"), plan);
  const faults = randomFaults(draw.stream("faults"), plan, faultDensity);
  const parameters = randomParameters(draw.stream("parameters"), plan);
  const asking = randomAsking(draw.stream("asking"), faults);
  const devices = randomWorkload(draw.stream("workload"), plan);
  const workload = { ...devices, ...randomRivals(draw.stream("rivals"), plan, devices) };
  const menu = behaviours
    .filter(({ name }) => hasUpdates(workload, execution) || !NEEDS_UPDATES.has(name))
    .filter(({ name }) => plan.stakes === undefined || !NEEDS_SHARES.has(name));
  return {
    format: 1,
    name: `swarm-${seed}`,
    seed,
    durationMs: plan.durationMs,
    committee: { size: plan.size, ...(plan.stakes === undefined ? {} : { stakes: [...plan.stakes] }) },
    protocol: { name: "selvedge", ...parameters, local: { ...parameters.local, ...asking } },
    execution,
    network: randomNetwork(draw.stream("network"), plan),
    faults,
    adversary: randomAdversary(draw.stream("adversary"), plan, menu),
    workload,
    liveness: { core: draw.stream("core").pick(["random", "random", "lowest", "all"]) },
  };
}

/** Villains that have nothing to do where no device hands in updates. */
const NEEDS_UPDATES: ReadonlySet<string> = new Set([
  "ack-liar",
  "device-censor",
  "header-without-payload",
  "payload-withholder",
  "score-liar",
]);

/** Where stakes are unequal the coin is opened by no shares. */
const NEEDS_SHARES: ReadonlySet<string> = new Set(["coin-share-garbage", "coin-share-withholder"]);

function hasUpdates({ devices = 0 }: Scenario["workload"], { ledger = true }: Scenario["execution"]): boolean {
  return devices > 0 && ledger;
}

/** Short periods, so that coins, schedules and garbage collection come round many times in a run of a few hundred rounds. */
function randomParameters(draw: SwarmDraw, plan: ScenarioPlan): Pick<Scenario["protocol"], "local" | "params"> {
  const coinWave = draw.pick([5, 6, 6, 7]);
  return {
    local: {
      roundDelayMinMs: plan.roundDelayMinMs,
      leaderTimeoutMs: Math.ceil(plan.roundMs * draw.scaled(1.5, 12)),
      idleRoundDelayMs: Math.ceil(plan.roundMs * draw.scaled(1, 20)),
      fetchTimeoutMs: Math.ceil(plan.roundMs * draw.scaled(2, 10)),
      ...(draw.chance(0.2) ? { fetchRangeRoundsMax: draw.integer(2, 16) } : {}),
    },
    params: {
      coinWave,
      coinPeriod: coinWave + draw.integer(0, 6),
      firstCoinRound: draw.integer(2, 8),
      gcDepth: draw.pick([6, 8, 12, 20, 30, 60]),
      scheduleEvery: draw.pick([5, 10, 20, 40]),
      probeEvery: draw.integer(2, 8),
      ...(draw.chance(0.3) ? { updateExpiry: draw.integer(20, 200) } : {}),
    },
  };
}

/** Real signatures are a hundred times dearer: for small committees now and then, never with unequal stakes (the coin has no shares for those). */
function randomExecution(draw: SwarmDraw, plan: ScenarioPlan): Scenario["execution"] {
  const isReal = plan.size <= 5 && plan.stakes === undefined && draw.chance(0.04);
  return {
    crypto: isReal ? "real" : "modelled",
    ...(draw.chance(0.3) ? { codec: "bytes" as const } : {}),
    ...(draw.chance(0.15) ? { ledger: false } : {}),
  };
}

function randomWorkload(draw: SwarmDraw, { roundMs }: ScenarioPlan): Scenario["workload"] {
  const perRound = 1000 / roundMs;
  return {
    transactionsPerSecond: Math.ceil(perRound * draw.scaled(0.3, 4)),
    transactionBytes: draw.pick([24, 64, 200, 1000]),
    ...(draw.chance(0.5) ? { arrivals: "poisson" as const } : {}),
    ...(draw.chance(0.5)
      ? {
          devices: draw.integer(1, 6),
          updateEveryMs: Math.ceil(roundMs * draw.scaled(2, 12)),
          modelSize: draw.pick([1, 4, 64]),
        }
      : {}),
  };
}

/** Devices that sign two updates for each sequence, and hand the second to another gateway, or to the same one. */
function randomRivals(
  draw: SwarmDraw,
  { size }: ScenarioPlan,
  { devices = 0 }: Scenario["workload"],
): Pick<Scenario["workload"], "rivalShift"> {
  return devices > 0 && draw.chance(0.35) ? { rivalShift: draw.integer(1, size) } : {};
}
