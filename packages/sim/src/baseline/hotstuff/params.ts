// Local parameters of the baseline, read from `protocol.local` of a scenario by name. Nothing here is agreed on.

import { type Micros, microsOfMs } from "../../kernel/time.ts";
import { SimInputError } from "../../scenario/sim-error.ts";

export interface HotStuffParams {
  /** How long a validator waits in a view before it gives the leader up. */
  readonly timeoutUs: Micros;
  /** Factor of the timeout for each view that passed without a commit beyond the pipeline's own; 1: constant. */
  readonly backoff: number;
  /** The factor is applied at most so often. */
  readonly backoffMax: number;
  /** The leader waits so long after it may propose, to collect transactions. */
  readonly blockDelayMinUs: Micros;
  readonly blockTransactionsMax: number;
  readonly blockBytesMax: number;
  /** A gateway collects transactions for so long before it broadcasts them; 0: each submission at once. */
  readonly batchDelayUs: Micros;
  /** Pause before another peer is asked for a block. */
  readonly fetchTimeoutUs: Micros;
}

/**
 * Timeout, backoff and its bound are those of the production pacemakers of this lineage (1 s, 1.2, six times); a block
 * of 500 kB is the batch of the published measurements.
 */
const HOTSTUFF_DEFAULTS: Readonly<Record<string, number>> = {
  timeoutMs: 1000,
  backoff: 1.2,
  backoffMax: 6,
  minBlockDelayMs: 0,
  blockTransactionsMax: 100_000,
  blockBytesMax: 500_000,
  batchDelayMs: 0,
  fetchTimeoutMs: 500,
};

export function hotStuffParams(local: Readonly<Record<string, number>>): HotStuffParams {
  for (const name of Object.keys(local)) {
    if (!(name in HOTSTUFF_DEFAULTS))
      throw refusal(name, `is no parameter; known: ${Object.keys(HOTSTUFF_DEFAULTS).join(", ")}`);
  }
  const value = (name: string, min: number): number => {
    const given = local[name] ?? HOTSTUFF_DEFAULTS[name] ?? 0;
    if (!(Number.isFinite(given) && given >= min)) throw refusal(name, `must be at least ${min}`);
    return given;
  };
  return {
    timeoutUs: microsOfMs(value("timeoutMs", 0.001)),
    backoff: value("backoff", 1),
    backoffMax: value("backoffMax", 0),
    blockDelayMinUs: microsOfMs(value("minBlockDelayMs", 0)),
    blockTransactionsMax: value("blockTransactionsMax", 1),
    blockBytesMax: value("blockBytesMax", 1),
    batchDelayUs: microsOfMs(value("batchDelayMs", 0)),
    fetchTimeoutUs: microsOfMs(value("fetchTimeoutMs", 0.001)),
  };
}

/** After so many views without the commit that was due: longer, the longer it stays away. */
export function timeoutAfter({ timeoutUs, backoff, backoffMax }: HotStuffParams, idleViews: number): Micros {
  let factor = 1;
  for (let step = 0; step < Math.min(idleViews, backoffMax); step += 1) factor *= backoff;
  return Math.round(timeoutUs * factor);
}

function refusal(name: string, what: string): SimInputError {
  return new SimInputError("SIM_SCENARIO_INVALID", `protocol.local.${name} ${what}`);
}
