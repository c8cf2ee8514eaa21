// The soak: seven members for hours, of which one equivocates, under load of transactions and model updates, with random
// kills and restarts of one other at a time, and a stalled peer on the line. Of three members the memory is measured: two
// that are never killed, and one that is killed first and then never again, since it goes on from a store.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { chainIdOf, committeeOf } from "@selvedge/integrity";
import {
  LOOPBACK_NETWORK_LIMITS,
  type NetworkModel,
  SILENT_LOGGER,
  type Transport,
  createLibp2pTransport,
  createNodeCrypto,
  sha256,
} from "@selvedge/node";
import type { Launch } from "../lib/daemon.ts";
import type { Checks, Fault, RunContext } from "../lib/fault.ts";
import { HostileValidator } from "../lib/hostile-validator.ts";
import { killAndReturn } from "../lib/kill-and-return.ts";
import { SLOPE_MAX_MIB_PER_HOUR, judgeMemory, probedLaunch } from "../lib/memory.ts";
import type { FaultNetwork } from "../lib/network.ts";
import { percentile } from "../lib/percentile.ts";
import { TINY_MODEL } from "../lib/plans.ts";
import { fillTransactionTables, fillUpdateTables } from "../lib/table-filler.ts";
import { type LoadedNetwork, underLoad } from "../lib/under-load.ts";
import { UpdateLoad } from "../lib/update-load.ts";
import { equivocation } from "./hostile.ts";

/** A device hands in one update in that time. */
const UPDATE_EVERY_MS = 20_000;
const STEADY = [0, 1];
const KILLED_ONCE = 2;
const MEASURED = [...STEADY, KILLED_ONCE];
/** Devices whose updates are counted, and those that only fill tables at first. */
const DEVICES = [0, 1, 2, 3];
const FILLING_DEVICES = [4, 5];
/**
 * Many updates make a version: with few, the tables are filled so fast that an update which waits for seconds is a hundred
 * versions behind, and dropped as stale, as it must be.
 */
const MODEL: NetworkModel = { ...TINY_MODEL, policy: { ...TINY_MODEL.policy, bufferSize: 32 } };
/** Hours of chain: one home that was never killed is walked through. */
const VERIFIED_MAX = 1;

export interface SoakOptions {
  readonly minutes: number;
  readonly nodes: number;
}

export function soakFault({ minutes, nodes }: SoakOptions): Fault {
  const hostile = nodes - 1;
  return {
    id: "soak",
    title: `soak of ${minutes} minutes on ${nodes} members`,
    how: `${hostile} daemons, one equivocating member with real keys, one stalled observer; kill -9 of one daemon at exp(20 s), restart after exp(5 s); transactions and model updates all the time, at first so many of both that the tables of the daemons reach their bounds`,
    expected: `no acknowledged transaction or update lost; live memory of daemons that are left alone grows by ≤ ${SLOPE_MAX_MIB_PER_HOUR} MiB/h over the last half`,
    run: async (context, checks) => {
      const launch = (index: number): Launch =>
        MEASURED.includes(index) ? probedLaunch(memoryFile(context, index)) : {};
      const network = {
        validators: nodes,
        devices: DEVICES.length + FILLING_DEVICES.length,
        model: MODEL,
        absent: [hostile],
        launch,
      };
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
  const daemons = STEADY.map((index) => net.daemon(index));
  const updates = new UpdateLoad(net, { daemons, devices: DEVICES, everyMs: UPDATE_EVERY_MS }).start();
  const startMs = performance.now();
  const endMs = startMs + minutes * 60_000;
  const filling = fillTransactionTables(net, { name: context.random.below(2 ** 32).toString(16), endMs });
  const fillingUpdates = fillUpdateTables(net, { daemons, devices: FILLING_DEVICES, endMs });
  const recoveriesMs: number[] = [];
  while (performance.now() < endMs) {
    await delay(Math.min(context.random.exponential(20_000), Math.max(0, endMs - performance.now())));
    const often = net.daemons.filter(({ place }) => !MEASURED.includes(place.index));
    const victim = checks.injections === 0 ? net.daemon(KILLED_ONCE) : context.random.pick(often);
    const awayMs = context.random.exponential(5000);
    const whileAway = async (): Promise<void> => {
      // A process that is new begins anew.
      if (victim.place.index === KILLED_ONCE) rmSync(memoryFile(context, KILLED_ONCE), { force: true });
      await delay(awayMs);
    };
    const tookMs = await killAndReturn({ net, victim, whileAway, checks });
    if (tookMs !== undefined) recoveriesMs.push(tookMs);
    if (checks.injections % 20 === 0) context.note(`${checks.injections} kills, ${updates.acked.size} updates`);
  }
  checks.remark(`${await filling} transactions and ${await fillingUpdates} updates before the tables counted as full`);
  await updates.stop();
  await loaded.load.stop();
  // Before anything is asked: thousands of questions are another load.
  for (const index of MEASURED) judgeMemory(`v${index}`, memoryFile(context, index), checks);
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
}

function memoryFile({ folder }: RunContext, index: number): string {
  return join(folder, `memory-v${index}.csv`);
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
