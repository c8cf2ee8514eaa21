// What waits for a block of ours, and what our uncommitted blocks carry (docs/protocol.md §4, payload gate; §8, U5). Acks
// are acks.ts' work, except that those of a block that garbage collection passed by are handed back from here.

import {
  type Ack,
  type BlockBody,
  type ControlEntry,
  type Digest,
  type ProtocolParams,
  type Sha256,
  type SignedUpdate,
  type ValidatorIndex,
  type VerifiedBlock,
  digestOf,
  hasPayload,
} from "@selvedge/integrity";
import type { LocalContentInput } from "./input.ts";

type Content = Omit<BlockBody, "acks">;

export interface OwnContentSetup {
  /** Null in an observer. */
  readonly self: ValidatorIndex | null;
  readonly sha256: Sha256;
  readonly params: ProtocolParams;
  readonly uncommittedBytesMax: number;
}

export class OwnContent {
  readonly #setup: OwnContentSetup;
  #updates = new Map<Digest, SignedUpdate>();
  #transactions = new Map<Digest, Uint8Array>();
  #control: readonly ControlEntry[] = [];
  /** Our blocks with payload that are neither output nor passed by, oldest first. */
  readonly #uncommitted = new Map<string, VerifiedBlock>();
  #uncommittedBytes = 0;
  /** What those blocks carry, and how many of them: given again by the host, it is not taken again. */
  readonly #inBlocks = new Map<string, number>();
  /** Of that, what has come out in another block of ours: not to be proposed again. */
  readonly #cameOut = new Set<string>();

  constructor(setup: OwnContentSetup) {
    this.#setup = setup;
  }

  get pendingCount(): number {
    return this.#updates.size + this.#transactions.size + this.#control.length;
  }

  get uncommittedBytes(): number {
    return this.#uncommittedBytes;
  }

  /** The payload gate: beyond it our blocks are empty. */
  get isGateShut(): boolean {
    return this.#uncommittedBytes >= this.#setup.uncommittedBytesMax;
  }

  add({ updates, transactions, control }: Omit<LocalContentInput, "type">): void {
    for (const update of updates) {
      if (!this.#inBlocks.has(update.digest)) this.#updates.set(update.digest, update);
    }
    for (const transaction of transactions) {
      // Larger than any block may carry: no block will ever have it.
      if (transaction.length > this.#setup.params.transactionBytesMax) continue;
      const digest = this.#digestOf(transaction);
      if (!this.#inBlocks.has(digest)) this.#transactions.set(digest, transaction);
    }
    this.#control = [...this.#control, ...control];
  }

  /** Parts of our end marker (§11): behind what waits already. */
  addControl(control: readonly ControlEntry[]): void {
    this.#control = [...this.#control, ...control];
  }

  /** Our blocks with payload that are neither output nor passed by, oldest first. */
  get uncommitted(): Iterable<VerifiedBlock> {
    return this.#uncommitted.values();
  }

  get pendingControl(): readonly ControlEntry[] {
    return this.#control;
  }

  /** What the epoch has not ordered of ours, once no block of it can be output any more: for the next epoch (§11). */
  leftover(): Pick<BlockBody, "updates" | "transactions"> {
    const bodies = [...this.#uncommitted.values()].map(({ body }) => body);
    return {
      updates: [...bodies.flatMap(({ updates }) => updates), ...this.#updates.values()],
      transactions: [...bodies.flatMap(({ transactions }) => transactions), ...this.#transactions.values()],
    };
  }

  /** What the next block carries. Stays pending until `onOwnBlock` shows that it was made. */
  next(): Content {
    const { params } = this.#setup;
    const transactions: Uint8Array[] = [];
    let sizeBytes = 0;
    for (const transaction of this.#transactions.values()) {
      sizeBytes += transaction.length;
      if (transactions.length >= params.transactionsMax || sizeBytes > params.transactionBytesMax) break;
      transactions.push(transaction);
    }
    return {
      updates: [...this.#updates.values()].slice(0, params.updatesMax),
      transactions,
      control: this.#control.slice(0, params.controlMax),
    };
  }

  /** Also for our blocks of before a restart. */
  onOwnBlock(block: VerifiedBlock): void {
    const { body, ref, bytes } = block;
    if (!hasPayload(body)) return;
    for (const digest of this.#carriedBy(body)) {
      this.#drop(digest);
      this.#inBlocks.set(digest, (this.#inBlocks.get(digest) ?? 0) + 1);
    }
    this.#control = this.#control.slice(body.control.length);
    this.#uncommitted.set(ref.digest, block);
    this.#uncommittedBytes += bytes.length;
  }

  onOutput(blocks: readonly VerifiedBlock[]): void {
    for (const { ref, body } of blocks) {
      if (ref.author !== this.#setup.self) continue;
      const carried = this.#settle(ref.digest) ?? this.#carriedBy(body);
      // After an amnesia others give back blocks of ours that carried again what an older one, still with us, had carried.
      for (const digest of carried) {
        this.#drop(digest);
        if (this.#inBlocks.has(digest)) this.#cameOut.add(digest);
      }
    }
  }

  /** U5: content of our blocks that garbage collection passed by is proposed again, first of all. */
  onGarbageCollected(gcRound: number): readonly Ack[] {
    const passedBy = [...this.#uncommitted.values()].filter(({ ref }) => ref.round <= gcRound);
    if (passedBy.length === 0) return [];
    const updates = passedBy.flatMap(({ body }) => body.updates.map((update) => [update.digest, update] as const));
    const transactions = passedBy.flatMap(({ body }) =>
      body.transactions.map((transaction) => [this.#digestOf(transaction), transaction] as const),
    );
    const isDue = ([digest]: readonly [string, unknown]): boolean => !this.#cameOut.has(digest);
    this.#updates = new Map([...updates.filter(isDue), ...this.#updates]);
    this.#transactions = new Map([...transactions.filter(isDue), ...this.#transactions]);
    for (const { ref } of passedBy) this.#settle(ref.digest);
    this.#control = [...passedBy.flatMap(({ body }) => body.control), ...this.#control];
    return passedBy.flatMap(({ body }) => body.acks);
  }

  /** What the block carried; undefined if it is none of the uncommitted. */
  #settle(blockDigest: string): readonly Digest[] | undefined {
    const block = this.#uncommitted.get(blockDigest);
    if (block === undefined) return undefined;
    this.#uncommitted.delete(blockDigest);
    this.#uncommittedBytes -= block.bytes.length;
    const carried = this.#carriedBy(block.body);
    for (const digest of carried) {
      const count = (this.#inBlocks.get(digest) ?? 0) - 1;
      if (count > 0) this.#inBlocks.set(digest, count);
      else {
        this.#inBlocks.delete(digest);
        this.#cameOut.delete(digest);
      }
    }
    return carried;
  }

  /** It waits no longer. */
  #drop(digest: Digest): void {
    this.#transactions.delete(digest);
    this.#updates.delete(digest);
  }

  #carriedBy({ updates, transactions }: Content): readonly Digest[] {
    return [...updates.map(({ digest }) => digest), ...transactions.map((transaction) => this.#digestOf(transaction))];
  }

  #digestOf(transaction: Uint8Array): Digest {
    return digestOf(this.#setup.sha256, "transaction", transaction);
  }
}
