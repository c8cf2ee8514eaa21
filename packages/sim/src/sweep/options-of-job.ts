// What a run is given besides its scenario, from a job and from files. Adversaries are made anew for each run, because they
// keep state.

import { loadAdversaryMaker } from "../adversary/load-adversary.ts";
import type { CostTable, RunOptions } from "../run/run-options.ts";

export interface FileOptions {
  readonly costs: CostTable | null;
  readonly keepLatencies?: boolean;
  readonly adversaryFiles: readonly string[];
}

export async function runOptionsOf(from: FileOptions): Promise<RunOptions> {
  return (await runOptionsMaker(from))();
}

/** For several runs in a row, each with adversaries of its own. */
export async function runOptionsMaker(from: FileOptions): Promise<() => RunOptions> {
  const makers = await Promise.all(from.adversaryFiles.map((file) => loadAdversaryMaker(file)));
  return () => ({
    keepLatencies: from.keepLatencies ?? false,
    ...(from.costs === null ? {} : { costs: from.costs }),
    ...(makers.length === 0 ? {} : { adversaries: makers.map((make) => make()) }),
  });
}
