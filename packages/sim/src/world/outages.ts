// Faults that keep nodes from running, while several may hold one node: it runs again when the last of them lets go.

import type { SimNode } from "./sim-node.ts";

export class Outages {
  readonly #holders = new Map<SimNode, Set<string>>();

  hold(node: SimNode, fault: string): void {
    const holders = this.#holders.get(node) ?? new Set();
    this.#holders.set(node, holders.add(fault));
  }

  /** Answers who holds the node still. */
  release(node: SimNode, fault: string): readonly string[] {
    const holders = this.#holders.get(node) ?? new Set();
    holders.delete(fault);
    return [...holders];
  }
}
