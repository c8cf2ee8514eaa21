// The cost table that ships with the simulator, for scenarios that say `"costs": "builtin"`: figures of one machine, taken by
// `npm run bench -- costs`. Measure your own for claims about your own.

import type { CostTable } from "../run/run-options.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";

const BUILTIN_COSTS: CostTable = {
  machine: "AMD EPYC (2 cores of a virtual machine), Node.js 26.10.0",
  signUs: 60,
  verifyUs: 130,
  coinShareUs: 1500,
  coinVerifyUs: 3000,
  hashUsPerKiB: 0.6,
  blockUs: 50,
  parentUs: 1,
  transactionUs: 1,
};

/** Undefined if CPU time costs nothing. Throws SimInputError for a file that the caller has not read. */
export function builtinCosts({ execution: { costs } }: Scenario): CostTable | undefined {
  if (costs === undefined) return undefined;
  if (costs === "builtin") return BUILTIN_COSTS;
  throw new SimInputError("SIM_SCENARIO_INVALID", `execution.costs: the cost file ${costs} was not handed to the run`);
}
