// F48, F64: faults that need to decide which message arrives when. Links of daemons are encrypted, so this is done in the
// simulator, on the engines and ledgers that the daemons run.

import type { Fault, RunContext } from "../lib/fault.ts";
import { trustedJson } from "../lib/json.ts";
import { SIM_MAIN, childEnvironment } from "../lib/places.ts";
import { runPlain } from "../lib/strace.ts";
import { runVitest } from "../lib/vitest.ts";

const DELIVERIES_MIN = 100_000;
const RUN_MAX_MS = 1_200_000;
/** The second one hides leaders too, and has no bound on delays. */
const SCENARIOS = ["leader-scheduler", "asynchronous"];

interface SimulatedRun {
  readonly verdict: string;
  readonly findings: readonly unknown[];
  readonly fired: Readonly<Record<string, number>>;
  readonly metrics: { readonly messagesDelivered: number; readonly commitCount: number };
  readonly recoveryMs: number | null;
  readonly replay: string;
}

export const SCHEDULER: Fault = {
  id: "F48",
  title: "fully adversarial scheduler",
  how: "simulator in place of encrypted links: ten nodes, real crypto; the network holds every block of a known leader back from those whose votes it needs, then also with unbounded delays and a new partition every second; at least 10^5 deliveries",
  expected: "one order; commits by the coin meanwhile; a quorum commits anew once it is released",
  run: async (context, checks) => {
    let deliveries = 0;
    let commits = 0;
    const recoveriesMs: number[] = [];
    const enough = context.isSample ? 1 : DELIVERIES_MIN;
    for (let seed = 0; deliveries < enough || seed < SCENARIOS.length; seed += 1) {
      const run = await simulate(SCENARIOS[seed % SCENARIOS.length] ?? "", context);
      checks.injections += Object.values(run.fired).reduce((sum, count) => sum + count, 0);
      const why = `${run.verdict} ${JSON.stringify(run.findings)}: ${run.replay}`;
      checks.expect("C1", run.verdict !== "UNSAFE" && run.verdict !== "CRASHED", why);
      checks.expect("C4", run.verdict === "PASS", why);
      deliveries += run.metrics.messagesDelivered;
      commits += run.metrics.commitCount;
      if (run.recoveryMs !== null) recoveriesMs.push(run.recoveryMs);
      context.note(`${deliveries} deliveries`);
    }
    checks.remark(`${deliveries} deliveries, ${commits} commits`);
    checks.remark(`after the release: a new commit of the quorum within ${Math.max(...recoveriesMs)} ms (virtual)`);
  },
};

async function simulate(scenario: string, context: RunContext): Promise<SimulatedRun> {
  const seed = String(context.random.below(2 ** 31));
  const durationMs = context.isSample ? 5000 : 20_000;
  const set = ["execution.crypto=real", `durationMs=${durationMs}`];
  const partition = scenario === "asynchronous" ? [`faults.0.toMs=${durationMs - 1000}`] : [];
  const args = ["run", scenario, "--seed", seed, "--json"];
  const end = await runPlain({
    file: process.execPath,
    args: [SIM_MAIN, ...args, ...[...set, ...partition].flatMap((one) => ["--set", one])],
    env: childEnvironment(),
    timeoutMs: RUN_MAX_MS,
  });
  if (end.stdout === "") throw new Error(`${scenario} with seed ${seed}: ${end.stderr.slice(-500)}`);
  return trustedJson(end.stdout);
}

export const HORIZON: Fault = {
  id: "F64",
  title: "conflicting updates around the collection and pruning horizon",
  how: "simulator in place of daemons, where a schedule can be repeated: four nodes, rival updates, blocks late by every number of rounds around the horizon, each node restarted at each moment (packages/sim/test/swarm/gc-exploration.test.ts)",
  expected: "identical order and state everywhere",
  run: async (_, checks) => {
    const { code, passed } = await runVitest("packages/sim/test/swarm/gc-exploration.test.ts");
    checks.injections += passed;
    checks.expect("C1", code === 0, `the exploration ended with ${code}`);
  },
};
