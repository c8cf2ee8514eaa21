// Makes the commits and blocks of one epoch whole: commits by the digests of those around the hole, blocks by the digests in
// commits and in other blocks. Both come from other validators, and nothing in their answers is believed.

import {
  CommitFollower,
  DEFAULT_LOCAL_PARAMS,
  type EngineEpochBase,
  type EngineSetup,
  createFallbackCoin,
  epochSeedOf,
} from "@selvedge/consensus";
import {
  type BlockRef,
  type ChainId,
  type Committee,
  type Crypto,
  type Digest,
  type SealedCommit,
  type VerifiedBlock,
  mustExist,
  zeroDigest,
} from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import type { BlockVerifier } from "../daemon/parts.ts";
import { NodeError } from "../errors.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import { fetchSegment } from "../sync/commit-segment.ts";
import { fetchMissing } from "./fetch-missing.ts";
import type { HealNetwork } from "./heal-network.ts";
import {
  type ChainBegin,
  type ChainPlace,
  type CommitHole,
  commitAt,
  commitHoles,
  missingOutput,
  missingParents,
} from "./store-holes.ts";

/** What an epoch's records are judged by. */
export interface HealedEpoch {
  /** The store as it is about this epoch. */
  readonly chain: ChainStore;
  readonly verify: BlockVerifier;
  readonly committee: Committee;
  readonly epochBase: EngineEpochBase | undefined;
}

export interface ChainHealSetup extends HealedEpoch {
  readonly chainId: ChainId;
  readonly crypto: Crypto;
  readonly params: EngineSetup["params"];
  readonly network: HealNetwork;
  readonly logger: NodeLogger;
}

/** What precedes the hole was pruned here, so nothing can be put into it again. */
export class PastPruned extends NodeError {
  constructor(message: string) {
    super("DATA_CORRUPT", message);
  }
}

/** Fetched before any of them is stored. */
const BLOCKS_AT_ONCE = 512;

export class ChainHealing {
  readonly #setup: ChainHealSetup;

  constructor(setup: ChainHealSetup) {
    this.#setup = setup;
  }

  /** The last commit before the epoch. */
  get epochBegin(): ChainPlace {
    const { epochBase } = this.#setup;
    return { index: epochBase?.index ?? 0, digest: epochBase?.digest ?? zeroDigest() };
  }

  /** The commits after `index`, which is in this epoch or the last before it. */
  async beginAt(index: number): Promise<ChainBegin> {
    if (index <= this.epochBegin.index) return this.epochBegin;
    return { index, digest: (await commitAt(this.#setup.chain, index))?.digest ?? null };
  }

  /** Commits after `begin` up to `end`, and the blocks that they output. */
  async healCommits(begin: ChainBegin, end: ChainPlace): Promise<void> {
    const { chain } = this.#setup;
    const sealed: SealedCommit[] = [];
    for (const hole of await commitHoles(chain, begin, end)) sealed.push(...(await this.#fetchHole(hole)));
    const named = sealed.flatMap(({ commit }) => commit.blocks);
    const found = await chain.blocks(named);
    const output = [
      ...named.filter((_, position) => found[position] === undefined),
      ...(await missingOutput(chain, begin.index, end.index)),
    ];
    // What no child above gcRound names was accepted before all that is kept in an order.
    await this.#fetchBlocks(output.map((ref) => ({ ref, acceptedBefore: 1 })));
    if (sealed.length > 0) await this.#storeCommits(sealed);
  }

  /** Blocks above gcRound that others above it name. */
  async healAncestors(gcRound: number): Promise<void> {
    const { chain, verify } = this.#setup;
    for (;;) {
      const parents = await missingParents(chain, verify, gcRound);
      if (parents.length === 0) return;
      await this.#fetchBlocks(parents);
    }
  }

  async #fetchHole({ start, end }: CommitHole): Promise<readonly SealedCommit[]> {
    const { network, logger } = this.#setup;
    if (start.digest === null)
      throw new PastPruned(`commit ${start.index}, with which the stored chain begins, is missing`);
    logger.warn({ after: start.index, upTo: end.index }, "fetching missing commits");
    const { peers, noteProgress } = await network.open();
    const sealed = await fetchSegment(peers, sha256, { start: { index: start.index, digest: start.digest }, end });
    noteProgress();
    return sealed;
  }

  async #fetchBlocks(wanted: readonly { readonly ref: BlockRef; readonly acceptedBefore: number }[]): Promise<void> {
    if (wanted.length === 0) return;
    const { chain, verify, network, logger } = this.#setup;
    logger.warn({ count: wanted.length }, "fetching missing blocks");
    const { peers, noteProgress } = await network.open();
    const acceptedBefore = new Map(wanted.map((one) => [one.ref.digest, one.acceptedBefore]));
    const refs = wanted.map(({ ref }) => ref);
    for (let from = 0; from < refs.length; from += BLOCKS_AT_ONCE) {
      const blocks = await fetchMissing(peers, verify, refs.slice(from, from + BLOCKS_AT_ONCE));
      noteProgress();
      await chain.restoreBlocks(
        blocks.map((block) => ({
          block,
          acceptedAs: mustExist(acceptedBefore.get(block.ref.digest), "was asked for"),
        })),
      );
    }
  }

  /** The state of consensus after each is worked out from the start of the epoch: it stands under the state roots. */
  async #storeCommits(sealed: readonly SealedCommit[]): Promise<void> {
    const { chain, verify } = this.#setup;
    const missing = new Map(sealed.map((one) => [one.commit.index as number, one]));
    const follower = new CommitFollower(this.#engineSetup(), null);
    for (let index = this.epochBegin.index + 1; missing.size > 0; index += 1) {
      const commit = missing.get(index) ?? (await commitAt(chain, index));
      if (commit === undefined)
        throw new PastPruned(`commits after ${index} are missing, and those before it were pruned`);
      const blocks = await blocksOf(chain, verify, commit);
      const followed = follower.follow(commit, blocks);
      if (!followed.ok) throw new NodeError("STATE_DIVERGED", followed.error.detail);
      if (missing.delete(index)) await chain.restoreCommit(commit, followed.value.consensusStateDigest);
    }
  }

  #engineSetup(): EngineSetup {
    const { chainId, committee, params, crypto, epochBase } = this.#setup;
    const startDigest = epochBase?.startDigest;
    const epochSeed: Digest = epochSeedOf(sha256, { chainId, epoch: committee.epoch, startDigest });
    return {
      chainId,
      committee,
      params,
      crypto,
      epochBase,
      local: DEFAULT_LOCAL_PARAMS,
      // Following needs no coin: the slots of commits are given.
      coin: createFallbackCoin({ sha256, committee, epochSeed }),
      validator: null,
    };
  }
}

async function blocksOf(chain: ChainStore, verify: BlockVerifier, { commit }: SealedCommit): Promise<VerifiedBlock[]> {
  const stored = await chain.blocks(commit.blocks);
  return stored.map((bytes, position) => {
    const block = bytes === undefined ? undefined : verify(bytes);
    if (block?.ok === true) return block.value;
    const digest = commit.blocks[position]?.digest ?? "";
    throw new NodeError("DATA_CORRUPT", `block ${digest} of commit ${commit.index} is missing or does not verify`);
  });
}
