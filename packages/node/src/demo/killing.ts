// Kills one validator half-way, as a power cut would, brings it back some versions later, and measures how long it takes
// to have executed what the others had meanwhile.

import { setTimeout as delay } from "node:timers/promises";
import { mustExist } from "@selvedge/integrity";
import type { Devnet, DevnetNode } from "../devnet/devnet.ts";
import { executedIndex } from "./network-watch.ts";
import type { KilledFinding } from "./outcome.ts";
import { KILLED_VALIDATOR } from "./plan.ts";

const CATCH_UP_MAX_MS = 180_000;
const POLL_MS = 100;

export class Killing {
  readonly #devnet: Devnet;
  readonly #node: DevnetNode;
  #killedAtVersion: number | undefined;
  #restartedAtVersion: number | undefined;
  #caughtUp: Promise<number | null> | undefined;

  constructor(devnet: Devnet) {
    this.#devnet = devnet;
    this.#node = mustExist(devnet.nodes[KILLED_VALIDATOR], "the network has this validator");
  }

  get isAway(): boolean {
    return this.#killedAtVersion !== undefined && this.#restartedAtVersion === undefined;
  }

  /** Answers with the process id that it killed. */
  async kill(version: number): Promise<number> {
    const pid = this.#node.pid() ?? 0;
    this.#killedAtVersion = version;
    await this.#node.kill("SIGKILL");
    return pid;
  }

  /** Resolves once the process is up; catching up goes on meanwhile. */
  async restart(version: number, signal: AbortSignal): Promise<number> {
    this.#restartedAtVersion = version;
    const startedMs = performance.now();
    const target = await this.#newestElsewhere();
    await this.#node.restart();
    this.#caughtUp = this.#reach(target, signal).then((isThere) => (isThere ? performance.now() - startedMs : null));
    return this.#node.pid() ?? 0;
  }

  async finding(): Promise<KilledFinding | null> {
    if (this.#killedAtVersion === undefined || this.#restartedAtVersion === undefined) return null;
    return {
      validator: KILLED_VALIDATOR,
      killedAtVersion: this.#killedAtVersion,
      restartedAtVersion: this.#restartedAtVersion,
      caughtUpAfterMs: (await this.#caughtUp) ?? null,
    };
  }

  async #newestElsewhere(): Promise<number> {
    const others = this.#devnet.nodes.filter((node) => node !== this.#node);
    const indexes = await Promise.all(others.map(executedIndex));
    return Math.max(0, ...indexes.map((index) => index ?? 0));
  }

  #reach(target: number, signal: AbortSignal): Promise<boolean> {
    return hasExecuted(this.#node, { index: target, maxMs: CATCH_UP_MAX_MS, signal });
  }
}

export async function hasExecuted(
  node: DevnetNode,
  { index, maxMs, signal }: { readonly index: number; readonly maxMs: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const deadline = performance.now() + maxMs;
  while (performance.now() < deadline && !signal.aborted) {
    if (((await executedIndex(node)) ?? -1) >= index) return true;
    await delay(POLL_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;
}
