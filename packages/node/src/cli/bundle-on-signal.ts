// SIGUSR2: a bundle for a support case, written by the node itself, for where no command can be run beside it. Whatever
// becomes of it, the node goes on.

import { makeRunFolder, runPath } from "../config/run-folder.ts";
import type { NodeConfig } from "../config/schema.ts";
import type { NodeLogger } from "../observability/log.ts";
import { bundleOf, writeBundle } from "./home-bundle.ts";

export interface BundleSetup {
  readonly home: string;
  readonly config: NodeConfig;
  readonly logger: NodeLogger;
}

/** Installs itself for the rest of the process. Signals while one is being made ask for nothing more. */
export function bundleOnSignal(setup: BundleSetup): void {
  let isBusy = false;
  process.on("SIGUSR2", () => {
    if (isBusy) return;
    isBusy = true;
    void makeOwnBundle(setup, Date.now()).finally(() => (isBusy = false));
  });
}

/** HOME/run/debug-TIME.tgz; its path is logged. */
export async function makeOwnBundle({ home, config, logger }: BundleSetup, nowMs: number): Promise<void> {
  try {
    const bytes = await bundleOf({ home, config, nowMs });
    await makeRunFolder(home);
    const bundle = runPath(home, `debug-${new Date(nowMs).toISOString().replaceAll(/[-:]/gu, "")}.tgz`);
    await writeBundle(bundle, bytes);
    logger.info({ bundle, sizeBytes: bytes.length }, "wrote a bundle for a support case");
  } catch (error) {
    logger.error({ err: error }, "no bundle for a support case was written");
  }
}
