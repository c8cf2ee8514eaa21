// A network of local node processes with real sockets: what `selvedge devnet`, the demonstration and the measurements run
// on. Owns the processes and ends them; what the nodes do is read over their HTTP interfaces.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type ChainId, type Genesis, chainIdOf } from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import { ChildNode, type NodeExit } from "./child-node.ts";
import {
  type DevnetFolder,
  type DevnetTuning,
  type NodePlace,
  nodeConfig,
  openDevnetFolder,
  prepareNodeHome,
} from "./devnet-home.ts";
import { freePorts } from "./free-ports.ts";
import type { NetworkPlan } from "./make-network.ts";

const START_TRIES = 5;
const CONNECT_MAX_MS = 60_000;
const CONNECT_POLL_MS = 100;

export interface DevnetOptions extends DevnetTuning {
  /** Made if it is not there; continued if it is and fits the plan. */
  readonly home: string;
  readonly plan: NetworkPlan;
  readonly observers?: number;
}

export interface DevnetNode {
  readonly name: string;
  readonly role: "validator" | "observer";
  /** Place in the committee, or number among the observers. */
  readonly index: number;
  readonly home: string;
  readonly logFile: string;
  readonly apiUrl: string;
  /** Undefined while the node is down. */
  readonly pid: () => number | undefined;
  /** Sends a signal; resolves once the process is gone if the signal ends it. */
  readonly kill: (signal: NodeJS.Signals) => Promise<void>;
  /** Starts it again after `kill` or `stop`; resolves once it is ready. */
  readonly restart: () => Promise<void>;
  readonly stop: () => Promise<NodeExit | undefined>;
  /** Stops it and makes its home anew: it keeps its keys and its address, and nothing else. */
  readonly wipe: () => Promise<void>;
}

export interface Devnet {
  readonly home: string;
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly isContinued: boolean;
  /** Opens every key in `keysFolder`. */
  readonly passwordFile: string;
  /** `validator-N.json` and `device-N.json`. */
  readonly keysFolder: string;
  /** Validators first, in the order of the committee. */
  readonly nodes: readonly DevnetNode[];
  /** Rejects with DEVNET_FAILED when a node ends that nobody asked to end; never resolves. */
  readonly failed: Promise<never>;
  /** Ends every node; idempotent. */
  readonly stop: () => Promise<void>;
}

export async function startDevnet(options: DevnetOptions): Promise<Devnet> {
  const folder = await openDevnetFolder(options.home, options.plan);
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(options, folder);
    } catch (error) {
      const isPortTaken = error instanceof NodeError && error.code === "PORT_IN_USE";
      if (!isPortTaken || tries === START_TRIES) throw error;
    }
  }
}

async function startOnce(options: DevnetOptions, folder: DevnetFolder): Promise<Devnet> {
  const places = await placesOf(options);
  for (const place of places) {
    await prepareNodeHome(folder, place, nodeConfig(folder, places, { ...place, tuning: options }));
  }
  const failure = Promise.withResolvers<never>();
  // Whoever does not look at it must not be ended by it.
  failure.promise.catch(() => undefined);
  const children = places.map(
    ({ name, home }) =>
      new ChildNode({ name, home, onUnexpectedExit: (exit) => failure.reject(unexpectedExit(name, exit)) }),
  );
  const prepare = (place: NodePlace): Promise<void> =>
    prepareNodeHome(folder, place, nodeConfig(folder, places, { ...place, tuning: options }));
  const nodes = places.map((place, position) => devnetNode(place, { child: children[position], prepare }));
  const stopAll = async (): Promise<void> => void (await Promise.all(nodes.map((node) => node.stop())));
  try {
    await allStarted(children);
    await Promise.race([allConnected(nodes, options.plan.validators), failure.promise]);
  } catch (error) {
    await stopAll();
    throw error;
  }
  return {
    home: options.home,
    genesis: folder.bundle.genesis,
    chainId: chainIdOf(folder.bundle.genesis, sha256),
    isContinued: folder.isContinued,
    passwordFile: folder.passwordFile,
    keysFolder: join(options.home, "keys"),
    nodes,
    failed: failure.promise,
    stop: stopAll,
  };
}

/** Waits for every start to end, so that none is under way when one has failed. */
async function allStarted(children: readonly ChildNode[]): Promise<void> {
  const started = await Promise.allSettled(children.map((child) => child.start()));
  for (const outcome of started) if (outcome.status === "rejected") throw outcome.reason;
}

async function placesOf({ home, plan, observers = 0 }: DevnetOptions): Promise<readonly NodePlace[]> {
  const count = plan.validators + observers;
  const ports = await freePorts(2 * count);
  return Array.from({ length: count }, (_, position) => {
    const isValidator = position < plan.validators;
    const index = isValidator ? position : position - plan.validators;
    const name = `${isValidator ? "v" : "o"}${index}`;
    const [p2pPort = 0, apiPort = 0] = ports.slice(2 * position);
    return { name, role: isValidator ? "validator" : "observer", index, home: join(home, name), p2pPort, apiPort };
  });
}

interface NodeProcess {
  readonly child: ChildNode | undefined;
  readonly prepare: (place: NodePlace) => Promise<void>;
}

function devnetNode(place: NodePlace, { child, prepare }: NodeProcess): DevnetNode {
  if (child === undefined) throw new NodeError("DEVNET_FAILED", `${place.name} has no process`);
  return {
    name: place.name,
    role: place.role,
    index: place.index,
    home: place.home,
    logFile: child.logFile,
    apiUrl: `http://127.0.0.1:${place.apiPort}`,
    pid: () => child.pid,
    kill: (signal) => child.kill(signal),
    restart: () => child.start(),
    stop: () => child.stop(),
    wipe: async () => {
      await child.stop();
      await rm(place.home, { recursive: true });
      await prepare(place);
    },
  };
}

function unexpectedExit(name: string, { code, signal }: NodeExit): NodeError {
  return new NodeError("DEVNET_FAILED", `${name} ended unasked (${signal ?? `exit ${code}`}); see its node.log`);
}

/** Every validator with every other, every observer with a validator. */
async function allConnected(nodes: readonly DevnetNode[], validators: number): Promise<void> {
  const deadlineMs = performance.now() + CONNECT_MAX_MS;
  for (const node of nodes) {
    const wanted = node.role === "validator" ? validators - 1 : 1;
    while ((await connectedCount(node.apiUrl)) < wanted) {
      if (performance.now() > deadlineMs)
        throw new NodeError("DEVNET_FAILED", `${node.name} is not connected after ${CONNECT_MAX_MS / 1000} s`);
      await delay(CONNECT_POLL_MS);
    }
  }
}

async function connectedCount(apiUrl: string): Promise<number> {
  try {
    const response = await fetch(`${apiUrl}/v1/status`, { signal: AbortSignal.timeout(5000) });
    return connectedPeers(await response.json());
  } catch {
    // Not answering yet, or gone: the caller's deadline and the exit of the process decide.
    return 0;
  }
}

function connectedPeers(status: unknown): number {
  const peers =
    typeof status === "object" && status !== null && "peers" in status && Array.isArray(status.peers)
      ? status.peers
      : [];
  return peers.filter(
    (peer: unknown) => typeof peer === "object" && peer !== null && "isConnected" in peer && peer.isConnected === true,
  ).length;
}
