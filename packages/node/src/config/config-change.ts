// What the configuration was at the last start, so that a change is said: a bit that flipped in config.toml may leave a
// value that is valid and not what the operator wrote.

import { NodeError } from "../errors.ts";
import { readCheckedFile, writeCheckedFile } from "../storage/checked-file.ts";
import { makeRunFolder, runPath } from "./run-folder.ts";
import type { NodeConfig } from "./schema.ts";

const FILE_MAX_BYTES: number = 4 * 1024 * 1024;

export interface ConfigChange {
  readonly key: string;
  readonly before: string;
  readonly now: string;
}

/** Changes since the last start, none at the first; remembers this one. */
export async function noteConfig(home: string, config: NodeConfig): Promise<readonly ConfigChange[]> {
  const path = runPath(home, "config-seen.json");
  const now = flatten(config);
  const before = await readSeen(path);
  const text = `${JSON.stringify(Object.fromEntries(now))}\n`;
  await makeRunFolder(home);
  await writeCheckedFile(path, text, 0o600);
  if (before === undefined) return [];
  const keys = [...new Set([...before.keys(), ...now.keys()])];
  return keys.flatMap((key) => {
    const change = { key, before: before.get(key) ?? "(unset)", now: now.get(key) ?? "(unset)" };
    return change.before === change.now ? [] : [change];
  });
}

async function readSeen(path: string): Promise<ReadonlyMap<string, string> | undefined> {
  try {
    const text = await readCheckedFile(path, FILE_MAX_BYTES);
    return text === undefined ? undefined : flatten(JSON.parse(text));
  } catch (error) {
    // It protects nothing but the comparison: with a damaged one, every key counts as changed.
    if (error instanceof NodeError && error.code === "DATA_CORRUPT") return new Map();
    throw error;
  }
}

function flatten(tree: unknown, prefix = ""): Map<string, string> {
  if (typeof tree !== "object" || tree === null || Array.isArray(tree))
    return new Map([[prefix, typeof tree === "string" ? tree : JSON.stringify(tree)]]);
  const leaves = new Map<string, string>();
  for (const [key, value] of Object.entries(tree)) {
    for (const [leaf, text] of flatten(value, prefix === "" ? key : `${prefix}.${key}`)) leaves.set(leaf, text);
  }
  return leaves;
}
