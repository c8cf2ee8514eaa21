// F01 and F06 on whole daemons: one of four runs under strace, which kills it at a write-like call while it commits with
// the others, or while it catches up after an absence. Dearer than F01 by the size of a daemon, so with fewer points.

import { rmSync, statSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { TestDaemon } from "../lib/daemon.ts";
import type { Checks, Fault, RunContext } from "../lib/fault.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { type CallPoint, WRITE_LIKE, killAt, needStrace, pointsOf } from "../lib/strace.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const VICTIM = 2;
const OTHERS = [0, 1, 3];
const ENUMERATE_MS = 6000;
const POINT_MAX_MS = 30_000;

interface Phase extends Omit<Fault, "run"> {
  readonly full: number;
  readonly sample: number;
  /** Commits that the victim misses before each start. */
  readonly missed: number;
}

const PHASES: readonly Phase[] = [
  {
    id: "F01-daemon",
    title: "kill -9 at each write of a whole daemon",
    how: "strace inject SIGKILL at random enumerated write-like calls of one daemon of four, sockets and log included",
    expected: "restart recovers; acknowledged transactions stay; no equivocation",
    full: 40,
    sample: 1,
    missed: 0,
  },
  {
    id: "F06",
    title: "kill in catch-up",
    how: "as F01-daemon, each time after it has missed 40 commits, so that the kill falls into catching up",
    expected: "goes on where it was; nothing partial is ever taken for whole",
    full: 40,
    sample: 1,
    missed: 40,
  },
];

export const KILLED_DAEMONS: readonly Fault[] = PHASES.map((phase) => ({
  id: phase.id,
  title: phase.title,
  how: phase.how,
  expected: phase.expected,
  run: async (context, checks) => {
    needStrace();
    await underLoad({ context, checks, network: { validators: 4 }, everyMs: 50 }, async (net) => {
      const victim = net.daemon(VICTIM);
      const points = await enumerate(net, victim, { phase, context });
      checks.remark(`${points.length} write-like calls in the first ${ENUMERATE_MS / 1000} s`);
      for (const point of context.random.shuffled(points).slice(0, context.count(phase.full, phase.sample)))
        await killOnce(net, victim, { phase, point, checks });
    });
  },
}));

async function enumerate(
  net: FaultNetwork,
  victim: TestDaemon,
  { phase, context }: { readonly phase: Phase; readonly context: RunContext },
): Promise<readonly CallPoint[]> {
  await miss(net, victim, phase);
  const log = join(context.folder, "calls");
  rmSync(log, { force: true });
  const calls = WRITE_LIKE.map((call) => `?${call}`).join(",");
  const strace = ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", log, "-e", `trace=${calls}`];
  victim.launch = { wrapper: strace, env: { UV_THREADPOOL_SIZE: "1" } };
  if (!(await victim.start())) throw new Error("the daemon does not start under strace");
  await delay(ENUMERATE_MS);
  await victim.kill("SIGKILL");
  if (statSync(log).size === 0) throw new Error("strace has logged nothing");
  return pointsOf(readFileSync(log, "utf8"));
}

async function killOnce(
  net: FaultNetwork,
  victim: TestDaemon,
  { phase, point, checks }: { readonly phase: Phase; readonly point: CallPoint; readonly checks: Checks },
): Promise<void> {
  await miss(net, victim, phase);
  victim.launch = {
    wrapper: ["strace", "-D", "-f", "-qq", ...killAt(point)],
    env: { UV_THREADPOOL_SIZE: "1" },
  };
  await victim.start();
  const end = await victim.ended(POINT_MAX_MS);
  if (end?.signal === "SIGKILL") checks.injections += 1;
  else if (end !== undefined) checks.expect("C7", false, `${point.call} ${point.number}: ${JSON.stringify(end)}`);
  await victim.stop();
  victim.launch = {};
  checks.expect("C7", await victim.start(), `${point.call} ${point.number}: does not start: ${victim.log.slice(-300)}`);
  const height = await net.newest();
  const isBack = (await net.reach(height, { maxMs: RECOVERY_MAX_MS })) !== undefined;
  checks.expect("C4", isBack, `${point.call} ${point.number}: does not catch up`);
}

async function miss(net: FaultNetwork, victim: TestDaemon, { missed }: Phase): Promise<void> {
  await victim.stop();
  if (missed > 0) await net.advance(missed, { maxMs: RECOVERY_MAX_MS, of: OTHERS });
}
