// F03, F05 and their like: commands that write are killed at each of their writes and run again. Either the second run
// completes what the first began, or it says with exit 73 what is in its way; nothing half-made is ever taken for whole.

import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { mustExist } from "@selvedge/integrity";
import { openDevnetFolder } from "@selvedge/node/testing";
import { verify } from "../lib/audit.ts";
import { copyFolder } from "../lib/damage.ts";
import type { Checks, Fault, RunContext } from "../lib/fault.ts";
import { Load } from "../lib/load.ts";
import { FaultNetwork } from "../lib/network.ts";
import { SELVEDGE_MAIN, childEnvironment } from "../lib/places.ts";
import { faultPlan } from "../lib/plans.ts";
import {
  type TracedCommand,
  type TracedEnd,
  enumerateWrites,
  killAt,
  needStrace,
  runPlain,
  runTraced,
} from "../lib/strace.ts";
import { RECOVERY_MAX_MS } from "../lib/under-load.ts";

const EXISTS_EXIT = 73;
const KEPT_COMMITS = 100;
/** What may be pruned follows from these: a chain of a few hundred commits has something to lose. */
const SHORT_MEMORY = { updateExpiry: 20, executionLagMax: 20, commitVotesMax: 20 } as const;

interface Stage {
  readonly args: readonly string[];
  /** Back to before the command. */
  readonly reset: () => void;
  /** Judges what the second, unharmed run made of what the kill left. */
  readonly judge: (second: TracedEnd, point: string) => Promise<void>;
}

interface KilledCommand extends Omit<Fault, "run"> {
  readonly full: number;
  readonly sample: number;
  readonly stage: (context: RunContext, checks: Checks) => Promise<Stage>;
}

const COMMANDS: readonly KilledCommand[] = [
  {
    id: "F03",
    title: "kill in `init`",
    how: "strace inject SIGKILL at every write-like call of `selvedge init`, then `init` again",
    expected: "the second run completes, or exit 73 because the home is whole already: its key opens, it verifies",
    full: 200,
    sample: 3,
    stage: initStage,
  },
  {
    id: "F03-key",
    title: "kill in `key new`",
    how: "strace inject SIGKILL at every write-like call of `selvedge key new`, then again",
    expected: "the file is whole or not there; a key is never overwritten",
    full: 60,
    sample: 2,
    stage: keyStage,
  },
  {
    id: "F05",
    title: "kill in `prune`",
    how: "strace inject SIGKILL at every write-like call of `selvedge prune --keep` on a stopped daemon's home, then again",
    expected: "the second run goes on; what is left verifies whole",
    full: 200,
    sample: 2,
    stage: pruneStage,
  },
];

export const KILLED_COMMANDS: readonly Fault[] = COMMANDS.map((killed) => ({
  id: killed.id,
  title: killed.title,
  how: killed.how,
  expected: killed.expected,
  run: async (context, checks) => {
    needStrace();
    const stage = await killed.stage(context, checks);
    const command = commandOf(stage.args);
    // Once unharmed: fills the cache of compiled code, and shows that the command works at all.
    const first = await runPlain(command);
    checks.expect("C7", first.code === 0, `unharmed it ends with ${first.code}: ${first.stderr}`);
    stage.reset();
    const points = await enumerateWrites(command, join(context.folder, "calls"));
    checks.remark(`${points.length} write-like calls`);
    const chosen = context.random.shuffled(points).slice(0, context.count(killed.full, killed.sample));
    for (const point of chosen) {
      stage.reset();
      const end = await runTraced(command, killAt(point));
      if (!end.wasKilled) continue;
      checks.injections += 1;
      await stage.judge(await runPlain(command), `${point.call} ${point.number}`);
    }
  },
}));

function commandOf(args: readonly string[]): TracedCommand {
  return { file: process.execPath, args: [SELVEDGE_MAIN, ...args], env: childEnvironment() };
}

async function initStage(context: RunContext, checks: Checks): Promise<Stage> {
  const network = join(context.folder, "made");
  await openDevnetFolder(network, faultPlan(context.random, { validators: 1 }));
  const home = join(context.folder, "home");
  const password = join(network, "keys", "password");
  const key = join(network, "keys", "validator-0.json");
  const args = ["init", "--network", join(network, "genesis.json"), "--role", "validator", "--key", key];
  return {
    args: [...args, "--password-file", password, "--home", home, "--json"],
    reset: () => rmSync(home, { recursive: true, force: true }),
    judge: async (second, point) => {
      const names = second.code === EXISTS_EXIT && second.stderr.includes(home);
      checks.expect(
        "C7",
        second.code === 0 || names,
        `${point}: the second init ended with ${second.code}: ${second.stderr}`,
      );
      checkModes(join(home, "keys"), checks);
      if (second.code !== 0 && !names) return;
      const inspected = await run([
        "key",
        "inspect",
        join(home, "keys", "validator.json"),
        "--password-file",
        password,
      ]);
      checks.expect("C7", inspected.code === 0, `${point}: the key does not open: ${inspected.stderr}`);
      const verified = await run(["verify", "--home", home, "--full"]);
      checks.expect("C6", verified.code === 0, `${point}: the home does not verify: ${verified.stderr}`);
    },
  };
}

async function keyStage(context: RunContext, checks: Checks): Promise<Stage> {
  const folder = join(context.folder, "keys");
  const network = join(context.folder, "made");
  await openDevnetFolder(network, faultPlan(context.random, { validators: 1 }));
  const password = join(network, "keys", "password");
  const file = join(folder, "fresh.json");
  copyFolder(join(network, "keys"), folder);
  return {
    args: ["key", "new", "--out", file, "--kind", "validator", "--password-file", password, "--kdf-profile", "edge"],
    reset: () => rmSync(file, { force: true }),
    judge: async (second, point) => {
      checks.expect(
        "C7",
        second.code === 0 || second.code === EXISTS_EXIT,
        `${point}: ${second.code}: ${second.stderr}`,
      );
      const inspected = await run(["key", "inspect", file, "--password-file", password]);
      checks.expect("C6", inspected.code === 0, `${point}: the key file is not whole: ${inspected.stderr}`);
      checkModes(folder, checks);
    },
  };
}

async function pruneStage(context: RunContext, checks: Checks): Promise<Stage> {
  const network = await FaultNetwork.start(context, {
    validators: 1,
    params: SHORT_MEMORY,
    storage: { snapshot_every_commits: 10 },
  });
  const load = new Load(network.daemons, { everyMs: 20, bytes: 64, name: "prune" }).start();
  const isGrown = await network.advance(context.isSample ? 160 : 400, { maxMs: 3 * RECOVERY_MAX_MS });
  await load.stop();
  await network.stop();
  if (!isGrown) throw new Error("the chain to be pruned did not grow");
  const { home } = mustExist(network.places[0], "a place");
  const aside = join(context.folder, "aside");
  copyFolder(home, aside);
  return {
    args: ["prune", "--home", home, "--keep", `${KEPT_COMMITS} commits`, "--json"],
    reset: () => copyFolder(aside, home),
    judge: async (second, point) => {
      checks.expect("C7", second.code === 0, `${point}: the second prune ended with ${second.code}: ${second.stderr}`);
      await verify(home, checks, point);
    },
  };
}

async function run(args: readonly string[]): Promise<TracedEnd> {
  return runPlain(commandOf(args));
}

/** Keys are for their owner alone, however the process ended. */
function checkModes(folder: string, checks: Checks): void {
  if (!existsSync(folder)) return;
  for (const name of readdirSync(folder)) {
    const { mode } = statSync(join(folder, name));
    checks.expect("C12", (mode & 0o077) === 0, `${name} has mode ${(mode & 0o777).toString(8)}`);
  }
}
