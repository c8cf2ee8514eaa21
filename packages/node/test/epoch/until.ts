// Waiting for what nodes in this process come to.

import { setTimeout as sleep } from "node:timers/promises";
import type { EpochNetwork } from "./epoch-network.ts";

export async function until(
  net: EpochNetwork,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = performance.now() + 120_000;
  while (!(await condition())) {
    if (net.failures.length > 0) throw net.failures[0];
    if (performance.now() > deadline) throw new Error(`timed out waiting until ${what}`);
    await sleep(20);
  }
}

export function allIn(net: EpochNetwork, epoch: number, nodes: readonly number[]): Promise<void> {
  return until(net, `epoch ${epoch} begins`, () => nodes.every((node) => net.epochOf(node) === epoch));
}
