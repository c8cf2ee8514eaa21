// The two networks that a load can be put on, alike from outside: processes with an HTTP address, a folder and a process
// id each. One runs the daemons as they are, the other the null pipeline.

import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { weightsOf } from "@selvedge/integrity";
import {
  type NetworkModel,
  type NetworkPlan,
  type TestNetwork,
  freePorts,
  makeTestNetwork,
  startDevnet,
} from "@selvedge/node";
import type { NullNodePlan } from "../null-node.ts";
import { startChild, stopAll } from "./child.ts";

const NULL_NODE = fileURLToPath(new URL("../null-node.ts", import.meta.url));

export interface PipelineNode {
  readonly name: string;
  readonly apiUrl: string;
  readonly pid: number;
  /** What it keeps on disk. */
  readonly dataFolder: string;
}

export interface Pipeline {
  readonly name: "network" | "null";
  readonly nodes: readonly PipelineNode[];
  /** Rejects if a process ends by itself. */
  readonly failed: Promise<never>;
  readonly stop: () => Promise<void>;
}

export interface PipelinePlan {
  readonly folder: string;
  readonly network: NetworkPlan;
  /** Folder for CPU profiles, or null to run without. */
  readonly profileFolder: string | null;
}

export function networkPlan(
  validators: number,
  more: { readonly devices: number; readonly models: readonly NetworkModel[] },
): NetworkPlan {
  return { name: "bench", validators, createdMs: Date.now(), seed: randomBytes(32), ...more };
}

/** For loads without updates: a chain needs a model, however small. */
export const IDLE_MODEL: NetworkModel = {
  id: "idle",
  weights: weightsOf([{ name: "w", shape: [1], values: new Float32Array(1) }]),
  policy: {
    bufferSize: 1,
    minimum: 1,
    windowCommits: 100,
    perDeviceMax: 1,
    maxStaleness: 1,
    sampleWeightMax: 1,
    normMax: 65_536,
    aggregator: { name: "weighted-mean", clip: "none" },
  },
};

export async function startNetwork({ folder, network, profileFolder }: PipelinePlan): Promise<Pipeline> {
  const home = join(folder, "network");
  const devnet = await withNodeOptions(profileFolder, () => startDevnet({ home, plan: network, logLevel: "warn" }));
  return {
    name: "network",
    nodes: devnet.nodes.map((node) => ({
      name: node.name,
      apiUrl: node.apiUrl,
      pid: node.pid() ?? 0,
      dataFolder: node.home,
    })),
    failed: devnet.failed,
    stop: devnet.stop,
  };
}

export async function startNullNetwork({ folder, network, profileFolder }: PipelinePlan): Promise<Pipeline> {
  const home = join(folder, "null");
  const p2pPorts = await freePorts(network.validators);
  const test = makeTestNetwork(network);
  const nodeFlags = profileFolder === null ? [] : profileFlags(profileFolder);
  const starting = await Promise.allSettled(
    test.validators.map(async (_, index) => {
      const plan = nullNodePlan(test, { index, p2pPorts, root: join(home, `v${index}`) });
      const planFile = join(home, `v${index}`, "plan.json");
      writeFileSync(planFile, JSON.stringify(plan), { mode: 0o600 });
      const logFile = join(home, `v${index}`, "node.log");
      return startChild({ name: `v${index}`, script: NULL_NODE, args: [planFile], logFile, nodeFlags });
    }),
  );
  const children = starting.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
  const stop = (): Promise<void> => stopAll(children);
  const failure = starting.find((outcome) => outcome.status === "rejected");
  if (failure !== undefined) {
    await stop();
    throw failure.reason;
  }
  return {
    name: "null",
    nodes: children.map(({ name, apiUrl, pid }) => ({ name, apiUrl, pid, dataFolder: join(home, name) })),
    failed: Promise.race(children.map(({ failed }) => failed)),
    stop,
  };
}

function nullNodePlan(
  { bundle, validators }: TestNetwork,
  { index, p2pPorts, root }: { readonly index: number; readonly p2pPorts: readonly number[]; readonly root: string },
): NullNodePlan {
  mkdirSync(root, { recursive: true, mode: 0o700 });
  const secrets = validators[index]?.secrets;
  return {
    genesisText: bundle.text,
    index,
    signingSecret: secrets?.signing ?? "",
    networkSecret: secrets?.network ?? "",
    p2pPorts,
    storeFolder: join(root, "store"),
  };
}

function profileFlags(folder: string): string[] {
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

/** A devnet hands its environment on to its nodes: the one way to give them flags of the runtime. */
async function withNodeOptions<Value>(profileFolder: string | null, start: () => Promise<Value>): Promise<Value> {
  if (profileFolder === null) return start();
  const before = process.env["NODE_OPTIONS"];
  process.env["NODE_OPTIONS"] = [before ?? "", ...profileFlags(profileFolder)].join(" ").trim();
  try {
    return await start();
  } finally {
    if (before === undefined) delete process.env["NODE_OPTIONS"];
    else process.env["NODE_OPTIONS"] = before;
  }
}
