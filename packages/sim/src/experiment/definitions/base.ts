// What the experiments share: the protocols compared, the network they are compared on, and short ways to say a scenario.

import { WAN } from "../../scenario/builtin/base.ts";
import type { FaultSpec, NetworkSpec, Scenario } from "../../scenario/schema.ts";
import type { ExperimentSize } from "../experiment.ts";

export const PROTOCOL_NAMES: readonly string[] = ["selvedge", "p-only", "c-only", "hotstuff"];

/** Those that run our engine, and take its Byzantine strategies. */
export const DAG_PROTOCOL_NAMES: readonly string[] = ["selvedge", "p-only", "c-only"];

/**
 * The baseline's leader may fill the link that it has: a block of ten times the published batch. Everything else is as it
 * comes.
 */
const HOTSTUFF_LOCAL = { blockBytesMax: 5_000_000 };

/** More than this many objects a second tell nothing more about a protocol, and take long: tokens stand for several. */
const TOKENS_PER_SECOND = 400;
const TRANSACTION_BYTES = 512;

/** Nodes that "never came up" die before anything was said: at the very start there is nothing yet to kill. */
export const CRASH_AT_MS = 1;

export interface ScenarioDraft {
  readonly name: string;
  readonly protocol: string;
  readonly size: number;
  readonly durationMs: number;
  readonly transactionsPerSecond: number;
  readonly network?: NetworkSpec;
  readonly faults?: readonly FaultSpec[];
  readonly adversary?: Scenario["adversary"];
  readonly liveness?: Scenario["liveness"];
}

/** Open loop, transactions of 512 bytes, Poisson arrivals, five regions with 1 Gbit/s a node, no ledger. */
export function scenarioOf(draft: ScenarioDraft): Scenario {
  const { name, protocol, size, durationMs, transactionsPerSecond, network = WAN, faults = [] } = draft;
  const perToken = Math.max(1, Math.round(transactionsPerSecond / TOKENS_PER_SECOND));
  return {
    format: 1,
    name,
    seed: 0,
    durationMs,
    committee: { size },
    protocol: protocol === "hotstuff" ? { name: protocol, local: HOTSTUFF_LOCAL } : { name: protocol },
    execution: { crypto: "modelled", ledger: false },
    network,
    faults: [...faults],
    adversary: draft.adversary ?? { behaviours: [] },
    workload: {
      transactionsPerSecond,
      transactionBytes: TRANSACTION_BYTES,
      arrivals: "poisson",
      ...(perToken > 1 ? { transactionsPerToken: perToken } : {}),
    },
    ...(draft.liveness === undefined ? {} : { liveness: draft.liveness }),
  };
}

/** 1, 2, … */
export function seedsUpTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

export function sized<Value>(size: ExperimentSize, quick: Value, paper: Value): Value {
  return size === "quick" ? quick : paper;
}

/** The most that may be faulty among equals. */
export function faultyMax(size: number): number {
  return Math.floor((size - 1) / 3);
}

/** Every combination, the first list slowest. */
export function combinations<First, Second>(
  first: readonly First[],
  second: readonly Second[],
): readonly (readonly [First, Second])[] {
  return first.flatMap((left) => second.map((right) => [left, right] as const));
}
