// Blocks above the last commit, each with its ancestors down to it, and blocks whose parent is still awaited. What is at or
// below the last commit is gone from memory: the host serves it from the disk.

import { type Digest, mustExist } from "@selvedge/integrity";
import { HOTSTUFF_DETACHED_BLOCKS_MAX } from "./limits.ts";
import type { HotStuffBlock } from "./records.ts";

export type Insertion = "connected" | "detached" | "known" | "refused";

export class BlockTree {
  /** Connected: the last committed block and descendants of it. */
  readonly #blocks = new Map<Digest, HotStuffBlock>();
  /** By the parent that they wait for, in the order of arrival. */
  readonly #detached = new Map<Digest, HotStuffBlock[]>();
  readonly #detachedDigests = new Set<Digest>();
  #committed: HotStuffBlock;

  constructor(committed: HotStuffBlock) {
    this.#committed = committed;
    this.#blocks.set(committed.digest, committed);
  }

  get committed(): HotStuffBlock {
    return this.#committed;
  }

  get size(): number {
    return this.#blocks.size;
  }

  get detachedCount(): number {
    return this.#detachedDigests.size;
  }

  get(digest: Digest): HotStuffBlock | undefined {
    return this.#blocks.get(digest);
  }

  /** Connected, or waiting for an ancestor. */
  holds(digest: Digest): boolean {
    return this.#blocks.has(digest) || this.#detachedDigests.has(digest);
  }

  /** `isWanted`: a certificate or a request stands behind it, so that it is kept whatever the bound says. */
  insert(block: HotStuffBlock, isWanted: boolean): Insertion {
    if (this.#blocks.has(block.digest)) return "known";
    if (block.height <= this.#committed.height) return "refused";
    const parent = this.#blocks.get(block.justify.digest);
    if (parent !== undefined) return this.#connect(block, parent);
    return this.#park(block, isWanted);
  }

  /** Blocks that waited for this one; they are handed out once. */
  takeChildren(digest: Digest): readonly HotStuffBlock[] {
    const children = this.#detached.get(digest) ?? [];
    this.#detached.delete(digest);
    for (const child of children) this.#detachedDigests.delete(child.digest);
    return children;
  }

  /** From the block after the last commit up to this connected one. */
  pathTo(digest: Digest): readonly HotStuffBlock[] {
    const path: HotStuffBlock[] = [];
    let block = mustExist(this.#blocks.get(digest), "a path leads to a connected block");
    while (block.height > this.#committed.height) {
      path.push(block);
      const parent = this.#blocks.get(block.justify.digest);
      if (parent === undefined) break;
      block = parent;
    }
    return path.reverse();
  }

  /** Moves the root; whatever does not descend from it is dropped. */
  commit(block: HotStuffBlock): void {
    this.#committed = block;
    const kept = new Set<Digest>([block.digest]);
    const blocks = [...this.#blocks.values()].sort((left, right) => left.height - right.height);
    for (const candidate of blocks) {
      if (candidate.height > block.height && kept.has(candidate.justify.digest)) kept.add(candidate.digest);
      else if (candidate !== block) this.#blocks.delete(candidate.digest);
    }
    this.#dropDetached();
  }

  #connect(block: HotStuffBlock, parent: HotStuffBlock): Insertion {
    if (block.height !== parent.height + 1 || block.view <= parent.view) return "refused";
    this.#blocks.set(block.digest, block);
    return "connected";
  }

  #park(block: HotStuffBlock, isWanted: boolean): Insertion {
    if (this.#detachedDigests.has(block.digest)) return "known";
    const waiting = this.#detached.get(block.justify.digest) ?? [];
    if (!isWanted && this.detachedCount >= HOTSTUFF_DETACHED_BLOCKS_MAX) return "refused";
    waiting.push(block);
    this.#detached.set(block.justify.digest, waiting);
    this.#detachedDigests.add(block.digest);
    return "detached";
  }

  /** What waits at or below the last commit can never connect. */
  #dropDetached(): void {
    for (const [parent, waiting] of this.#detached) {
      const kept = waiting.filter(
        ({ height }) => height > this.#committed.height + 1 || parent === this.#committed.digest,
      );
      for (const block of waiting) if (!kept.includes(block)) this.#detachedDigests.delete(block.digest);
      if (kept.length === 0) this.#detached.delete(parent);
      else this.#detached.set(parent, kept);
    }
  }
}
