// A newcomer: an observer with an empty home, made by `selvedge init` as an operator would, that has everything still to
// learn from its peers.

import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { mustExist } from "@selvedge/integrity";
import { freePorts } from "@selvedge/node";
import { TestDaemon } from "./daemon.ts";
import type { FaultNetwork } from "./network.ts";
import { SELVEDGE_MAIN, childEnvironment } from "./places.ts";

const INIT_MAX_MS = 120_000;

/** Its home is wiped first; it is not started. */
export async function newcomer(net: FaultNetwork, name: string): Promise<TestDaemon> {
  const home = join(net.folder, "newcomers", name);
  rmSync(home, { recursive: true, force: true });
  const ports = await freePorts(2);
  const p2pPort = mustExist(ports[0], "a port");
  const apiPort = mustExist(ports[1], "a port");
  const peers = net.places.flatMap((place) => ["--peer", `${place.index}=/ip4/127.0.0.1/tcp/${place.p2pPort}`]);
  const listen = ["--listen", `/ip4/127.0.0.1/tcp/${p2pPort}`, "--api-port", String(apiPort)];
  const network = ["--network", join(net.folder, "genesis.json"), "--role", "observer"];
  const made = spawnSync(process.execPath, [SELVEDGE_MAIN, "init", ...network, ...listen, ...peers, "--home", home], {
    encoding: "utf8",
    timeout: INIT_MAX_MS,
    env: childEnvironment(),
  });
  if (made.status !== 0) throw new Error(`init of a newcomer ended with ${made.status}: ${made.stderr}`);
  return new TestDaemon({ name, index: net.places.length, home, p2pPort, apiPort });
}

/** Milliseconds until it has executed what the network had when asked; undefined if it does not in time. */
export async function catchUp(net: FaultNetwork, daemon: TestDaemon, maxMs: number): Promise<number | undefined> {
  const target = await net.newest();
  const startMs = performance.now();
  while (performance.now() - startMs < maxMs) {
    const height = (await daemon.status())?.executedIndex ?? -1;
    if (height >= target) return performance.now() - startMs;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return undefined;
}
