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

/** For the next start. Only of a node that runs: one that is refused has no say beside another that has the home. */
export async function rememberConfig(home: string, config: NodeConfig): Promise<void> {
  await makeRunFolder(home);
  await writeCheckedFile(seenPath(home), `${JSON.stringify(Object.fromEntries(flatten(config)))}\n`, 0o600);
}

/** Changes since the last start, none at the first. */
export async function configChanges(home: string, config: NodeConfig): Promise<readonly ConfigChange[]> {
  const before = await readSeen(seenPath(home));
  if (before === undefined) return [];
  const now = flatten(config);
  const keys = [...new Set([...before.keys(), ...now.keys()])];
  return keys.flatMap((key) => {
    const change = { key, before: before.get(key) ?? "(unset)", now: now.get(key) ?? "(unset)" };
    return change.before === change.now ? [] : [change];
  });
}

function seenPath(home: string): string {
  return runPath(home, "config-seen.json");
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
