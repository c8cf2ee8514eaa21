// A network of real daemons for one fault: homes, ports, links through proxies if wanted, and places in the committee that
// are left to a hostile peer. Owns the processes and ends them.

import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Genesis, mustExist } from "@selvedge/integrity";
import { type NetworkModel, type NetworkPlan, type TestNetwork, freePorts, makeTestNetwork } from "@selvedge/node";
import { type NodeConfig, nodeConfig, openDevnetFolder, prepareNodeHome } from "@selvedge/node/testing";
import { ChaosMesh } from "./chaos-mesh.ts";
import { type DaemonPlace, type Launch, TestDaemon } from "./daemon.ts";
import type { RunContext } from "./fault.ts";
import { faultPlan } from "./plans.ts";

export interface FaultNetworkOptions {
  readonly validators: number;
  readonly devices?: number;
  readonly params?: Partial<Genesis["params"]>;
  readonly model?: NetworkModel;
  /** Members without a daemon: a hostile peer takes their place. */
  readonly absent?: readonly number[];
  readonly isProxied?: boolean;
  readonly launch?: (index: number) => Launch;
  readonly consensus?: Partial<NodeConfig["consensus"]>;
  readonly storage?: Partial<NodeConfig["storage"]>;
  /** Home of a node, if it is not to be in the network's folder. */
  readonly homeOf?: (index: number) => string | undefined;
}

const POLL_MS = 100;

export class FaultNetwork {
  readonly folder: string;
  readonly plan: NetworkPlan;
  readonly test: TestNetwork;
  readonly places: readonly DaemonPlace[];
  /** Of the members that are not absent. */
  readonly daemons: readonly TestDaemon[];
  readonly mesh: ChaosMesh;

  private constructor(parts: Pick<FaultNetwork, "folder" | "plan" | "test" | "places" | "daemons" | "mesh">) {
    this.folder = parts.folder;
    this.plan = parts.plan;
    this.test = parts.test;
    this.places = parts.places;
    this.daemons = parts.daemons;
    this.mesh = parts.mesh;
  }

  /** Makes homes and starts every daemon; whoever calls must `stop`. */
  static async start(context: RunContext, options: FaultNetworkOptions): Promise<FaultNetwork> {
    const network = await FaultNetwork.prepare(context, options);
    await network.startAll();
    return network;
  }

  static async prepare(context: RunContext, options: FaultNetworkOptions): Promise<FaultNetwork> {
    const folder = join(context.folder, "network");
    const plan = faultPlan(context.random.child("plan"), options);
    const devnet = await openDevnetFolder(folder, plan);
    const places = await placesOf(folder, options);
    const mesh = new ChaosMesh(context.random.child("weather"));
    const present = places.filter(({ index }) => options.absent?.includes(index) !== true);
    for (const place of present) {
      const own = { ...place, role: "validator" } as const;
      const all = places.map((other) => ({ ...other, role: "validator" }) as const);
      const tuning = { logLevel: "info", consensus: options.consensus ?? {}, storage: options.storage ?? {} };
      const config = nodeConfig(devnet, all, { ...own, tuning });
      const peers = options.isProxied === true ? await proxied(mesh, place, places) : config.p2p.peers;
      await prepareNodeHome(devnet, own, { ...config, p2p: { ...config.p2p, peers } });
    }
    const daemons = present.map((place) => new TestDaemon(place, options.launch?.(place.index)));
    return new FaultNetwork({ folder, plan, test: makeTestNetwork(plan), places, daemons, mesh });
  }

  async startAll(): Promise<void> {
    const ready = await Promise.all(this.daemons.map((daemon) => daemon.start()));
    if (ready.every(Boolean)) return;
    await this.stop();
    throw new Error("a daemon of the network did not start");
  }

  daemon(index: number): TestDaemon {
    return mustExist(
      this.daemons.find(({ place }) => place.index === index),
      "the member has a daemon",
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.daemons.map((daemon) => daemon.stop()));
    this.mesh.close();
  }

  /** Newest executed commit of each of these daemons that answers; of all unless given. */
  async heights(of?: readonly number[]): Promise<ReadonlyMap<number, number>> {
    const asked = this.daemons.filter(({ place }) => of?.includes(place.index) ?? true);
    const statuses = await Promise.all(asked.map((daemon) => daemon.status()));
    return new Map(
      asked.flatMap(({ place }, position) => {
        const height = statuses[position]?.executedIndex;
        return height === undefined ? [] : [[place.index, height]];
      }),
    );
  }

  /** Milliseconds until each of these daemons has executed that commit; undefined if one of them does not in time. */
  async reach(
    height: number,
    options: { readonly maxMs: number; readonly of?: readonly number[] },
  ): Promise<number | undefined> {
    const startMs = performance.now();
    const of = options.of ?? this.daemons.filter(({ isUp }) => isUp).map(({ place }) => place.index);
    const isThere = await until(options.maxMs, async () => {
      const heights = await this.heights(of);
      return of.every((index) => (heights.get(index) ?? -1) >= height);
    });
    return isThere ? performance.now() - startMs : undefined;
  }

  async newest(): Promise<number> {
    return Math.max(0, ...(await this.heights()).values());
  }

  /** True once so many more commits were executed by these daemons than the newest of all has now. */
  async advance(
    commits: number,
    options: { readonly maxMs: number; readonly of?: readonly number[] },
  ): Promise<boolean> {
    return (await this.reach((await this.newest()) + commits, options)) !== undefined;
  }

  /** True once any daemon has executed so many more commits than the newest of all has now. */
  async grow(commits: number, maxMs: number): Promise<boolean> {
    const height = (await this.newest()) + commits;
    return until(maxMs, async () => (await this.newest()) >= height);
  }

  /** Resolves once each daemon is connected to that many others. */
  async connected(peers: number, maxMs: number): Promise<boolean> {
    return until(maxMs, async () => {
      const statuses = await Promise.all(this.daemons.map((daemon) => daemon.status()));
      const counts = statuses.map((status) => status?.peers.filter(({ isConnected }) => isConnected).length ?? 0);
      return counts.every((count) => count >= peers);
    });
  }
}

/** Whether it came true in time. */
async function until(maxMs: number, isSo: () => Promise<boolean>): Promise<boolean> {
  const deadlineMs = performance.now() + maxMs;
  while (performance.now() < deadlineMs) {
    if (await isSo()) return true;
    await delay(POLL_MS);
  }
  return false;
}

async function placesOf(folder: string, options: FaultNetworkOptions): Promise<readonly DaemonPlace[]> {
  const ports = await freePorts(2 * options.validators);
  return Array.from({ length: options.validators }, (_, index) => ({
    name: `v${index}`,
    index,
    home: options.homeOf?.(index) ?? join(folder, `v${index}`),
    p2pPort: mustExist(ports[2 * index], "a port"),
    apiPort: mustExist(ports[2 * index + 1], "a port"),
  }));
}

async function proxied(
  mesh: ChaosMesh,
  own: DaemonPlace,
  places: readonly DaemonPlace[],
): Promise<{ readonly validator: number; readonly address: string }[]> {
  const others = places.filter(({ index }) => index !== own.index);
  return Promise.all(
    others.map(async ({ index, p2pPort }) => ({
      validator: index,
      address: `/ip4/127.0.0.1/tcp/${await mesh.link(own.index, index, p2pPort)}`,
    })),
  );
}
