// The background scrub of a daemon, as its configuration wants it; it begins once the node runs.

import type { Store } from "@selvedge/integrity";
import { homePaths } from "../config/home.ts";
import type { NodeConfig } from "../config/schema.ts";
import type { NodeLogger } from "../observability/log.ts";
import { BackgroundScrub } from "./background-scrub.ts";

export interface DaemonScrub {
  readonly home: string;
  readonly config: NodeConfig;
  readonly store: Store;
  readonly logger: NodeLogger;
  readonly onDamage: (error: unknown) => void;
}

const HOUR_MS = 3_600_000;

export function openScrub({ home, config, store, logger, onDamage }: DaemonScrub): BackgroundScrub {
  const { scrub_every_hours: everyHours, scrub_kib_per_second: rateKib } = config.storage;
  return new BackgroundScrub({
    store,
    folder: homePaths(home).chainData,
    pauseMs: everyHours * HOUR_MS,
    bytesPerSecond: rateKib * 1024,
    logger,
    nowMs: () => Date.now(),
    onDamage,
  });
}
