// Where a node keeps its things. --home > SELVEDGE_HOME > $STATE_DIRECTORY > $XDG_DATA_HOME/selvedge > ~/.selvedge;
// relative paths are relative to where the user stands.

import { homedir } from "node:os";
import { join, resolve } from "node:path";

export interface HomePaths {
  readonly root: string;
  readonly config: string;
  readonly genesis: string;
  /** Initial weights of the models, one file per payload root. */
  readonly genesisWeights: string;
  readonly validatorKey: string;
  /** There while a validator changes its key. */
  readonly nextValidatorKey: string;
  readonly deviceKey: string;
  readonly nodeKey: string;
  readonly secrets: string;
  /** Opens the home's key where the configuration names no other file. */
  readonly password: string;
  readonly safety: string;
  readonly chainData: string;
  readonly formatFile: string;
  readonly outbox: string;
}

export function homePaths(root: string): HomePaths {
  return {
    root,
    config: join(root, "config.toml"),
    genesis: join(root, "network.json"),
    genesisWeights: join(root, "genesis-weights"),
    validatorKey: join(root, "keys", "validator.json"),
    nextValidatorKey: join(root, "keys", "validator-next.json"),
    deviceKey: join(root, "keys", "device.json"),
    nodeKey: join(root, "keys", "node.json"),
    secrets: join(root, "secrets"),
    password: join(root, "secrets", "password"),
    safety: join(root, "safety", "safety.log"),
    chainData: join(root, "data", "chain"),
    formatFile: join(root, "data", "FORMAT"),
    outbox: join(root, "data", "outbox"),
  };
}

export function resolveHome(
  flag: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (flag !== undefined) return fromUserFolder(flag, environment);
  const named = environment["SELVEDGE_HOME"];
  if (named !== undefined && named !== "") return fromUserFolder(named, environment);
  const state = environment["STATE_DIRECTORY"];
  if (state !== undefined && state !== "") return resolve(state);
  const data = environment["XDG_DATA_HOME"];
  return data !== undefined && data !== "" ? join(data, "selvedge") : join(homedir(), ".selvedge");
}

/** Under `npm run`, the process stands in the checkout; INIT_CWD is where the user stood. */
export function fromUserFolder(path: string, environment: Readonly<Record<string, string | undefined>>): string {
  return resolve(environment["INIT_CWD"] ?? process.cwd(), path);
}
