// `devnet`: a network of local processes until Ctrl-C.

import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelPolicy } from "@selvedge/integrity";
import { fromUserFolder } from "../../config/home.ts";
import { type Devnet, startDevnet } from "../../devnet/devnet.ts";
import { DEFAULT_DIGIT_POLICY, digitNetworkModel, fairShare } from "../../devnet/digit-network.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { type Output, jsonLine, table } from "../output.ts";
import { stopRequested } from "../stop-signal.ts";

const DEVNET_HIDDEN = 32;

export interface DevnetCommandOptions {
  readonly validators: number;
  readonly observers: number;
  readonly devices: number;
  readonly mode: string;
  readonly logLevel: string;
  readonly home?: string;
  readonly json?: boolean;
}

export async function runDevnet(options: DevnetCommandOptions, output: Output): Promise<number> {
  const stop = stopRequested();
  const { validators, observers, devices, mode, logLevel } = options;
  if (mode !== "direct" && mode !== "gossip") throw new NodeError("USAGE", `--mode is direct or gossip, not ${mode}`);
  const home =
    options.home === undefined
      ? await mkdtemp(join(tmpdir(), "selvedge-devnet-"))
      : fromUserFolder(options.home, process.env);
  output.note(`starting ${counted(validators, "validator")} and ${counted(observers, "observer")} in ${home}`);
  const plan = {
    name: "devnet",
    validators,
    devices,
    models: [digitNetworkModel({ hidden: DEVNET_HIDDEN, seed: "1", policy: evenPolicy(devices) })],
    createdMs: Date.now(),
  };
  const starting = startDevnet({ home, plan, observers, mode, logLevel });
  const devnet = await starting;
  try {
    await output.data(options.json === true ? jsonLine(summary(devnet)) : nodeTable(devnet));
    output.note("running; Ctrl-C ends all nodes");
    await Promise.race([stop, devnet.failed]);
    output.note("stopping");
  } finally {
    await devnet.stop();
  }
  return EXIT.ok;
}

/** Few devices must not wait for the window: each may fill its part of a version. */
function evenPolicy(devices: number): Partial<ModelPolicy> {
  return { perDeviceMax: fairShare(DEFAULT_DIGIT_POLICY.bufferSize, devices) };
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function summary({
  home,
  chainId,
  isContinued,
  nodes,
  keysFolder,
  passwordFile,
}: Devnet): Readonly<Record<string, unknown>> {
  return {
    ready: true,
    home,
    chainId,
    isContinued,
    keysFolder,
    passwordFile,
    nodes: nodes.map(({ name, role, index, apiUrl, pid, home: nodeHome }) => ({
      name,
      role,
      index,
      api: apiUrl,
      pid: pid(),
      home: nodeHome,
    })),
  };
}

function nodeTable({ nodes, home, chainId }: Devnet): string {
  const rows = nodes.map(({ name, role, apiUrl, pid, home: nodeHome }) => [
    name,
    role,
    apiUrl,
    String(pid() ?? ""),
    nodeHome,
  ]);
  return `chain ${chainId} in ${home}\n${table([["NODE", "ROLE", "API", "PID", "HOME"], ...rows])}`;
}
