// Which run a decision log is of: a digest of everything that decides a run besides the code, and the same in few words.

import { canonicalJson, sha256Hex } from "../canonical-json.ts";
import type { DecisionLog, LogOrigin } from "../kernel/decision-log.ts";
import type { Scenario } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import type { RunOptions } from "./run-options.ts";

/** The name of a scenario decides nothing. Adversaries of one's own are known by their name and power, as they say them. */
export function originOf(scenario: Scenario, { adversaries = [], costs = null }: RunOriginOptions): LogOrigin {
  const { name, ...settings } = scenario;
  const villains = adversaries.map((adversary) => ({ name: adversary.name, power: adversary.power }));
  const { protocol, committee, seed, durationMs } = scenario;
  const also = villains.length === 0 ? "" : `, adversary ${villains.map((villain) => villain.name).join(", ")}`;
  return {
    digest: sha256Hex(canonicalJson({ settings, villains, costs })),
    summary: `${name}, ${protocol.name}, ${committee.size} nodes, seed ${seed}, ${durationMs} ms${also}`,
  };
}

type RunOriginOptions = Pick<RunOptions, "adversaries"> & { readonly costs?: RunOptions["costs"] | null };

/** SIM_DECISIONS_FOREIGN: the choices of one run say nothing of another, however well they seem to fit. */
export function demandOwnLog({ run }: DecisionLog, origin: LogOrigin): void {
  if (run.digest === origin.digest) return;
  const how = run.summary === origin.summary ? ", with other settings" : "";
  throw new SimInputError(
    "SIM_DECISIONS_FOREIGN",
    `the decision log is of another run (${run.summary}) than the one asked for (${origin.summary}${how})`,
  );
}
