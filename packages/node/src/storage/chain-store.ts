// Blocks and commits on disk. One batch for each `persist` effect of the engine; what a restart needs is read back here.
// Blocks are keyed by (round, author, digest) and carry the number under which they were accepted, so that restoring
// replays them in that order.

import type { AckRecord, PersistEffect } from "@selvedge/consensus";
import {
  type BlockRef,
  type CommitDigest,
  type CommitVote,
  type Digest,
  type Sha256,
  type Store,
  type StoreOp,
  type UpdateDigest,
  type ValidatorIndex,
  commitIndex,
  digestFromBytes,
  digestOf,
  digestToBytes,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { blockKey, commitKey, roundPrefix } from "./keys.ts";
import { bytesField, countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

const CONSENSUS_STATE_KEY = "consensus-state";
const NEWEST_OWN_KEY = "newest-own-block";
/** Ack records and equivocators: kept for the whole epoch. */
const ACK_PREFIX = "ack/";
const EQUIVOCATOR_PREFIX = "equivocator/";
const ACCEPTED_COUNT_KEY = "accepted-count";

export interface StoredCommit {
  readonly bytes: Uint8Array;
  readonly digest: CommitDigest;
  readonly consensusStateDigest: Digest;
}

export interface StoredBlock {
  /** Number under which it was accepted, from 1. */
  readonly acceptedAs: number;
  readonly bytes: Uint8Array;
}

export interface BlockPage {
  readonly blocksMax: number;
  readonly bytesMax: number;
}

export class ChainStore {
  readonly #store: Store;
  readonly #sha256: Sha256;
  /** Blocks accepted so far; the next one gets the number above. */
  #acceptedCount: number;

  private constructor(store: Store, sha256: Sha256, acceptedCount: number) {
    this.#store = store;
    this.#sha256 = sha256;
    this.#acceptedCount = acceptedCount;
  }

  static async open(store: Store, sha256: Sha256): Promise<ChainStore> {
    const stored = await store.get("meta", ACCEPTED_COUNT_KEY);
    const count = stored === undefined ? 0 : countField(decodeTuple(stored, "block count", 1)[0], "block count");
    return new ChainStore(store, sha256, count);
  }

  /** Blocks, commits and the newest consensus state in one atomic batch. */
  async persist(effect: PersistEffect): Promise<void> {
    const ops: StoreOp[] = effect.blocks.map((block) => {
      this.#acceptedCount += 1;
      const value = encodeTuple([wireInteger(this.#acceptedCount), block.bytes]);
      return { type: "put", space: "blocks", key: blockKey(block.ref), value };
    });
    for (const { sealed, consensusState } of effect.commits) {
      const stateDigest = digestOf(this.#sha256, "consensus-state", consensusState);
      const value = encodeTuple([sealed.bytes, digestToBytes(sealed.digest), digestToBytes(stateDigest)]);
      ops.push({ type: "put", space: "commits", key: commitKey(sealed.commit.index), value });
      ops.push({ type: "put", space: "meta", key: CONSENSUS_STATE_KEY, value: consensusState });
    }
    for (const { key, update } of effect.acked) {
      ops.push({ type: "put", space: "meta", key: `${ACK_PREFIX}${key}`, value: digestToBytes(update) });
    }
    const own = effect.blocks.find(({ ref }) => ref.digest === effect.signed?.digest);
    if (own !== undefined) ops.push({ type: "put", space: "meta", key: NEWEST_OWN_KEY, value: own.bytes });
    ops.push({
      type: "put",
      space: "meta",
      key: ACCEPTED_COUNT_KEY,
      value: encodeTuple([wireInteger(this.#acceptedCount)]),
    });
    await this.#store.batch(ops, { sync: effect.sync });
  }

  async block(ref: BlockRef): Promise<Uint8Array | undefined> {
    const stored = await this.#store.get("blocks", blockKey(ref));
    return stored === undefined ? undefined : readBlock(stored).bytes;
  }

  async blocks(refs: readonly BlockRef[]): Promise<readonly (Uint8Array | undefined)[]> {
    const stored = await this.#store.getMany("blocks", refs.map(blockKey));
    return stored.map((value) => (value === undefined ? undefined : readBlock(value).bytes));
  }

  /** Lowest rounds first, at least one block; stops at the page's bounds, within a round too. */
  async blocksInRounds(fromRound: number, toRound: number, page: BlockPage): Promise<readonly Uint8Array[]> {
    const blocks: Uint8Array[] = [];
    let sizeBytes = 0;
    const range = { gte: roundPrefix(fromRound), lt: roundPrefix(toRound + 1), limit: page.blocksMax };
    for await (const { value } of this.#store.iterate("blocks", range)) {
      const { bytes } = readBlock(value);
      sizeBytes += bytes.length;
      if (blocks.length > 0 && sizeBytes > page.bytesMax) break;
      blocks.push(bytes);
    }
    return blocks;
  }

  /** All blocks of rounds ≥ `fromRound`, in the order they were accepted. */
  async blocksFrom(fromRound: number): Promise<readonly StoredBlock[]> {
    const blocks: StoredBlock[] = [];
    for await (const { value } of this.#store.iterate("blocks", { gte: roundPrefix(fromRound) }))
      blocks.push(readBlock(value));
    return blocks.toSorted((left, right) => left.acceptedAs - right.acceptedAs);
  }

  /** Bytes of this validator's own newest block, of whatever round. */
  newestOwnBlock(): Promise<Uint8Array | undefined> {
    return this.#store.get("meta", NEWEST_OWN_KEY);
  }

  /** Every update that this validator acked in this epoch. */
  async acked(): Promise<readonly AckRecord[]> {
    const records: AckRecord[] = [];
    for await (const { key, value } of this.#store.iterate("meta", prefixRange(ACK_PREFIX))) {
      records.push({ key: key.slice(ACK_PREFIX.length), update: digestFromBytes<UpdateDigest>(value) });
    }
    return records;
  }

  /** Remembers that an author equivocated (D2). */
  async putEquivocator(author: ValidatorIndex): Promise<void> {
    const key = `${EQUIVOCATOR_PREFIX}${author}`;
    await this.#store.batch([{ type: "put", space: "meta", key, value: new Uint8Array(0) }], { sync: false });
  }

  async equivocators(): Promise<readonly ValidatorIndex[]> {
    const authors: ValidatorIndex[] = [];
    for await (const { key } of this.#store.iterate("meta", prefixRange(EQUIVOCATOR_PREFIX))) {
      authors.push(validatorIndex(Number(key.slice(EQUIVOCATOR_PREFIX.length))));
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

  async lastCommit(): Promise<{ readonly commit: StoredCommit; readonly consensusState: Uint8Array } | undefined> {
    for await (const { value } of this.#store.iterate("commits", { reverse: true, limit: 1 })) {
      const consensusState = await this.#store.get("meta", CONSENSUS_STATE_KEY);
      if (consensusState === undefined)
        throw new NodeError("DATA_CORRUPT", "there are commits in the store but no consensus state");
      return { commit: readCommit(value), consensusState };
    }
    return undefined;
  }
}

function prefixRange(prefix: string): { readonly gte: string; readonly lt: string } {
  // '0' follows '/', with which every prefix ends.
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` };
}

function readBlock(stored: Uint8Array): StoredBlock {
  const [acceptedAs, bytes] = decodeTuple(stored, "block", 2);
  return { acceptedAs: countField(acceptedAs, "block"), bytes: bytesField(bytes, "block") };
}

function readCommit(stored: Uint8Array): StoredCommit {
  const [bytes, digest, stateDigest] = decodeTuple(stored, "commit", 3);
  return {
    bytes: bytesField(bytes, "commit"),
    digest: digestFromBytes<CommitDigest>(bytesField(digest, "commit")),
    consensusStateDigest: digestFromBytes(bytesField(stateDigest, "commit")),
  };
}
