// Blocks and commits on disk. One batch for each `persist` effect of the engine; what a restart needs is read back here.
// Blocks are keyed by (round, author, digest) and carry the number under which they were accepted, so that restoring
// replays them in that order. One ChainStore is about one epoch: commits go on through all of them, whatever else is keyed
// by a round or an author belongs to its epoch alone.

import type { PersistEffect } from "@selvedge/consensus";
import {
  type BlockRef,
  type CommitVote,
  type Digest,
  type SealedCommit,
  type Sha256,
  type Store,
  type StoreOp,
  type ValidatorIndex,
  type VerifiedBlock,
  commitIndex,
  digestFromBytes,
  digestOf,
  digestToBytes,
  round,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { type AuthorRounds, blocksOfAuthor } from "./author-blocks.ts";
import { blockKey, commitKey, epochPrefix, roundPrefix } from "./keys.ts";
import { OwnAcks } from "./own-acks.ts";
import { OwnPast } from "./own-past.ts";
import { isPrunedBlock } from "./pruned-blocks.ts";
import {
  type BlockPage,
  type StoredBlock,
  type StoredCommit,
  prefixRange,
  readBlock,
  readCommit,
} from "./stored-chain.ts";
import { bytesField, countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

const CONSENSUS_STATE_KEY = "consensus-state";
/** States of the commits that a snapshot is made of: kept until the snapshot after next. */
const KEPT_STATE_PREFIX = "consensus-state/";
/** By author: its newest block. */
const NEWEST_PREFIX = "newest-block/";
/** Kept for the whole epoch. */
const EQUIVOCATOR_PREFIX = "equivocator/";
const ACCEPTED_COUNT_KEY = "accepted-count";

/** Which epoch a store is about. */
export interface EpochPlace {
  readonly epoch: number;
  /** Index of the commit that the epoch's first one follows. */
  readonly baseIndex: number;
}

const FIRST_EPOCH: EpochPlace = { epoch: 0, baseIndex: 0 };

/** The newest durable commit of the epoch, and the consensus state after it. */
export interface LastCommit {
  readonly commit: StoredCommit;
  readonly consensusState: Uint8Array;
}

export class ChainStore {
  readonly past: OwnPast;
  readonly acks: OwnAcks;
  readonly #store: Store;
  readonly #sha256: Sha256;
  /** Blocks accepted so far; the next one gets the number above. */
  #acceptedCount: number;
  readonly #epoch: number;
  /** Of the last commit of the epoch before; 0 in the first. */
  readonly #baseIndex: number;
  /** Round of each author's newest block. */
  readonly #newestRounds = new Map<ValidatorIndex, number>();
  #keptStatesEvery = 0;

  private constructor(
    store: Store,
    sha256: Sha256,
    { past, acceptedCount, epoch, baseIndex }: EpochPlace & { past: OwnPast; acceptedCount: number },
  ) {
    this.past = past;
    this.acks = new OwnAcks(store, sha256, epochPrefix(epoch));
    this.#store = store;
    this.#sha256 = sha256;
    this.#acceptedCount = acceptedCount;
    this.#epoch = epoch;
    this.#baseIndex = baseIndex;
  }

  static async open(store: Store, sha256: Sha256, at: EpochPlace = FIRST_EPOCH): Promise<ChainStore> {
    const stored = await store.get("meta", ACCEPTED_COUNT_KEY);
    const count = stored === undefined ? 0 : countField(decodeTuple(stored, "block count", 1)[0], "block count");
    const past = await OwnPast.open(store, epochPrefix(at.epoch));
    const chain = new ChainStore(store, sha256, { past, acceptedCount: count, ...at });
    await chain.#loadNewest();
    return chain;
  }

  /** Blocks, commits and the newest consensus state in one atomic batch. */
  async persist(effect: PersistEffect): Promise<void> {
    const ops: StoreOp[] = effect.blocks.map((block) => {
      this.#acceptedCount += 1;
      const value = encodeTuple([wireInteger(this.#acceptedCount), block.bytes]);
      return { type: "put", space: "blocks", key: blockKey(block.ref, this.#epoch), value };
    });
    for (const { sealed, consensusState } of effect.commits) {
      const stateDigest = digestOf(this.#sha256, "consensus-state", consensusState);
      const value = encodeTuple([sealed.bytes, digestToBytes(sealed.digest), digestToBytes(stateDigest)]);
      ops.push({ type: "put", space: "commits", key: commitKey(sealed.commit.index), value });
      ops.push({ type: "put", space: "meta", key: CONSENSUS_STATE_KEY, value: consensusState });
      ops.push(...this.#keepState(sealed.commit.index, consensusState));
    }
    ops.push(...this.#noteNewest(effect.blocks));
    ops.push(...this.acks.opsFor(effect));
    ops.push(...this.past.opsFor(effect));
    ops.push({
      type: "put",
      space: "meta",
      key: ACCEPTED_COUNT_KEY,
      value: encodeTuple([wireInteger(this.#acceptedCount)]),
    });
    await this.#store.batch(ops, { sync: effect.sync });
  }

  /** Puts back blocks that were lost (heal/), each under a number that keeps it before its children. */
  async restoreBlocks(
    blocks: readonly { readonly block: VerifiedBlock; readonly acceptedAs: number }[],
  ): Promise<void> {
    const ops: StoreOp[] = blocks.map(({ block, acceptedAs }) => {
      const value = encodeTuple([wireInteger(acceptedAs), block.bytes]);
      return { type: "put", space: "blocks", key: blockKey(block.ref, this.#epoch), value };
    });
    await this.#store.batch(ops, { sync: true });
  }

  /** Puts back a commit that was lost (heal/). */
  async restoreCommit({ bytes, digest, commit }: SealedCommit, stateDigest: Digest): Promise<void> {
    const value = encodeTuple([bytes, digestToBytes(digest), digestToBytes(stateDigest)]);
    await this.#store.batch([{ type: "put", space: "commits", key: commitKey(commit.index), value }], { sync: true });
  }

  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** The newest one, whatever its commit. */
  consensusState(): Promise<Uint8Array | undefined> {
    return this.#store.get("meta", CONSENSUS_STATE_KEY);
  }

  /** From now on the consensus states of every n-th commit are kept for the snapshots made there. */
  keepStatesEvery(commits: number): void {
    this.#keptStatesEvery = commits;
  }

  /** As of that commit, if it was kept. */
  consensusStateOf(index: number): Promise<Uint8Array | undefined> {
    return this.#store.get("meta", keptStateKey(index));
  }

  /** Bytes of an author's newest block that this node has accepted; the first one of an equivocator. */
  async newestBlockOf(author: ValidatorIndex): Promise<Uint8Array | undefined> {
    const stored = await this.#store.get("meta", this.#key(newestKey(author)));
    if (stored === undefined) return undefined;
    return this.block(newestRefOf(author, stored));
  }

  /** Of any block here; 0 if there is none. */
  async highestRound(): Promise<number> {
    const range = {
      gte: roundPrefix(0, this.#epoch),
      lt: roundPrefix(ROUND_END, this.#epoch),
      reverse: true,
      limit: 1,
    };
    for await (const { key } of this.#store.iterate("blocks", range))
      return Number.parseInt(key.slice(epochPrefix(this.#epoch).length), 16);
    return 0;
  }

  async #loadNewest(): Promise<void> {
    for (const { author, round: atRound } of await this.newestBlocks()) this.#newestRounds.set(author, atRound);
  }

  #keepState(index: number, consensusState: Uint8Array): readonly StoreOp[] {
    const every = this.#keptStatesEvery;
    if (every === 0 || index % every !== 0) return [];
    return [
      { type: "put", space: "meta", key: keptStateKey(index), value: consensusState },
      { type: "delete", space: "meta", key: keptStateKey(Math.max(0, index - 2 * every)) },
    ];
  }

  #noteNewest(blocks: readonly VerifiedBlock[]): readonly StoreOp[] {
    const newest = new Map<ValidatorIndex, VerifiedBlock>();
    for (const block of blocks) {
      const { author, round: atRound } = block.ref;
      if (atRound <= (this.#newestRounds.get(author) ?? 0)) continue;
      this.#newestRounds.set(author, atRound);
      newest.set(author, block);
    }
    return [...newest].map(([author, { ref }]) => {
      const value = encodeTuple([wireInteger(ref.round), digestToBytes(ref.digest)]);
      return { type: "put", space: "meta", key: this.#key(newestKey(author)), value };
    });
  }

  async block(ref: BlockRef): Promise<Uint8Array | undefined> {
    return (await this.blocks([ref]))[0];
  }

  /** Of this epoch or, what is not among its blocks, of an earlier one: old epochs are served on. */
  async blocks(refs: readonly BlockRef[]): Promise<readonly (Uint8Array | undefined)[]> {
    const found = new Map<Digest, Uint8Array>();
    for (let epoch = this.#epoch; epoch >= 0; epoch -= 1) {
      const missing = refs.filter(({ digest }) => !found.has(digest));
      if (missing.length === 0) break;
      const stored = await this.#store.getMany(
        "blocks",
        missing.map((ref) => blockKey(ref, epoch)),
      );
      for (const [position, value] of stored.entries()) {
        const digest = missing[position]?.digest;
        if (value !== undefined && digest !== undefined) found.set(digest, readBlock(value).bytes);
      }
    }
    return refs.map(({ digest }) => found.get(digest));
  }

  /** Those of them that are here, in this order, at least one if there is any; stops at the page's bounds. */
  async blocksOnPage(refs: readonly BlockRef[], page: BlockPage): Promise<readonly Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    let sizeBytes = 0;
    const wanted = [...new Map(refs.map((ref) => [ref.digest, ref])).values()].slice(0, page.blocksMax);
    // A few at a time: all that a request can name would be a thousand times what the page holds.
    for (let from = 0; from < wanted.length; from += BLOCKS_READ_AT_ONCE) {
      for (const bytes of await this.blocks(wanted.slice(from, from + BLOCKS_READ_AT_ONCE))) {
        if (bytes === undefined) continue;
        sizeBytes += bytes.length;
        if (blocks.length > 0 && sizeBytes > page.bytesMax) return blocks;
        blocks.push(bytes);
      }
    }
    return blocks;
  }

  /** Which of the blocks were accepted here (D1): their bytes may be pruned. */
  async holds(refs: readonly BlockRef[]): Promise<readonly boolean[]> {
    const stored = await this.#store.getMany(
      "blocks",
      refs.map((ref) => blockKey(ref, this.#epoch)),
    );
    return Promise.all(
      refs.map(async (ref, position) =>
        stored[position] === undefined ? isPrunedBlock(this.#store, ref, this.#epoch) : true,
      ),
    );
  }

  /** Lowest rounds first, at least one block; stops at the page's bounds, within a round too. */
  async blocksInRounds(fromRound: number, toRound: number, page: BlockPage): Promise<readonly Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    let sizeBytes = 0;
    const range = {
      gte: roundPrefix(fromRound, this.#epoch),
      lt: roundPrefix(toRound + 1, this.#epoch),
      limit: page.blocksMax,
    };
    for await (const { value } of this.#store.iterate("blocks", range)) {
      const { bytes } = readBlock(value);
      sizeBytes += bytes.length;
      if (blocks.length > 0 && sizeBytes > page.bytesMax) break;
      blocks.push(bytes);
    }
    return blocks;
  }

  /** The same of one author alone. */
  blocksOfAuthor(rounds: AuthorRounds, page: BlockPage): Promise<readonly Uint8Array[]> {
    return blocksOfAuthor({ store: this.#store, epoch: this.#epoch }, rounds, page);
  }

  /** All blocks of rounds ≥ `fromRound`, in the order they were accepted. */
  async blocksFrom(fromRound: number): Promise<readonly StoredBlock[]> {
    const blocks: StoredBlock[] = [];
    const range = { gte: roundPrefix(fromRound, this.#epoch), lt: roundPrefix(ROUND_END, this.#epoch) };
    for await (const { value } of this.#store.iterate("blocks", range)) blocks.push(readBlock(value));
    return blocks.toSorted((left, right) => left.acceptedAs - right.acceptedAs);
  }

  /** Of each author the block of the highest round that this node has accepted. */
  async newestBlocks(): Promise<readonly BlockRef[]> {
    const refs: BlockRef[] = [];
    const prefix = this.#key(NEWEST_PREFIX);
    for await (const { key, value } of this.#store.iterate("meta", prefixRange(prefix)))
      refs.push(newestRefOf(validatorIndex(Number(key.slice(prefix.length))), value));
    return refs;
  }

  /** Remembers that an author equivocated (D2). */
  async putEquivocator(author: ValidatorIndex): Promise<void> {
    const key = `${this.#key(EQUIVOCATOR_PREFIX)}${author}`;
    await this.#store.batch([{ type: "put", space: "meta", key, value: new Uint8Array(0) }], { sync: false });
  }

  async equivocators(): Promise<readonly ValidatorIndex[]> {
    const authors: ValidatorIndex[] = [];
    for await (const { key } of this.#store.iterate("meta", prefixRange(this.#key(EQUIVOCATOR_PREFIX)))) {
      authors.push(validatorIndex(Number(key.slice(this.#key(EQUIVOCATOR_PREFIX).length))));
    }
    return authors;
  }

  /** Index and digest of the newest commits, oldest first. */
  async recentCommits(countMax: number): Promise<readonly CommitVote[]> {
    const votes: CommitVote[] = [];
    for await (const { key, value } of this.#store.iterate("commits", { reverse: true, limit: countMax })) {
      votes.push({ index: commitIndex(Number.parseInt(key, 16)), digest: readCommit(value).digest });
    }
    return votes.toReversed();
  }

  async commit(index: number): Promise<StoredCommit | undefined> {
    const stored = await this.#store.get("commits", commitKey(index));
    return stored === undefined ? undefined : readCommit(stored);
  }

  /** The newest one of this epoch. */
  async lastCommit(): Promise<LastCommit | undefined> {
    const range = { gte: commitKey(this.#baseIndex + 1), reverse: true, limit: 1 };
    for await (const { value } of this.#store.iterate("commits", range)) {
      const consensusState = await this.#store.get("meta", CONSENSUS_STATE_KEY);
      if (consensusState === undefined)
        throw new NodeError("DATA_CORRUPT", "there are commits in the store but no consensus state");
      return { commit: readCommit(value), consensusState };
    }
    return undefined;
  }

  #key(name: string): string {
    return `${epochPrefix(this.#epoch)}${name}`;
  }
}

/** Blocks in memory beside those of the page. */
const BLOCKS_READ_AT_ONCE = 8;

/** No round reaches it: 14 hex digits hold every safe integer. */
const ROUND_END: number = Number.MAX_SAFE_INTEGER;

function keptStateKey(index: number): string {
  return `${KEPT_STATE_PREFIX}${commitKey(index)}`;
}

function newestRefOf(author: ValidatorIndex, stored: Uint8Array): BlockRef {
  const [atRound, digest] = decodeTuple(stored, "newest block", 2);
  return {
    round: round(countField(atRound, "newest block")),
    author,
    digest: digestFromBytes(bytesField(digest, "newest block")),
  };
}

function newestKey(author: ValidatorIndex): string {
  return `${NEWEST_PREFIX}${author}`;
}
