// G4: links between whole daemons that are cut, delayed, throttled or go silent, by a TCP proxy for each link.

import { setTimeout as delay } from "node:timers/promises";
import type { Checks, Fault, RunContext } from "../lib/fault.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { percentile } from "../lib/percentile.ts";
import { type LoadedNetwork, RECOVERY_MAX_MS, underLoad } from "../lib/under-load.ts";

interface Weathered extends Omit<Fault, "run"> {
  readonly validators: number;
  readonly run: (network: FaultNetwork, more: LoadedNetwork & WeatheredContext) => Promise<void>;
}

interface WeatheredContext {
  readonly context: RunContext;
  readonly checks: Checks;
}

/** As B6 asks: from the end of the fault to the first new commit of everybody. */
const HEAL_MAX_MS = 20_000;
/** Both ends of a cut pair try, and try once more after a first pause; without one there would be hundreds. */
const DIALS_PER_FLAP_MAX = 6;

const WEATHERS: readonly Weathered[] = [
  {
    id: "F37",
    isQuick: true,
    title: "minority cut off",
    how: "one of four behind cut proxies",
    expected: "the majority commits; the minority halts and catches up",
    validators: 4,
    run: async (net, { context, checks }) => {
      net.mesh.partition([[0, 1, 2], [3]]);
      checks.injections += 1;
      checks.expect("C4", await net.advance(20, { maxMs: RECOVERY_MAX_MS, of: [0, 1, 2] }), "the majority stopped");
      await expectHalt(net, [3], { context, checks });
      await expectHealing(net, checks);
    },
  },
  {
    id: "F38",
    title: "even split",
    how: "two and two of four, cut from each other",
    expected: "no commit on either side; resumes on heal",
    validators: 4,
    run: async (net, { context, checks }) => {
      net.mesh.partition([
        [0, 1],
        [2, 3],
      ]);
      checks.injections += 1;
      await delay(1000);
      await expectHalt(net, [0, 1, 2, 3], { context, checks });
      await expectHealing(net, checks);
    },
  },
  {
    id: "F39",
    title: "one-way loss",
    how: "what v0 sends to v1 and v2 to v3 is held back for ever, the other way passes",
    expected: "goes on around it; nobody is accused",
    validators: 4,
    run: async (net, { checks }) => {
      net.mesh.set(0, 1, { isHeld: true });
      net.mesh.set(2, 3, { isHeld: true });
      checks.injections += 2;
      checks.expect("C4", await net.advance(30, { maxMs: RECOVERY_MAX_MS }), "stopped under one-way loss");
      await expectNoAccusation(net, checks);
      await expectHealing(net, checks);
    },
  },
  {
    id: "F40",
    title: "bridge",
    how: "five nodes; 0-1-2 and 2-3-4 can talk, 2 is the bridge; then a ring",
    expected: "safe; commits where each sees a quorum through relaying, else halts; resumes",
    validators: 5,
    run: async (net, { checks }) => {
      net.mesh.allow([
        [0, 1],
        [0, 2],
        [1, 2],
        [2, 3],
        [2, 4],
        [3, 4],
      ]);
      checks.injections += 1;
      const bridged = await net.advance(5, { maxMs: 20_000 });
      net.mesh.allow([
        [0, 1],
        [1, 2],
        [2, 3],
        [3, 4],
        [4, 0],
      ]);
      checks.injections += 1;
      const inRing = await net.advance(5, { maxMs: 20_000 });
      checks.remark(`commits over the bridge: ${String(bridged)}, in the ring: ${String(inRing)}`);
      await expectHealing(net, checks);
    },
  },
  {
    id: "F41",
    title: "isolation of one, each in turn",
    how: "each of four is cut off for a while, so that leaders and coin contributors of that time are among them",
    expected: "live with f away",
    validators: 4,
    run: async (net, { checks }) => {
      for (const index of [0, 1, 2, 3]) {
        const others = [0, 1, 2, 3].filter((other) => other !== index);
        net.mesh.partition([[index], others]);
        checks.injections += 1;
        checks.expect("C4", await net.advance(12, { maxMs: RECOVERY_MAX_MS, of: others }), `stopped without v${index}`);
      }
      await expectHealing(net, checks);
    },
  },
  {
    id: "F42",
    title: "flapping",
    how: "every second a random pair is cut and restored, half of the times refused, half of the times silent (1 h of the catalogue: two minutes here)",
    expected: "no leak; whoever is refused backs off; commits go on meanwhile",
    validators: 4,
    run: async (net, { context, checks }) => {
      const filesBefore = net.daemons.map((daemon) => daemon.openFiles());
      const dialsBefore = net.mesh.dialCount;
      const before = await net.newest();
      const flaps = context.count(120, 5);
      for (let flap = 0; flap < flaps; flap += 1) {
        const [left, right] = context.random.pick(net.mesh.pairs);
        const isSilent = context.random.below(2) === 0;
        if (isSilent) net.mesh.setBoth(left, right, { isHeld: true });
        else net.mesh.cut(left, right);
        net.mesh.reset(left, right);
        net.mesh.reset(right, left);
        checks.injections += 1;
        await delay(500);
        net.mesh.calm();
        await delay(500);
      }
      checks.expect("C4", (await net.newest()) > before, "no commit while links flapped");
      const dials = net.mesh.dialCount - dialsBefore;
      checks.remark(`${dials} connections dialled over ${flaps} cuts`);
      checks.expect("C5", dials <= DIALS_PER_FLAP_MAX * flaps + 12, `${dials} connections dialled: no back-off`);
      await expectHealing(net, checks);
      await net.connected(3, RECOVERY_MAX_MS);
      for (const [position, daemon] of net.daemons.entries()) {
        const grown = daemon.openFiles() - (filesBefore[position] ?? 0);
        checks.expect("C5", grown <= 12, `${daemon.place.name} has ${grown} more files open than before`);
      }
    },
  },
  {
    id: "F43",
    title: "latency with a heavy tail",
    how: "50 ms and up to 450 ms more on every link, other for every chunk",
    expected: "latency rises; commits go on",
    validators: 4,
    run: async (net, { load, checks }) => {
      const before = load.latenciesMs.length;
      for (const [left, right] of net.mesh.pairs) net.mesh.set(left, right, { delayMs: 50, jitterMs: 450 });
      checks.injections += net.mesh.pairs.length;
      checks.expect("C4", await net.advance(15, { maxMs: RECOVERY_MAX_MS }), "no commits under latency");
      checks.remark(`acknowledged after ${percentile(load.latenciesMs.slice(before))}`);
      net.mesh.calm();
      await expectHealing(net, checks);
    },
  },
  {
    id: "F44",
    isQuick: true,
    title: "loss: connections that die",
    how: "random connections are reset every 300 ms, with all that is under way on them (TCP loses nothing else); duplicates and reordering of messages are explored by the simulator",
    expected: "idempotent and complete",
    validators: 4,
    run: async (net, { context, checks }) => {
      for (let reset = 0; reset < context.count(60, 5); reset += 1) {
        const [dialler, target] = context.random.pick(net.mesh.pairs);
        net.mesh.reset(dialler, target);
        checks.injections += 1;
        await delay(300);
      }
      checks.expect("C4", await net.advance(10, { maxMs: RECOVERY_MAX_MS }), "no commits after the resets");
      await expectNoAccusation(net, checks);
    },
  },
  {
    id: "F45",
    title: "narrow edge link",
    how: "all that one of four sends and gets passes at 64 kbit/s",
    expected: "the others at full rate; the narrow one follows or falls behind without harm, and comes back",
    validators: 4,
    run: async (net, { context, checks }) => {
      for (const other of [0, 1, 2]) net.mesh.setBoth(3, other, { bytesPerSecond: 8000 });
      checks.injections += 3;
      checks.expect(
        "C4",
        await net.advance(30, { maxMs: RECOVERY_MAX_MS, of: [0, 1, 2] }),
        "the others slowed to a stop",
      );
      await delay(context.isSample ? 2000 : 20_000);
      for (const daemon of net.daemons)
        checks.expect("C5", daemon.rssBytes() < 512 * 2 ** 20, `${daemon.place.name}: ${daemon.rssBytes()} bytes`);
      await expectHealing(net, checks);
    },
  },
  {
    id: "F46",
    title: "half-open connections",
    how: "both directions between v3 and everybody go silent without FIN or RST",
    expected: "detected within the keep-alive bound (60 s), slot freed; then reconnected",
    validators: 4,
    run: async (net, { checks }) => {
      for (const other of [0, 1, 2]) net.mesh.setBoth(3, other, { isHeld: true });
      checks.injections += 3;
      const startMs = performance.now();
      checks.expect("C4", await net.advance(20, { maxMs: RECOVERY_MAX_MS, of: [0, 1, 2] }), "the others stopped");
      const isDetected = await detected(net, 3, 90_000);
      checks.expect("C5", isDetected, "a dead connection still counts as connected after 90 s");
      checks.remark(`noticed after ${((performance.now() - startMs) / 1000).toFixed(0)} s`);
      net.mesh.calm();
      net.mesh.reset();
      await expectHealing(net, checks);
    },
  },
];

export const BAD_NETWORKS: readonly Fault[] = WEATHERS.map((weather) => ({
  id: weather.id,
  title: weather.title,
  how: `${weather.how}; TCP proxy for each link on loopback`,
  expected: weather.expected,
  isQuick: weather.isQuick === true,
  run: async (context, checks) => {
    const network = { validators: weather.validators, isProxied: true };
    await underLoad({ context, checks, network }, async (net, loaded) => {
      checks.expect("C4", await net.connected(weather.validators - 1, RECOVERY_MAX_MS), "not all connected");
      checks.expect("C4", await net.advance(5, { maxMs: RECOVERY_MAX_MS }), "no commits before the fault");
      await weather.run(net, { ...loaded, context, checks });
    });
  },
}));

async function expectHalt(
  net: FaultNetwork,
  of: readonly number[],
  { context, checks }: WeatheredContext,
): Promise<void> {
  const before = await net.heights();
  await delay(context.isSample ? 2000 : 8000);
  const after = await net.heights();
  for (const index of of) {
    const grown = (after.get(index) ?? 0) - (before.get(index) ?? 0);
    // What was under way when the link was cut may still be executed.
    checks.expect("C1", grown <= 2, `v${index} went on by ${grown} commits without a quorum`);
  }
}

async function expectHealing(net: FaultNetwork, checks: Checks): Promise<void> {
  net.mesh.calm();
  const target = (await net.newest()) + 1;
  const tookMs = await net.reach(target, { maxMs: RECOVERY_MAX_MS });
  checks.expect("C4", tookMs !== undefined && tookMs <= HEAL_MAX_MS, `${tookMs ?? "no"} ms to a new commit everywhere`);
  if (tookMs !== undefined) checks.remark(`healed in ${(tookMs / 1000).toFixed(1)} s`);
}

async function expectNoAccusation(net: FaultNetwork, checks: Checks): Promise<void> {
  for (const daemon of net.daemons) {
    const status = await daemon.status();
    for (const { remote, penalty } of status?.peers ?? [])
      checks.expect("C8", penalty === 0, `${daemon.place.name} accuses honest validator ${remote.index}: ${penalty}`);
    checks.expect("C8", (status?.engine.equivocators.length ?? 0) === 0, `${daemon.place.name} sees an equivocator`);
  }
}

async function detected(net: FaultNetwork, index: number, maxMs: number): Promise<boolean> {
  const deadlineMs = performance.now() + maxMs;
  while (performance.now() < deadlineMs) {
    const statuses = await Promise.all(net.daemons.map((daemon) => daemon.status()));
    const isSeen = statuses.some(
      (status, position) =>
        net.daemons[position]?.place.index !== index &&
        status?.peers.some(({ remote, isConnected }) => remote.index === index && isConnected),
    );
    if (!isSeen) return true;
    await delay(500);
  }
  return false;
}
