// The options that say which scenario is meant, shared by `run` and `shrink`, and how a command line that means the same
// is written.

import type { CostTable } from "../run/run-options.ts";
import { type Override, loadScenario } from "../scenario/load.ts";
import type { Scenario } from "../scenario/schema.ts";
import { parseAssignment } from "../scenario/tree.ts";
import { CostFiles } from "../sweep/cost-files.ts";

export interface ScenarioOptions {
  readonly argument: string;
  readonly seed?: number;
  readonly protocol?: string;
  readonly set?: readonly string[];
  readonly adversary?: readonly string[];
}

export interface ChosenScenario {
  readonly scenario: Scenario;
  readonly costs: CostTable | null;
  readonly adversaryFiles: readonly string[];
}

export async function chooseScenario(options: ScenarioOptions): Promise<ChosenScenario> {
  const overrides: Override[] = (options.set ?? []).map((text) => parseAssignment(text));
  if (options.seed !== undefined) overrides.push({ path: "seed", value: options.seed });
  if (options.protocol !== undefined) overrides.push({ path: "protocol.name", value: options.protocol });
  const scenario = await loadScenario(options.argument, overrides);
  return { scenario, costs: await new CostFiles(process.cwd()).of(scenario), adversaryFiles: options.adversary ?? [] };
}

/** The one command that runs the same again. */
export function replayCommand(options: ScenarioOptions, scenario: Scenario): string {
  const parts = [
    ["run", options.argument],
    ["--seed", String(scenario.seed)],
    ...(options.protocol === undefined ? [] : [["--protocol", options.protocol]]),
    ...(options.set ?? []).map((text) => ["--set", text]),
    ...(options.adversary ?? []).map((file) => ["--adversary", file]),
  ];
  return commandLine(parts.flat());
}

/** As the user has started this program, so that the line can be pasted. */
export function commandLine(words: readonly string[]): string {
  const program = process.env["npm_lifecycle_event"] === "selvedge" ? "npm run selvedge -- sim" : "selvedge sim";
  return [program, ...words.map((word) => quoted(word))].join(" ");
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/u.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
