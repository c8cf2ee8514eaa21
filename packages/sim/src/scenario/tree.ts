// JSON objects as trees: what a file is before it is known to be a scenario, and how one field of it is set.

import { SimInputError } from "./sim-error.ts";

export type Tree = { readonly [key: string]: unknown };

export function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A copy in which the field at `a.b.0.c` is `value`. Objects on the way are made; a list grows by one at most. */
export function withField(root: unknown, path: string, value: unknown): unknown {
  return setAt(root, { keys: path.split("."), value, path });
}

/** `path=value` of the command line: the value is JSON where it can be read as such, else text. */
export function parseAssignment(text: string): { readonly path: string; readonly value: unknown } {
  const [, path, raw] = /^([^=]+)=(.*)$/su.exec(text) ?? [];
  if (path === undefined || raw === undefined) throw new SimInputError("USAGE", `--set takes path=value, not ${text}`);
  try {
    return { path, value: JSON.parse(raw) };
  } catch {
    return { path, value: raw };
  }
}

interface Change {
  readonly keys: readonly string[];
  readonly value: unknown;
  readonly path: string;
}

function setAt(node: unknown, change: Change): unknown {
  const [key, ...rest] = change.keys;
  if (key === undefined) return change.value;
  const below = (child: unknown): unknown => setAt(child, { ...change, keys: rest });
  if (Array.isArray(node)) {
    const items: readonly unknown[] = node;
    const index = /^\d{1,6}$/u.test(key) ? Number(key) : Number.NaN;
    if (!(index <= items.length)) throw notThere(change.path, `${key} is no entry of a list of ${items.length}`);
    return index === items.length ? [...items, below(undefined)] : items.with(index, below(items[index]));
  }
  if (node !== undefined && !isTree(node))
    throw notThere(change.path, `there is nothing below ${JSON.stringify(node)}`);
  if (key === "" || key === "__proto__") throw notThere(change.path, "a name is missing");
  const tree = node ?? {};
  return { ...tree, [key]: below(Object.hasOwn(tree, key) ? tree[key] : undefined) };
}

function notThere(path: string, why: string): SimInputError {
  return new SimInputError("SIM_SCENARIO_INVALID", `cannot set ${path}: ${why}`);
}
