// The cost table that ships with the simulator, for scenarios that say `"costs": "builtin"`: figures of one machine, taken by
// `npm run bench -- costs`. Measure your own for claims about your own.

import type { CostTable } from "../run/run-options.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";

const BUILTIN_COSTS: CostTable = {
  machine: "AMD EPYC (2 cores of a virtual machine), Node.js 26.10.0",
  signUs: 45.22,
  verifyUs: 143,
  coinShareUs: 3898,
  coinVerifyUs: 4912,
  hashUsPerKiB: 0.657,
  blockUs: 66.51,
  parentUs: 0.1209,
  transactionUs: 2.526,
};

/** Undefined if CPU time costs nothing. Throws SimInputError for a file that the caller has not read. */
export function builtinCosts({ execution: { costs } }: Scenario): CostTable | undefined {
  if (costs === undefined) return undefined;
  if (costs === "builtin") return BUILTIN_COSTS;
  throw new SimInputError("SIM_SCENARIO_INVALID", `execution.costs: the cost file ${costs} was not handed to the run`);
}
