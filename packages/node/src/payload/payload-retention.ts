// Keeps pruning and vouching apart: who vouches for a payload, or is about to, has touched it, and a touched payload is
// not removed; who asks for one that is being removed waits until it is gone and then gets it anew.

import type { Digest } from "@selvedge/integrity";

/** Roots remembered; beyond, the oldest counts for all that were forgotten. */
const TOUCHED_ROOTS_MAX = 65_536;

export class PayloadRetention {
  /** Commit at which each root was last asked for, longest ago first. */
  readonly #touchedAt = new Map<Digest, number>();
  /** Highest commit of a root that was forgotten. */
  #forgottenAt = -1;
  readonly #removals = new Map<Digest, Promise<void>>();

  touch(root: Digest, commitIndex: number): void {
    this.#touchedAt.delete(root);
    this.#touchedAt.set(root, commitIndex);
    if (this.#touchedAt.size <= TOUCHED_ROOTS_MAX) return;
    const [oldest] = this.#touchedAt;
    if (oldest === undefined) return;
    this.#touchedAt.delete(oldest[0]);
    this.#forgottenAt = Math.max(this.#forgottenAt, oldest[1]);
  }

  isTouchedSince(root: Digest, commitIndex: number): boolean {
    return (this.#touchedAt.get(root) ?? this.#forgottenAt) >= commitIndex;
  }

  async settled(root: Digest): Promise<void> {
    // What failed is the remover's to report.
    await this.#removals.get(root)?.catch(() => undefined);
  }

  async remove(root: Digest, removal: () => Promise<void>): Promise<void> {
    const removing = removal();
    this.#removals.set(root, removing);
    try {
      await removing;
    } finally {
      this.#removals.delete(root);
    }
  }
}
