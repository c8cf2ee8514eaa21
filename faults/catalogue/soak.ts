// The soak: seven members for hours, of which one equivocates, under load of transactions and model updates, with random
// kills and restarts of one other at a time, and a stalled peer on the line. Two members are never killed: their memory is
// what is measured.

import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chainIdOf, committeeOf } from "@selvedge/integrity";
import {
  LOOPBACK_NETWORK_LIMITS,
  SILENT_LOGGER,
  type Transport,
  createLibp2pTransport,
  createNodeCrypto,
  sha256,
} from "@selvedge/node";
import type { TestDaemon } from "../lib/daemon.ts";
import type { Checks, Fault, RunContext } from "../lib/fault.ts";
import { HostileValidator } from "../lib/hostile-validator.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { percentile } from "../lib/percentile.ts";
import { RECOVERY_MAX_MS, type LoadedNetwork, underLoad } from "../lib/under-load.ts";
import { UpdateLoad } from "../lib/update-load.ts";
import { equivocation } from "./hostile.ts";

/** The bar; over less than half an hour the slope says nothing, and is only told. */
const SLOPE_MAX_MIB_PER_HOUR = 0.5;
const SLOPE_MIN_HOURS = 0.5;
const SAMPLE_EVERY_MS = 10_000;
const STEADY = [0, 1];
/** Hours of chain: one home that was never killed is walked through. */
const VERIFIED_MAX = 1;
const MIB = 2 ** 20;

export interface SoakOptions {
  readonly minutes: number;
  readonly nodes: number;
}

interface MemorySample {
  readonly hours: number;
  readonly mib: ReadonlyMap<number, number>;
}

export function soakFault({ minutes, nodes }: SoakOptions): Fault {
  const hostile = nodes - 1;
  return {
    id: "soak",
    title: `soak of ${minutes} minutes on ${nodes} members`,
    how: `${hostile} daemons, one equivocating member with real keys, one stalled observer; kill -9 of one daemon at exp(20 s), restart after exp(5 s); transactions and model updates all the time`,
    expected: `no acknowledged transaction or update lost; memory of undisturbed daemons grows by ≤ ${SLOPE_MAX_MIB_PER_HOUR} MiB/h over the last half`,
    run: async (context, checks) => {
      const network = { validators: nodes, devices: 4, absent: [hostile] };
      await underLoad(
        { context, checks, network, hostile: [hostile], everyMs: 200, verifiedMax: VERIFIED_MAX },
        async (net, loaded) => {
          const villain = await HostileValidator.start(net, hostile, equivocation());
          const stalled = await stalledObserver(net);
          try {
            await soak({ net, loaded, context, checks, minutes });
          } finally {
            await villain.stop();
            await stalled.stop();
          }
        },
      );
    },
  };
}

interface Soak {
  readonly net: FaultNetwork;
  readonly loaded: LoadedNetwork;
  readonly context: RunContext;
  readonly checks: Checks;
  readonly minutes: number;
}

async function soak({ net, loaded, context, checks, minutes }: Soak): Promise<void> {
  // Devices talk to daemons that stay up: an update is lost by the network or not at all.
  const updates = new UpdateLoad(net, { daemons: STEADY.map((index) => net.daemon(index)), everyMs: 1000 }).start();
  const startMs = performance.now();
  const endMs = startMs + minutes * 60_000;
  const samples: MemorySample[] = [];
  const sampling = sampleMemory(net, { samples, startMs, endMs, file: join(context.folder, "memory.csv") });
  const recoveriesMs: number[] = [];
  while (performance.now() < endMs) {
    await delay(Math.min(context.random.exponential(20_000), Math.max(0, endMs - performance.now())));
    const victim = context.random.pick(net.daemons.filter(({ place }) => !STEADY.includes(place.index)));
    await killAndReturn({ net, victim, context, checks, recoveriesMs });
    if (checks.injections % 20 === 0) context.note(`${checks.injections} kills, ${updates.acked.size} updates`);
  }
  await sampling;
  await updates.stop();
  await loaded.load.stop();
  for (const daemon of net.daemons) {
    const lost = await updates.lost(daemon);
    checks.expect("C2", lost.length === 0, `${daemon.place.name} lacks ${lost.length} acknowledged updates`);
  }
  checks.remark(`${updates.acked.size} updates with a receipt, ${updates.failed} tries without`);
  checks.remark(`transactions acknowledged after ${percentile(loaded.load.latenciesMs)}`);
  checks.remark(
    `longest time without an acknowledgement: ${(loaded.load.longestGapMs(startMs, endMs) / 1000).toFixed(1)} s`,
  );
  checks.remark(`caught up after restart: ${percentile(recoveriesMs)}`);
  judgeMemory(samples, checks);
}

interface KillAndReturn {
  readonly net: FaultNetwork;
  readonly victim: TestDaemon;
  readonly context: RunContext;
  readonly checks: Checks;
  readonly recoveriesMs: number[];
}

async function killAndReturn({ net, victim, context, checks, recoveriesMs }: KillAndReturn): Promise<void> {
  await victim.kill("SIGKILL");
  checks.injections += 1;
  await delay(context.random.exponential(5000));
  checks.expect("C7", await victim.start(), `${victim.place.name} did not start again`);
  const tookMs = await net.reach(await net.newest(), { maxMs: RECOVERY_MAX_MS });
  checks.expect("C4", tookMs !== undefined, `${victim.place.name} did not catch up`);
  if (tookMs !== undefined) recoveriesMs.push(tookMs);
}

async function sampleMemory(
  net: FaultNetwork,
  run: { readonly samples: MemorySample[]; readonly startMs: number; readonly endMs: number; readonly file: string },
): Promise<void> {
  while (performance.now() < run.endMs) {
    const hours = (performance.now() - run.startMs) / 3_600_000;
    const mib = new Map(STEADY.map((index) => [index, net.daemon(index).rssBytes() / MIB]));
    run.samples.push({ hours, mib });
    appendFileSync(run.file, `${hours.toFixed(4)},${[...mib.values()].map((value) => value.toFixed(1)).join(",")}\n`);
    await delay(SAMPLE_EVERY_MS);
  }
}

function judgeMemory(samples: readonly MemorySample[], checks: Checks): void {
  const last = samples.slice(Math.floor(samples.length / 2));
  const spanHours = (last.at(-1)?.hours ?? 0) - (last[0]?.hours ?? 0);
  for (const index of STEADY) {
    const slope = slopeOf(last.map(({ hours, mib }) => [hours, mib.get(index) ?? 0]));
    const most = Math.max(...samples.map(({ mib }) => mib.get(index) ?? 0));
    checks.remark(`v${index}: ${slope.toFixed(2)} MiB/h over the last half, at most ${most.toFixed(0)} MiB resident`);
    checks.expect("C5", most <= 512, `v${index} had ${most.toFixed(0)} MiB resident`);
    if (spanHours < SLOPE_MIN_HOURS) continue;
    checks.expect("C5", slope <= SLOPE_MAX_MIB_PER_HOUR, `v${index} grows by ${slope.toFixed(2)} MiB/h`);
  }
}

/** Least squares. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return under === 0 ? 0 : over / under;
}

/** An observer that subscribes to every block and reads none. */
async function stalledObserver(net: FaultNetwork): Promise<Transport> {
  const { genesis } = net.test.bundle;
  const transport = await createLibp2pTransport({
    chainId: chainIdOf(genesis, sha256),
    committee: committeeOf(genesis),
    self: null,
    networkSecretKey: sha256(Buffer.from("stalled observer")),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    peers: net.daemons.map(({ place }) => ({ index: null, multiaddr: `/ip4/127.0.0.1/tcp/${place.p2pPort}` })),
    mode: "direct",
    limits: LOOPBACK_NETWORK_LIMITS,
    logger: SILENT_LOGGER,
    crypto: createNodeCrypto(),
  });
  const never = (): Promise<never> => new Promise(() => undefined);
  await transport.start({
    onBlocks: never,
    onPayloadOffer: never,
    onPayloadChunk: never,
    serveBlocks: never,
    servePayload: never,
    serveChain: never,
    onPeerChange: () => undefined,
  });
  return transport;
}
