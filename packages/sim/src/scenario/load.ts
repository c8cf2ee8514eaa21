// From a name or a file to a scenario that can be run, or an error that names the field. The only way in for what users
// write: the command line, sweeps and the queue's workers come through here.

import { Value } from "typebox/value";
import { BUILTIN_SCENARIOS } from "./builtin/registry.ts";
import { parseJson, readInputText } from "./input-file.ts";
import { knownNames } from "./known-names.ts";
import { nearestName } from "./nearest-name.ts";
import { scenarioFaults } from "./scenario-faults.ts";
import { schemaFault } from "./schema-fault.ts";
import { SCENARIO, type Scenario } from "./schema.ts";
import { SimInputError } from "./sim-error.ts";
import { withField } from "./tree.ts";

const FAULTS_SHOWN = 5;

export interface Override {
  readonly path: string;
  readonly value: unknown;
}

/** A built-in scenario by its name, else the file of that name, with single fields set anew. */
export async function loadScenario(nameOrFile: string, overrides: readonly Override[] = []): Promise<Scenario> {
  return checkScenario(withFields(await readScenario(nameOrFile), overrides), nameOrFile);
}

/** The scenario as it is written, unchecked. */
export async function readScenario(nameOrFile: string): Promise<unknown> {
  if (Object.hasOwn(BUILTIN_SCENARIOS, nameOrFile)) return BUILTIN_SCENARIOS[nameOrFile]?.scenario;
  try {
    return parseJson(await readInputText(nameOrFile), { name: nameOrFile, code: "SIM_SCENARIO_INVALID" });
  } catch (error) {
    throw withSuggestion(nameOrFile, error);
  }
}

export function withFields(root: unknown, overrides: readonly Override[]): unknown {
  return overrides.reduce((tree, { path, value }) => withField(tree, path, value), root);
}

/** The value as a scenario, or SIM_SCENARIO_INVALID with what is wrong first. */
export function checkScenario(value: unknown, origin: string): Scenario {
  if (!Value.Check(SCENARIO, value)) {
    throw invalid(origin, [
      schemaFault(SCENARIO, value) ?? Value.Errors(SCENARIO, value)[0]?.message ?? "is no scenario",
    ]);
  }
  const faults = scenarioFaults(value, knownNames());
  if (faults.length > 0) throw invalid(origin, faults);
  return value;
}

function invalid(origin: string, faults: readonly string[]): SimInputError {
  const shown = faults.slice(0, FAULTS_SHOWN);
  const rest = faults.length > shown.length ? [`and ${faults.length - shown.length} more`] : [];
  return new SimInputError("SIM_SCENARIO_INVALID", `${origin}: ${[...shown, ...rest].join("\n  ")}`);
}

/** A name without a path that is no file was probably meant as a built-in one. */
function withSuggestion(nameOrFile: string, error: unknown): unknown {
  const isMissing =
    error instanceof SimInputError &&
    error.cause instanceof Error &&
    "code" in error.cause &&
    error.cause.code === "ENOENT";
  if (!isMissing || /[/\\]/u.test(nameOrFile)) return error;
  const nearest = nearestName(nameOrFile, Object.keys(BUILTIN_SCENARIOS));
  const hint = nearest === undefined ? "see `selvedge sim scenarios`" : `did you mean ${nearest}?`;
  return new SimInputError("SIM_FILE_UNREADABLE", `${nameOrFile} is neither a built-in scenario nor a file; ${hint}`, {
    cause: error,
  });
}
