// A partition of the scenario: its shape (partition-shapes.ts) within its window of time, coming and going if it flaps. The
// world asks for every message at sending; what may not pass is dropped, or held until the partition lets it pass.

import { type Micros, microsOfMs } from "../kernel/time.ts";
import type { PartitionSpec } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { PARTITION_PERIOD_MIN_MS } from "./limits.ts";
import type { PartitionView } from "./network.ts";
import { type PartitionContext, cutOf } from "./partition-shapes.ts";

export type { PartitionContext } from "./partition-shapes.ts";

export interface Partition extends PartitionView {
  /**
   * When the clock next changes what passes: held messages are asked about again then. Null: never again. A leader's
   * partition changes with the rounds besides.
   */
  readonly nextChangeUs: (nowUs: Micros) => Micros | null;
  /** Messages that it did not let pass. */
  readonly blockedCount: () => number;
}

export function createPartition(spec: PartitionSpec, context: PartitionContext): Partition {
  const cut = cutOf(spec.shape, context);
  const timing = timingOf(spec);
  const verdict = spec.mode ?? "drop";
  let blocked = 0;
  return {
    pass: (from, to) => {
      if (from === to || !isInForce(timing, context.nowUs()) || !cut(from, to)) return "pass";
      blocked += 1;
      return verdict;
    },
    nextChangeUs: (nowUs) => nextChangeUs(timing, nowUs),
    blockedCount: () => blocked,
  };
}

interface Timing {
  readonly fromUs: Micros;
  readonly toUs: Micros;
  readonly flapping: { readonly periodUs: Micros; readonly onUs: Micros } | null;
  /** Of a shape that is drawn anew, counted from the start of the run. */
  readonly everyUs: Micros | null;
}

function timingOf({ fromMs, toMs, flapping, shape }: PartitionSpec): Timing {
  if (flapping !== undefined && flapping.periodMs < PARTITION_PERIOD_MIN_MS)
    throw new SimInputError(
      "SIM_SCENARIO_INVALID",
      `partition.flapping.periodMs must be at least ${PARTITION_PERIOD_MIN_MS}`,
    );
  return {
    fromUs: microsOfMs(fromMs ?? 0),
    toUs: toMs === undefined ? Infinity : microsOfMs(toMs),
    flapping:
      flapping === undefined ? null : { periodUs: microsOfMs(flapping.periodMs), onUs: microsOfMs(flapping.onMs) },
    everyUs: shape.type === "random" ? microsOfMs(shape.everyMs) : null,
  };
}

function isInForce({ fromUs, toUs, flapping }: Timing, nowUs: Micros): boolean {
  if (nowUs < fromUs || nowUs >= toUs) return false;
  return flapping === null || (nowUs - fromUs) % flapping.periodUs < flapping.onUs;
}

function nextChangeUs({ fromUs, toUs, flapping, everyUs }: Timing, nowUs: Micros): Micros | null {
  if (nowUs < fromUs) return fromUs;
  if (nowUs >= toUs) return null;
  const candidates = [toUs];
  if (everyUs !== null) candidates.push((Math.floor(nowUs / everyUs) + 1) * everyUs);
  if (flapping !== null && flapping.onUs < flapping.periodUs) {
    const within = (nowUs - fromUs) % flapping.periodUs;
    candidates.push(nowUs - within + (within < flapping.onUs ? flapping.onUs : flapping.periodUs));
  }
  const next = Math.min(...candidates);
  return Number.isFinite(next) ? next : null;
}
