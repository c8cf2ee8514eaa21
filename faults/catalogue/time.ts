// G3 and B13: wall clocks that are wrong, and a network that is slower than any timeout somebody may have tuned.

import { fileURLToPath } from "node:url";
import type { Launch } from "../lib/daemon.ts";
import type { Fault } from "../lib/fault.ts";
import { percentile } from "../lib/percentile.ts";
import { RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

const CLOCK = fileURLToPath(new URL("../lib/shifted-clock.ts", import.meta.url));
const HOUR_MS = 3_600_000;
const YEAR_MS = 365.25 * 24 * HOUR_MS;

function clock(shiftMs: number, rate = 1): Launch {
  const env = { FAULTS_CLOCK_SHIFT_MS: String(shiftMs), FAULTS_CLOCK_RATE: String(rate) };
  return { nodeFlags: ["--import", CLOCK], env };
}

/** An hour behind, ten years ahead, in 1970, and right. */
const SHIFTS_MS = [-HOUR_MS, 10 * YEAR_MS, -Date.now() + HOUR_MS, 0];

export const WALL_CLOCKS: Fault = {
  id: "F34",
  isQuick: true,
  title: "wall clocks years apart",
  how: "Date of each daemon is replaced before it loads: one hour behind, ten years ahead, in 1970, right; restarts with other clocks",
  expected: "consensus unaffected",
  run: async (context, checks) => {
    const network = { validators: 4, launch: (index: number) => clock(SHIFTS_MS[index] ?? 0) };
    await underLoad({ context, checks, network }, async (net) => {
      checks.injections += 3;
      checks.expect("C4", await net.advance(20, { maxMs: RECOVERY_MAX_MS }), "no commits with clocks apart");
      const jumping = net.daemon(1);
      await jumping.stop();
      jumping.launch = clock(-10 * YEAR_MS);
      checks.expect("C7", await jumping.start(), "does not start after its clock went back twenty years");
      checks.injections += 1;
      checks.expect("C4", await net.advance(20, { maxMs: RECOVERY_MAX_MS }), "no commits after a jump back");
    });
  },
};

export const DRIFT: Fault = {
  id: "F35",
  title: "clocks that run twice as fast, at half speed, not at all",
  how: "as F34, with rates 2, 0.5, 0 and 1",
  expected: "commits go on",
  run: async (context, checks) => {
    const network = { validators: 4, launch: (index: number) => clock(0, [2, 0.5, 0, 1][index]) };
    await underLoad({ context, checks, network }, async (net) => {
      checks.injections += 3;
      checks.expect("C4", await net.advance(30, { maxMs: RECOVERY_MAX_MS }), "no commits with drifting clocks");
    });
  },
};

export const ASYNCHRONY: Fault = {
  id: "B13",
  title: "10 s of adversarial delay and clocks a year apart",
  how: "proxies delay every link by 0 to 10 s, other for every chunk; clocks −1 y, 0, 0, +1 y (the leader-aware adversary is the simulator's)",
  expected: "commits go on without any timeout being touched",
  run: async (context, checks) => {
    const launch = (index: number): Launch => clock([-YEAR_MS, 0, 0, YEAR_MS][index] ?? 0);
    await underLoad({ context, checks, network: { validators: 4, isProxied: true, launch } }, async (net, { load }) => {
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits before");
      const mostMs = context.isSample ? 1000 : 10_000;
      for (const [left, right] of net.mesh.pairs) net.mesh.set(left, right, { jitterMs: mostMs });
      checks.injections += net.mesh.pairs.length;
      const before = load.latenciesMs.length;
      checks.expect("C4", await net.advance(4, { maxMs: 60 * mostMs }), "no commits under 10 s of delay");
      checks.remark(`acknowledged after ${percentile(load.latenciesMs.slice(before))}`);
      net.mesh.calm();
      net.mesh.reset();
      checks.expect("C4", await net.advance(3, { maxMs: RECOVERY_MAX_MS }), "no commits afterwards");
    });
  },
};
