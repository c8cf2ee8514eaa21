// `prune [--dry-run]`: removes what a stopped node's policy no longer keeps, or says how much that would be.

import { homePaths } from "../../config/home.ts";
import { loadConfig } from "../../config/load.ts";
import { readGenesisBundle } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { prunePolicyOf } from "../../prune/policy.ts";
import { type PruneOutcome, pruneHome } from "../../prune/prune-home.ts";
import { diskUse } from "../../storage/disk-use.ts";
import { homeOf } from "../context.ts";
import { type Output, formatBytes, jsonLine, table } from "../output.ts";
import { stopRequested } from "../stop-signal.ts";

export interface PruneCommandOptions {
  readonly home?: string;
  readonly keep?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export async function runPrune(options: PruneCommandOptions, output: Output): Promise<number> {
  const stop = new AbortController();
  void stopRequested().then(() => stop.abort(new NodeError("OUTCOME_UNKNOWN", "interrupted; run it again to go on")));
  const home = homeOf(options);
  const paths = homePaths(home);
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  const config = await loadConfig({ file: paths.config, environment: process.env, flags: {} });
  const { keepCommits } = prunePolicyOf(options.keep ?? config.prune.keep, genesis.params);
  if (keepCommits === null)
    throw new NodeError("USAGE", 'prune.keep is "all" here: nothing is ever removed; give --keep "10000 commits"');
  const before = await diskUse(paths.chainData);
  const outcome = await pruneHome({ home, keepCommits, isDryRun: options.dryRun === true, signal: stop.signal });
  const after = await diskUse(paths.chainData);
  const disk = { beforeBytes: before, afterBytes: after };
  await output.data(
    options.json === true
      ? jsonLine({ ...outcome, keepCommits, disk })
      : outcomeText(outcome, { keepCommits, ...disk }),
  );
  return EXIT.ok;
}

function outcomeText(
  { totals, mark, executedIndex, isDryRun }: PruneOutcome,
  run: { readonly keepCommits: number; readonly beforeBytes: number; readonly afterBytes: number },
): string {
  const begins = mark === undefined ? "whole: nothing is pruned" : `begins with the state after commit ${mark.base}`;
  return table([
    [
      isDryRun ? "would remove" : "removed",
      `${totals.commits} commits, ${totals.blocks} blocks, ${totals.updates} updates, ${totals.payloads} payloads`,
    ],
    [isDryRun ? "would free" : "freed", `${formatBytes(Math.max(0, totals.bytes))} of records`],
    ["keep", `${run.keepCommits} commits; the newest executed one is ${executedIndex}`],
    ["home", begins],
    [
      "disk",
      isDryRun
        ? formatBytes(run.beforeBytes)
        : `${formatBytes(run.beforeBytes)} before, ${formatBytes(run.afterBytes)} after`,
    ],
  ]);
}
