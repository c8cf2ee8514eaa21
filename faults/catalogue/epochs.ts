// F61: the committee changes while its members are killed and cut off. The change is proposed and approved by the command
// line, as operators do it.

import { setTimeout as delay } from "node:timers/promises";
import type { TestDaemon } from "../lib/daemon.ts";
import type { Checks, Fault } from "../lib/fault.ts";
import { trustedJson } from "../lib/json.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { SELVEDGE_MAIN, childEnvironment } from "../lib/places.ts";
import { runPlain } from "../lib/strace.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const CHANGE_MAX_MS = 300_000;
const POLL_MS = 500;

export const COMMITTEE_CHANGE: Fault = {
  id: "F61",
  title: "change of the committee under crashes and a partition",
  how: "`selvedge validator leave` and `approve` by three of five members; meanwhile random members are killed and restarted, and one is cut off for a while",
  expected: "one committee in each epoch, the same start everywhere; commits go on; who left signs no more",
  run: async (context, checks) => {
    const network = { validators: 5, isProxied: true };
    await underLoad({ context, checks, network, everyMs: 300 }, async (net) => {
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits before");
      await proposeLeave(net, checks);
      net.mesh.partition([[0], [1, 2, 3, 4]]);
      checks.injections += 1;
      const deadlineMs = performance.now() + CHANGE_MAX_MS;
      let kills = 0;
      while (performance.now() < deadlineMs && !(await inEpoch(net, 1))) {
        if (kills < context.count(6, 1)) {
          const victim = net.daemon(1 + context.random.below(3));
          await victim.kill("SIGKILL");
          kills += 1;
          checks.injections += 1;
          await delay(context.random.below(1000));
          checks.expect("C7", await victim.start(), `${victim.place.name} did not start during the change`);
        }
        net.mesh.calm();
        await delay(4 * POLL_MS);
      }
      checks.expect("C4", await inEpoch(net, 1), "the change did not come about");
      await compareStarts(net, checks);
      const of = [0, 1, 2, 3];
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS, of }), "no commits in the new epoch");
    });
  },
};

async function proposeLeave(net: FaultNetwork, checks: Checks): Promise<void> {
  const proposed = await selvedge(net.daemon(0), ["validator", "leave", "--name", "validator-4"]);
  const digest = /[0-9a-f]{64}/u.exec(proposed)?.[0] ?? "";
  checks.expect("C7", digest !== "", `the proposal has no digest: ${proposed}`);
  for (const member of [0, 1, 2, 3]) await selvedge(net.daemon(member), ["validator", "approve", digest]);
}

async function selvedge(daemon: TestDaemon, args: readonly string[]): Promise<string> {
  const command = [SELVEDGE_MAIN, ...args, "--home", daemon.place.home, "--json"];
  const end = await runPlain({ file: process.execPath, args: command, env: childEnvironment() });
  return end.stdout;
}

async function epochOf(
  daemon: TestDaemon,
  path = "",
): Promise<{ readonly epoch: number; readonly startDigest: string } | undefined> {
  const text = await daemon.text(`/v1/epochs${path}`);
  return text === undefined ? undefined : trustedJson(text);
}

async function inEpoch(net: FaultNetwork, epoch: number): Promise<boolean> {
  const staying = net.daemons.filter(({ place }) => place.index < 4);
  const answers = await Promise.all(staying.map((daemon) => epochOf(daemon)));
  return answers.every((answer) => (answer?.epoch ?? -1) >= epoch);
}

async function compareStarts(net: FaultNetwork, checks: Checks): Promise<void> {
  const staying = net.daemons.filter(({ place }) => place.index < 4);
  const starts = await Promise.all(staying.map((daemon) => epochOf(daemon, "/1")));
  const digests = new Set(starts.flatMap((start) => (start === undefined ? [] : [start.startDigest])));
  checks.expect("C1", digests.size === 1, `the epoch starts differently: ${[...digests].join(", ")}`);
}
