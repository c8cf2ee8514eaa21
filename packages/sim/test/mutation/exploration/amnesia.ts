// Validators whose disk is not what it was, in a network that goes on meanwhile.

import type { DiskLoss } from "../../../src/process/sim-disk.ts";
import type { FaultSpec, Scenario } from "../../../src/scenario/schema.ts";
import { BASE } from "../battery/base.ts";

interface Life {
  readonly seed: number;
  readonly rounds: number;
  readonly faults: readonly FaultSpec[];
}

function amnesia(name: string, { seed, rounds, faults }: Life): Scenario {
  return {
    ...BASE,
    name,
    seed,
    durationMs: 2600,
    protocol: { ...BASE.protocol, local: { ...BASE.protocol.local, doppelgangerRounds: rounds } },
    workload: { transactionsPerSecond: 40, transactionBytes: 32, devices: 2, updateEveryMs: 200, modelSize: 4 },
    faults: [...faults],
  };
}

function lost(disk: DiskLoss, node: number, fromMs: number): FaultSpec {
  return { type: "crash", nodes: [node], fromMs, toMs: fromMs + 100, disk };
}

export const AMNESIA_SCENARIOS: readonly Scenario[] = [
  amnesia("rolled-back", { seed: 2, rounds: 1, faults: [lost("rolledBack", 1, 700), lost("rolledBack", 2, 1500)] }),
  // Nobody is asked: the safety record alone knows.
  amnesia("store-lost-unasked", { seed: 4, rounds: 0, faults: [lost("storeLost", 0, 600)] }),
];
