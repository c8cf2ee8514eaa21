// SIGHUP: reads the configuration again. What can be changed while the node runs is changed; the rest is named in the
// log, so that nobody believes in a change that is not there. A configuration that does not hold changes nothing.

import { loadConfig, type ConfigSources } from "../config/load.ts";
import type { NodeConfig } from "../config/schema.ts";
import { isThere } from "../daemon/home.ts";
import { NodeError } from "../errors.ts";
import type { NodeLogger } from "../observability/log.ts";

const RELOADABLE: ReadonlySet<string> = new Set(["log.level"]);

export interface ReloadSetup {
  readonly sources: ConfigSources;
  /** What the node was started with. */
  readonly config: NodeConfig;
  readonly logger: NodeLogger;
}

/** Installs itself for the rest of the process. */
export function reloadOnHangup(setup: ReloadSetup): void {
  process.on("SIGHUP", () => void reload(setup));
}

export async function reload({ sources, config, logger }: ReloadSetup): Promise<void> {
  let fresh: NodeConfig;
  try {
    // At a start a missing file means the defaults; beneath a node that runs it is a mistake.
    if (!(await isThere(sources.file))) throw new NodeError("CONFIG_INVALID", `there is no ${sources.file}`);
    fresh = await loadConfig(sources);
  } catch (error) {
    logger.error({ err: error }, "the configuration was not reloaded");
    return;
  }
  const changed = changedKeys(config, fresh);
  const isLevelNew = logger.level !== fresh.log.level;
  logger.level = fresh.log.level;
  logger.info(
    {
      logLevel: fresh.log.level,
      reloaded: isLevelNew ? ["log.level"] : [],
      needsRestart: changed.filter((key) => !RELOADABLE.has(key)),
    },
    "the configuration was reloaded",
  );
}

/** Dotted names of the keys that differ. */
export function changedKeys(before: object, after: object, prefix = ""): readonly string[] {
  const fresh = new Map<string, unknown>(Object.entries(after));
  return Object.entries(before).flatMap(([key, value]: [string, unknown]) => {
    const other = fresh.get(key);
    const name = `${prefix}${key}`;
    if (isTable(value) && isTable(other)) return changedKeys(value, other, `${name}.`);
    return JSON.stringify(value) === JSON.stringify(other) ? [] : [name];
  });
}

function isTable(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
