// Reads a behaviour's options from a scenario against its specification: defaults filled in, mistakes named with what
// was probably meant.

import { suggestion } from "../scenario/nearest-name.ts";
import { AdversaryError } from "./adversary-error.ts";
import type { BehaviourContext, BehaviourDefinition, OptionSpec, OptionValue } from "./behaviour-definition.ts";

type OptionReaders = Pick<BehaviourContext, "number" | "flag" | "choice">;

/** Throws SIM_BEHAVIOUR_OPTION. */
export function readOptions(
  definition: BehaviourDefinition,
  given: Readonly<Record<string, OptionValue>>,
): OptionReaders {
  refuseStrangers(definition, Object.keys(given));
  const values = new Map(definition.options.map((spec) => [spec.name, valueOf(definition, spec, given[spec.name])]));
  return {
    number: (name) => typed(values.get(name), "number", name),
    flag: (name) => typed(values.get(name), "boolean", name),
    choice: (name) => typed(values.get(name), "string", name),
  };
}

function refuseStrangers({ name, options }: BehaviourDefinition, given: readonly string[]): void {
  const known = options.map((option) => option.name);
  const stranger = given.find((option) => !known.includes(option));
  if (stranger === undefined) return;
  const list = known.length === 0 ? "it has none" : `it has ${known.join(", ")}`;
  throw invalid(`behaviour ${name} has no option ${stranger}${suggestion(stranger, known)} (${list})`);
}

function valueOf(definition: BehaviourDefinition, spec: OptionSpec, given: OptionValue | undefined): OptionValue {
  if (given === undefined) return spec.default;
  const wanted = wantedOf(spec, given);
  if (wanted === undefined) return given;
  throw invalid(`option ${spec.name} of behaviour ${definition.name} must be ${wanted}, not ${JSON.stringify(given)}`);
}

/** What the option should have been; undefined if it is. */
function wantedOf(spec: OptionSpec, given: OptionValue): string | undefined {
  switch (spec.type) {
    case "number":
      return isWithin(spec, given)
        ? undefined
        : `${spec.isInteger === true ? "an integer" : "a number"} from ${spec.min} to ${spec.max}`;
    case "flag":
      return typeof given === "boolean" ? undefined : "true or false";
    case "choice":
      return typeof given === "string" && spec.choices.includes(given)
        ? undefined
        : `one of ${spec.choices.join(", ")}`;
  }
}

function isWithin(spec: Extract<OptionSpec, { readonly type: "number" }>, given: OptionValue): boolean {
  if (typeof given !== "number" || !(given >= spec.min && given <= spec.max)) return false;
  return spec.isInteger !== true || Number.isSafeInteger(given);
}

interface Kinds {
  readonly number: number;
  readonly boolean: boolean;
  readonly string: string;
}

function typed<Kind extends keyof Kinds>(value: OptionValue | undefined, kind: Kind, name: string): Kinds[Kind] {
  if (isOf(value, kind)) return value;
  throw invalid(`a behaviour reads option ${name} as ${kind} without declaring it so`);
}

function isOf<Kind extends keyof Kinds>(value: unknown, kind: Kind): value is Kinds[Kind] {
  return typeof value === kind;
}

function invalid(message: string): AdversaryError {
  return new AdversaryError("SIM_BEHAVIOUR_OPTION", message);
}
