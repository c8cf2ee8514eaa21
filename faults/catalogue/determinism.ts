// B15: what is agreed on follows from the chain alone, on whatever runtime and with however many workers it is computed.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyFolder } from "../lib/damage.ts";
import { type Fault, SkippedFault } from "../lib/fault.ts";
import { trustedJson } from "../lib/json.ts";
import { SELVEDGE_MAIN, SIM_MAIN, childEnvironment } from "../lib/places.ts";
import { runPlain } from "../lib/strace.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";
import { UpdateLoad } from "../lib/update-load.ts";

/** Of the committee of four, so that neither runtime has a quorum by itself. */
const ON_SECOND: readonly number[] = [2, 3];
const RUN_MAX_MS = 900_000;
const WORKERS: readonly number[] = [1, 8];
const BASES: readonly string[] = ["good-wan", "lossy", "updates"];

interface VerifiedHome {
  readonly stateRoot: string;
  readonly executedCommit: number;
  readonly models: readonly { readonly version: number; readonly weightsRoot: string }[];
}

export const SAME_ROOT: Fault = {
  id: "B15",
  title: "one state root on two versions of Node, with and without worker threads",
  how: "two daemons of four run on the Node that SELVEDGE_SECOND_NODE names, all aggregate updates in a worker thread; then `verify --full` replays each kind's home, without workers, on both",
  expected: "one certified chain; every replay gives the same state root and weights, byte for byte",
  run: async (context, checks) => {
    const second = await secondNode();
    const network = {
      validators: 4,
      devices: 2,
      launch: (index: number) => (ON_SECOND.includes(index) ? { node: second.path } : {}),
    };
    const homes: string[] = [];
    await underLoad({ context, checks, network, everyMs: 200 }, async (net) => {
      const updates = new UpdateLoad(net, { daemons: net.daemons, everyMs: 200 }).start();
      checks.expect("C4", await net.advance(context.isSample ? 30 : 200, { maxMs: RUN_MAX_MS }), "no commits together");
      await updates.stop();
      for (const daemon of net.daemons) {
        const lost = await updates.lost(daemon);
        checks.expect("C2", lost.length === 0, `${daemon.place.name}: ${lost.length} updates with receipts are gone`);
      }
      const height = await net.newest();
      checks.expect("C4", (await net.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined, "they part");
      for (const index of [0, ON_SECOND[0] ?? 0]) homes.push(net.daemon(index).place.home);
    });
    for (const home of homes) {
      const ours = await replay(home, process.execPath, context.folder);
      const theirs = await replay(home, second.path, context.folder);
      checks.injections += 1;
      checks.expect("C10", ours === theirs, `${home}\n${ours}\n${theirs}`);
      const { stateRoot, executedCommit, models } = trustedJson<VerifiedHome>(ours);
      const versions = models.reduce((sum, { version }) => sum + version, 0);
      checks.expect("C11", versions > 0, "no version was made: nothing was aggregated");
      checks.remark(
        `commit ${executedCommit}, ${versions} versions: ${stateRoot} on ${process.version} and ${second.version}`,
      );
    }
  },
};

async function secondNode(): Promise<{ readonly path: string; readonly version: string }> {
  const path = process.env["SELVEDGE_SECOND_NODE"] ?? "";
  if (path === "") throw new SkippedFault("SELVEDGE_SECOND_NODE names no other Node (its path; 24 or later)");
  const end = await runPlain({ file: path, args: ["--version"] });
  const version = end.stdout.trim();
  if (version === process.version) throw new SkippedFault(`SELVEDGE_SECOND_NODE is ${version}, as this one`);
  return { path, version };
}

/** What a replay of all commits and versions came to, in one line. */
async function replay(home: string, node: string, folder: string): Promise<string> {
  const copy = join(folder, "replayed");
  copyFolder(home, copy);
  const end = await runPlain({
    file: node,
    args: [SELVEDGE_MAIN, "verify", "--full", "--restart", "--json", "--home", copy],
    env: childEnvironment(),
    timeoutMs: RUN_MAX_MS,
  });
  if (end.code !== 0) throw new Error(`verify ended with ${end.code} on ${node}: ${end.stderr.slice(-500)}`);
  const { stateRoot, executedCommit, models } = trustedJson<VerifiedHome>(end.stdout);
  return JSON.stringify({ stateRoot, executedCommit, models });
}

export const SAME_WORK: Fault = {
  id: "B15-workers",
  title: "the same results with 1 and 8 workers",
  how: "`selvedge sim sweep` (networks with and without losses, training updates, several seeds) with --workers 1, then 8, and where SELVEDGE_SECOND_NODE names another Node, with 8 on that",
  expected: "the tables are equal, byte for byte",
  run: async (context, checks) => {
    const file = join(context.folder, "sweep.json");
    const seeds = { from: 1 + context.random.below(2 ** 30), count: context.count(8, 2) };
    const axes = { "committee.size": [4, 7], "execution.crypto": ["modelled", "real"] };
    const durationMs = [context.isSample ? 1500 : 8000];
    const second = process.env["SELVEDGE_SECOND_NODE"] ?? "";
    const places = WORKERS.map((workers) => ({ node: process.execPath, workers }));
    if (second !== "") places.push({ node: second, workers: 8 });
    for (const base of context.isSample ? BASES.slice(2) : BASES) {
      writeFileSync(file, JSON.stringify({ format: 1, name: base, base, axes: { ...axes, durationMs }, seeds }));
      const tables: string[] = [];
      for (const [position, place] of places.entries())
        tables.push(await sweepTable(file, { ...place, out: join(context.folder, `${base}-${position}`) }));
      checks.injections += tables.length;
      const rows = (tables[0] ?? "").trimEnd().split("\n").length - 1;
      checks.expect("C10", rows === 4 * seeds.count, `${base}: ${rows} rows`);
      checks.expect("C10", new Set(tables).size === 1, `${base}: ${tables.length} sweeps gave different tables`);
      checks.remark(`${base}: ${rows} runs, ${tables.length} equal tables of ${tables[0]?.length ?? 0} bytes`);
    }
  },
};

interface SweepPlace {
  readonly node: string;
  readonly workers: number;
  readonly out: string;
}

async function sweepTable(file: string, { node, workers, out }: SweepPlace): Promise<string> {
  const end = await runPlain({
    file: node,
    args: [SIM_MAIN, "sweep", file, "-o", out, "--workers", String(workers), "--json"],
    env: childEnvironment(),
    timeoutMs: RUN_MAX_MS,
  });
  // 1 and 3: runs that did not pass, which is another question.
  if (![0, 1, 3].includes(end.code ?? -1))
    throw new Error(`the sweep ended with ${end.code}: ${end.stderr.slice(-500)}`);
  return readFileSync(join(out, "sweep.csv"), "utf8");
}
