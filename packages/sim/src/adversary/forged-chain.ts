// A chain of blocks that stands for a corrupted node's own: each block of the node's engine has one counterpart, signed
// with the node's key, whose first parent is the counterpart of the block before. So a liar's altered blocks stay a
// well-formed chain (P1) and a second chain beside the first stays one too. The counterparts are fed to the node's own
// process, which can then accept what others build on them.

import type { BlockBody, BlockHeader, BlockRef, VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld, Emission } from "./adversary.ts";
import type { BehaviourHooks } from "./behaviour-definition.ts";
import type { BlockDraftFields } from "./block-draft.ts";
import { withOwnBlocks } from "./emission.ts";

/** What differs from the original; undefined fields stay as they were. */
export interface Alteration {
  /** Of other authors: the own parent always goes first. */
  readonly others?: readonly BlockRef[];
  readonly header?: BlockDraftFields["header"];
  readonly body?: Partial<BlockBody>;
}

/** Undefined: nothing to alter in this block. Asked once a block. */
export type Alter = (block: VerifiedBlock, world: AdversaryWorld) => Alteration | undefined;

export class ForgedChain {
  readonly #node: number;
  readonly #alter: Alter;
  /** By digest of the original: the block that stands for it, itself where nothing was altered. */
  readonly #counterparts = new Map<string, VerifiedBlock>();
  /** Digests of what was forged here. */
  readonly #forgeries = new Set<string>();

  constructor(node: number, alter: Alter) {
    this.#node = node;
    this.#alter = alter;
  }

  /** The block that is shown instead of this own one: itself, if neither it nor anything beneath it was altered. */
  of(block: VerifiedBlock, world: AdversaryWorld): VerifiedBlock {
    return this.#made(block, world, this.#alter);
  }

  /** The same after the window: keeps the chain in one piece and alters nothing more. */
  continued(block: VerifiedBlock, world: AdversaryWorld): VerifiedBlock {
    return this.#made(block, world, () => undefined);
  }

  /** What stands for this reference: itself, if it is not one of the chain's originals. */
  refFor(ref: BlockRef): BlockRef {
    return this.#counterparts.get(ref.digest)?.ref ?? ref;
  }

  /** One of ours: the node's process, which was fed with it, passes it on by itself. */
  isForgery({ ref }: VerifiedBlock): boolean {
    return this.#forgeries.has(ref.digest);
  }

  #made(block: VerifiedBlock, world: AdversaryWorld, alter: Alter): VerifiedBlock {
    const { digest } = block.ref;
    const known = this.#counterparts.get(digest);
    if (known !== undefined) return known;
    if (!this.#continues(block)) return block;
    const forged = this.#forged(block, world, alter(block, world));
    this.#counterparts.set(digest, forged ?? block);
    if (forged === null) return block;
    this.#forgeries.add(forged.ref.digest);
    // Not at once: the node's process may be in the middle of sending the original.
    world.after(0, () => world.feed(this.#node, [forged]));
    return forged;
  }

  /** Of the chain that this one stands for, and neither of this one itself nor of what another behaviour forged beside. */
  #continues(block: VerifiedBlock): boolean {
    if (this.isForgery(block)) return false;
    const [own] = block.header.parents;
    if (own === undefined || this.#counterparts.size === 0) return true;
    return this.#counterparts.has(own.digest) || this.#forgeries.has(own.digest);
  }

  #forged(block: VerifiedBlock, world: AdversaryWorld, alteration: Alteration | undefined): VerifiedBlock | null {
    const [own, ...others] = block.header.parents;
    const before = own && this.#counterparts.get(own.digest)?.ref;
    if (alteration === undefined && (before === undefined || before.digest === own?.digest)) return null;
    const first = before ?? own;
    const draft = draftOf(block);
    return world.forge(this.#node, {
      round: block.ref.round,
      parents: [first, ...(alteration?.others ?? others)].filter((parent) => parent !== undefined),
      header: { ...draft.header, ...alteration?.header },
      body: { ...draft.body, ...alteration?.body },
    });
  }
}

/** Hooks of a liar: all that leaves the node shows the altered chain in place of its own. */
export function lyingHooks(alter: Alter): BehaviourHooks {
  const chains = new Map<number, ForgedChain>();
  return {
    onEmit: (node, emission, world) => {
      const chain = chains.get(node) ?? new ForgedChain(node, alter);
      chains.set(node, chain);
      return withOwnBlocks({ node, emission, world }, (block) => chain.of(block, world));
    },
    onEmitOutside: (node, emission, world): readonly Emission[] | undefined => {
      const chain = chains.get(node);
      return chain && withOwnBlocks({ node, emission, world }, (block) => chain.continued(block, world));
    },
  };
}

/** Everything that a block says, ready to be said differently. */
export function draftOf({ ref, header, body }: VerifiedBlock): BlockDraftFields & {
  readonly header: Pick<BlockHeader, "coinShare" | "commitVotes" | "checkpointVotes" | "timestampMs">;
  readonly body: BlockBody;
} {
  const { coinShare, commitVotes, checkpointVotes, timestampMs } = header;
  return {
    round: ref.round,
    parents: header.parents,
    header: { coinShare, commitVotes, checkpointVotes, timestampMs },
    body,
  };
}
