// `selvedge sim scenarios | networks | behaviours | protocols`: what a scenario may name.

import type { BehaviourDefinition, OptionSpec } from "../../adversary/behaviour-definition.ts";
import { BEHAVIOURS, behaviourNamed } from "../../adversary/registry.ts";
import { NETWORK_CATALOGUE } from "../../network/catalogue.ts";
import { PROTOCOLS } from "../../protocol/registry.ts";
import { BUILTIN_SCENARIOS } from "../../scenario/builtin/registry.ts";
import { suggestion } from "../../scenario/nearest-name.ts";
import { SimInputError } from "../../scenario/sim-error.ts";
import { type Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { jsonLine, table } from "../output.ts";

interface ListOptions {
  readonly json?: boolean;
}

export const listScenarios: Action<ListOptions & { readonly print?: string }> = async ({ json, print }, output) => {
  if (print !== undefined) {
    const builtin = Object.hasOwn(BUILTIN_SCENARIOS, print) ? BUILTIN_SCENARIOS[print] : undefined;
    if (builtin === undefined) {
      throw new SimInputError(
        "USAGE",
        `there is no built-in scenario ${print}${suggestion(print, Object.keys(BUILTIN_SCENARIOS))}`,
      );
    }
    await output.data(`${JSON.stringify(builtin.scenario, null, 2)}\n`);
    return EXIT.ok;
  }
  const all = Object.values(BUILTIN_SCENARIOS).map(({ summary, scenario }) => ({ name: scenario.name, summary }));
  await output.data(json === true ? jsonLine(all) : table(all.map(({ name, summary }) => [name, summary])));
  return EXIT.ok;
};

export const listNetworks: Action<ListOptions> = async ({ json }, output) => {
  const rows = NETWORK_CATALOGUE.map(({ kind, name, summary, regions }) => [
    kind,
    name,
    summary,
    regions.length === 0 ? "" : regions.join(" "),
  ]);
  await output.data(json === true ? jsonLine(NETWORK_CATALOGUE) : networkText(rows));
  return EXIT.ok;
};

/** Regions are long: each list on a line of its own. */
function networkText(rows: readonly (readonly string[])[]): string {
  const lines = table(rows.map((row) => row.slice(0, 3))).split("\n");
  return lines
    .map((line, index) => (rows[index]?.[3] ? `${line}\n    regions: ${rows[index]?.[3] ?? ""}` : line))
    .join("\n");
}

export const listBehaviours: Action<ListOptions> = async ({ json, argument }, output) => {
  const chosen = argument === "" ? BEHAVIOURS : [behaviourNamed(argument)];
  if (json === true) await output.data(jsonLine(chosen.map((behaviour) => described(behaviour))));
  else if (argument === "")
    await output.data(
      table([["NAME", "POWER", "THROUGH", "WHAT IT DOES"], ...chosen.map((behaviour) => rowOf(behaviour))]),
    );
  else await output.data(chosen.map((behaviour) => detailsOf(behaviour)).join(""));
  return EXIT.ok;
};

function described({ name, summary, power, through, needs, options }: BehaviourDefinition): object {
  return { name, summary, power, through, needs, options };
}

function rowOf({ name, power, through, summary }: BehaviourDefinition): readonly string[] {
  return [name, power, through, summary];
}

function detailsOf(behaviour: BehaviourDefinition): string {
  const { name, summary, power, through, needs, options } = behaviour;
  const needed = needs === "any" ? "any protocol" : "selvedge, p-only or c-only";
  const head = `${name}: ${summary}\npower ${power}, acts through ${through}, on ${needed}\n`;
  if (options.length === 0) return `${head}no options\n`;
  return `${head}options:\n${table(options.map((option) => ["", option.name, rangeOf(option), option.summary]))}`;
}

function rangeOf(option: OptionSpec): string {
  switch (option.type) {
    case "number":
      return `${option.default} (${option.min} to ${option.max})`;
    case "flag":
      return `${String(option.default)} (true, false)`;
    case "choice":
      return `${option.default} (${option.choices.join(", ")})`;
  }
}

export const listProtocols: Action<ListOptions> = async ({ json }, output) => {
  const all = PROTOCOLS.map(({ name, summary }) => ({ name, summary }));
  await output.data(json === true ? jsonLine(all) : table(all.map(({ name, summary }) => [name, summary])));
  return EXIT.ok;
};
