// Reads a node's configuration: file, then environment, then flags, each overriding the one before. An unknown key
// anywhere is an error that names the nearest known one; after `loadConfig` nothing is optional.

import { parse } from "smol-toml";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";
import { readTextIfThere } from "../storage/files.ts";
import { wrongAddress } from "./addresses.ts";
import { DEFAULT_CONFIG } from "./defaults.ts";
import { nearestName } from "./nearest-name.ts";
import { CONFIG_SCHEMA, type NodeConfig } from "./schema.ts";

const CONFIG_MAX_BYTES = 1024 * 1024;
const ENV_PREFIX = "SELVEDGE_";
/** Variables with the prefix that are not configuration keys. */
const OTHER_VARIABLES: ReadonlySet<string> = new Set(["SELVEDGE_HOME", "SELVEDGE_DATA", "SELVEDGE_TOKEN"]);

type Tree = { readonly [key: string]: unknown };

export interface ConfigSources {
  /** Path of config.toml; a missing file means defaults. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Overrides by dotted key, for instance { "api.port": "9751" }. */
  readonly flags: Readonly<Record<string, string>>;
}

export async function loadConfig(sources: ConfigSources): Promise<NodeConfig> {
  const fromFile = await readConfigFile(sources.file);
  const overrides = [
    ...overridesOfEnvironment(sources.environment),
    ...Object.entries(sources.flags).map(([key, text]) => ({ key, text, origin: `--${key}` })),
  ];
  const merged = overrides.reduce(withOverride, merge(DEFAULT_CONFIG, fromFile));
  return checkConfig(merged, sources.file, overrides);
}

/** The checked configuration, or CONFIG_INVALID that names the first wrong key and where it was set. */
export function checkConfig(
  config: unknown,
  file: string,
  overrides: readonly { readonly key: string; readonly origin: string }[] = [],
): NodeConfig {
  const originOf = (key: string): string =>
    overrides.findLast((override) => key === override.key || key.startsWith(`${override.key}.`))?.origin ?? file;
  if (Value.Check(CONFIG_SCHEMA, config)) {
    const wrong = wrongAddress(config);
    if (wrong === undefined) return config;
    throw new NodeError("CONFIG_INVALID", `${originOf(wrong.key)}: ${wrong.key} ${wrong.reason}`);
  }
  const errors = Value.Errors(CONFIG_SCHEMA, config);
  const [first] = errors;
  const where = first === undefined ? "" : first.instancePath.replaceAll("/", ".").replace(/^\./u, "");
  // A choice fails once for every value that it could have.
  const choices = errors.flatMap((error) =>
    error.keyword === "const" && error.instancePath === first?.instancePath ? [String(error.params.allowedValue)] : [],
  );
  const said = first?.keyword === "pattern" ? "is no address such as /ip4/127.0.0.1/tcp/9750" : first?.message;
  const what = choices.length > 0 ? `is one of ${choices.join(", ")}` : (said ?? "is invalid");
  throw new NodeError("CONFIG_INVALID", `${originOf(where)}: ${where === "" ? "configuration" : where} ${what}`);
}

async function readConfigFile(path: string): Promise<Tree> {
  const text = await readTextIfThere(path, CONFIG_MAX_BYTES);
  if (text === undefined) return {};
  let tree: Tree;
  try {
    tree = parse(text);
  } catch (cause) {
    throw new NodeError("CONFIG_INVALID", `${path} is not valid TOML: ${firstLine(cause)}`, { cause });
  }
  refuseUnknownKeys(tree, { known: DEFAULT_CONFIG, prefix: "", origin: path });
  return tree;
}

function refuseUnknownKeys(tree: Tree, context: { known: Tree; prefix: string; origin: string }): void {
  for (const [key, value] of Object.entries(tree)) {
    const dotted = `${context.prefix}${key}`;
    if (!Object.hasOwn(context.known, key)) throw unknownKey(dotted, context.origin);
    const known = context.known[key];
    if (isTree(known) && isTree(value))
      refuseUnknownKeys(value, { known, prefix: `${dotted}.`, origin: context.origin });
  }
}

function unknownKey(key: string, origin: string): NodeError {
  const nearest = nearestName(key, dottedKeys(DEFAULT_CONFIG));
  const hint = nearest === undefined ? "" : `; did you mean ${nearest}?`;
  return new NodeError("CONFIG_INVALID", `${origin}: unknown key ${key}${hint}`);
}

function overridesOfEnvironment(
  environment: ConfigSources["environment"],
): { key: string; text: string; origin: string }[] {
  const keyOfVariable = new Map(dottedKeys(DEFAULT_CONFIG).map((key) => [variableOf(key), key]));
  return Object.entries(environment)
    .filter(([name, text]) => name.startsWith(ENV_PREFIX) && !OTHER_VARIABLES.has(name) && text !== undefined)
    .map(([name, text = ""]) => {
      const key = keyOfVariable.get(name);
      if (key !== undefined) return { key, text, origin: name };
      const nearest = nearestName(name, [...keyOfVariable.keys()]);
      throw new NodeError(
        "CONFIG_INVALID",
        `unknown variable ${name}${nearest === undefined ? "" : `; did you mean ${nearest}?`}`,
      );
    });
}

function variableOf(dottedKey: string): string {
  return ENV_PREFIX + dottedKey.replaceAll(".", "_").toUpperCase();
}

function withOverride(config: Tree, override: { key: string; text: string; origin: string }): Tree {
  const path = override.key.split(".");
  if (!dottedKeys(DEFAULT_CONFIG).includes(override.key)) throw unknownKey(override.key, override.origin);
  return setAt(config, { path, text: override.text, origin: override.origin });
}

function setAt(tree: Tree, change: { path: readonly string[]; text: string; origin: string }): Tree {
  const [head = "", ...rest] = change.path;
  const current = tree[head];
  if (rest.length > 0) return { ...tree, [head]: setAt(isTree(current) ? current : {}, { ...change, path: rest }) };
  return { ...tree, [head]: valueOfText(change.text, { current, origin: change.origin }) };
}

/** A variable or flag is text: numbers where the default is a number, JSON where it is a list. */
function valueOfText(text: string, context: { current: unknown; origin: string }): unknown {
  if (typeof context.current === "number") {
    if (!/^\d{1,15}$/u.test(text))
      throw new NodeError("CONFIG_INVALID", `${context.origin}: ${text} is not a whole number`);
    return Number(text);
  }
  if (!Array.isArray(context.current)) return text;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NodeError("CONFIG_INVALID", `${context.origin}: expected a JSON list`, { cause });
  }
}

function merge(base: Tree, over: Tree): Tree {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = base[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

function dottedKeys(tree: Tree, prefix = ""): string[] {
  return Object.entries(tree).flatMap(([key, value]) =>
    isTree(value) ? dottedKeys(value, `${prefix}${key}.`) : [`${prefix}${key}`],
  );
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
}
