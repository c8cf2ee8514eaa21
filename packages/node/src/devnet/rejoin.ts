// Wipes a node of a devnet and sees it back: what an operator would have to do by hand is nothing. Used by measurements and
// by the fault harness; the network must go on meanwhile.

import { setTimeout as delay } from "node:timers/promises";
import { NodeError } from "../errors.ts";
import type { Devnet, DevnetNode } from "./devnet.ts";

const POLL_MS = 100;

export interface NodePosition {
  readonly executedIndex: number;
  readonly isSyncing: boolean;
}

export interface Rejoining {
  /** Where the others were when the node began. */
  readonly gapCommits: number;
  readonly seconds: number;
  /** Where it and the others are at the end. */
  readonly executedIndex: number;
  readonly othersIndex: number;
}

export interface RejoinOptions {
  /** So many commits behind the others counts as back. */
  readonly withinCommits?: number;
  readonly timeoutMs?: number;
}

/** Wipes the node, starts it and waits until it is back; rejects with DEVNET_FAILED if it is not in time. */
export async function rejoinWiped(devnet: Devnet, node: DevnetNode, options: RejoinOptions = {}): Promise<Rejoining> {
  await node.wipe();
  return rejoin(devnet, node, options);
}

/** Starts a node that was stopped and waits until it is back. */
export async function rejoin(
  devnet: Devnet,
  node: DevnetNode,
  { withinCommits = 64, timeoutMs = 300_000 }: RejoinOptions = {},
): Promise<Rejoining> {
  const others = devnet.nodes.filter((other) => other !== node);
  const gapCommits = await furthest(others);
  const beganMs = performance.now();
  await node.restart();
  for (;;) {
    const position = await positionOf(node);
    const othersIndex = await furthest(others);
    const seconds = (performance.now() - beganMs) / 1000;
    if (position !== undefined && !position.isSyncing && position.executedIndex + withinCommits >= othersIndex)
      return { gapCommits, seconds, executedIndex: position.executedIndex, othersIndex };
    if (seconds * 1000 > timeoutMs)
      throw new NodeError(
        "DEVNET_FAILED",
        `${node.name} is at commit ${position?.executedIndex ?? "?"} of ${othersIndex} after ${Math.round(seconds)} s`,
      );
    await delay(POLL_MS);
  }
}

/** Undefined while the node does not answer. */
export async function positionOf({ apiUrl }: DevnetNode): Promise<NodePosition | undefined> {
  try {
    const response = await fetch(`${apiUrl}/v1/status`, { signal: AbortSignal.timeout(5000) });
    const status: unknown = await response.json();
    if (typeof status !== "object" || status === null || !("executedIndex" in status)) return undefined;
    const isSyncing = "state" in status && status.state === "syncing";
    return typeof status.executedIndex === "number" ? { executedIndex: status.executedIndex, isSyncing } : undefined;
  } catch {
    return undefined;
  }
}

async function furthest(nodes: readonly DevnetNode[]): Promise<number> {
  const positions = await Promise.all(nodes.map(positionOf));
  return Math.max(0, ...positions.map((position) => position?.executedIndex ?? 0));
}
