// A node that was away catches up by ranges while the network runs on, in the same process and without an operator.

import { MemoryStore, commitIndex } from "@selvedge/integrity";
import { pino } from "pino";
import { afterEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import type { RunningNode } from "../../src/daemon/node.ts";
import type { NodeLogger } from "../../src/observability/log.ts";
import { StateStore } from "../../src/storage/state-store.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

/** The node that comes back looks before its engine can have pulled the whole gap. */
const SYNC = { gapCommits: 8, retryMs: 1 };

describe("catching up by ranges", () => {
  let local: LocalNetwork | undefined;
  afterEach(async () => {
    await local?.stopAll();
    expect(local?.failures).toEqual([]);
    local = undefined;
  });

  it("a node that was off takes the range in, goes on with consensus and ends in the same state", async () => {
    local = new LocalNetwork(4);
    for (let index = 0; index < 4; index += 1) await local.start(index);
    await reach(running(local, 3), 5);
    await running(local, 3).stop();
    const stoppedAt = indexOf(running(local, 3));
    const load = keepBusy(running(local, 0));
    await reach(running(local, 0), stoppedAt + 150);
    const lines: string[] = [];
    const back = await local.start(3, { sync: SYNC, logger: loggerInto(lines) });
    await reach(back, indexOf(running(local, 0)) + 20);
    load.stop();
    expect(rangesTaken(lines)).toBeGreaterThan(0);
    await agree(local, 0, 3);
  });

  it("a wiped node does so from the genesis on, with no operator step", async () => {
    local = new LocalNetwork(4);
    for (let index = 0; index < 4; index += 1) await local.start(index);
    const load = keepBusy(running(local, 0));
    await reach(running(local, 0), 90);
    await running(local, 3).stop();
    local.wipe(3);
    const lines: string[] = [];
    const back = await local.start(3, { sync: SYNC, logger: loggerInto(lines) });
    await reach(back, 110);
    load.stop();
    expect(rangesTaken(lines)).toBeGreaterThan(0);
    await agree(local, 0, 3);
  });
});

function loggerInto(lines: string[]): NodeLogger {
  return pino({ level: "info" }, { write: (line) => void lines.push(line) });
}

function running(local: LocalNetwork, index: number): RunningNode {
  const node = local.nodes[index];
  if (node === undefined) throw new Error(`node ${index} was not started`);
  return node;
}

function indexOf({ services }: RunningNode): number {
  return services.status().executedIndex;
}

/** Resolves once the node has executed this commit. */
async function reach(node: RunningNode, index: number): Promise<void> {
  while (indexOf(node) < index) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** A transaction every few milliseconds, so that commits have something in them. */
function keepBusy(node: RunningNode): { readonly stop: () => void } {
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    void node.services.submitTransaction(new TextEncoder().encode(`transaction ${turn}`));
  }, 4);
  return { stop: () => clearInterval(timer) };
}

/** Lines of the node's log that say so. */
function rangesTaken(lines: readonly string[]): number {
  return lines.filter((line) => line.includes("catching up by ranges")).length;
}

/** The state after the last commit that both have executed, as each of them has it. */
async function agree(local: LocalNetwork, left: number, right: number): Promise<void> {
  const index = commitIndex(Math.min(indexOf(running(local, left)), indexOf(running(local, right))));
  const roots = await Promise.all(
    [left, right].map((node) => new StateStore(new MemoryStore(sha256, local.disks[node]), sha256).stateRoot(index)),
  );
  expect(roots[0]).toBeDefined();
  expect(roots[1]).toBe(roots[0]);
}
