// Updates that wait for their receipt, across restarts and days offline. A file with the complete header and payload is
// what takes a sequence number: it is durable before anything is signed, and since ed25519 is deterministic a restart
// signs exactly the same bytes again. Knows nothing of gateways (delivery.ts) and nothing of keys.

import {
  type ModelId,
  type Rejection,
  type Result,
  type SequenceNumber,
  type UpdateDigest,
  type UpdateHeader,
  digestOf,
  encodeUpdateHeader,
  err,
  ok,
  rejection,
  sequenceNumber,
} from "@selvedge/integrity";
import type { SequenceInfo } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import type { DeviceLimits } from "./limits.ts";
import {
  type OutboxFiles,
  type StoredUpdate,
  counterFileName,
  decodeCounter,
  decodeStoredUpdate,
  droppedFileName,
  encodeCounter,
  encodeStoredUpdate,
  parseCounterName,
  parseUpdateName,
  updateFileName,
} from "./outbox-files.ts";

export interface OutboxEntry {
  readonly name: string;
  readonly order: number;
  readonly digest: UpdateDigest;
  readonly header: UpdateHeader;
  readonly sizeBytes: number;
}

export interface OutboxDraft {
  readonly header: Omit<UpdateHeader, "sequence">;
  readonly payload: Uint8Array;
  /** What a gateway says of the device's sequences; untrusted, and only used where our own count leads nowhere. */
  readonly hint: SequenceInfo | undefined;
}

type OutboxLimits = Pick<DeviceLimits, "outboxUpdatesMax" | "outboxBytesMax">;

/** Marks of dropped updates kept; far more than a ledger's sequence window. */
const DROPPED_KEPT_MAX = 1024;

export class Outbox {
  readonly #files: OutboxFiles;
  readonly #limits: OutboxLimits;
  /** By file name, oldest first. */
  readonly #entries = new Map<string, OutboxEntry>();
  /** Per model the least sequence that was never taken. Raised before a file is written, so that a failed write at worst loses a number. */
  readonly #next = new Map<string, number>();
  /** What the counter files say: never above #next. */
  readonly #durableNext = new Map<string, number>();
  /** Names of the marks of dropped updates, oldest first. */
  readonly #dropped = new Set<string>();
  #order = 0;
  /** Changes go one after the other. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(files: OutboxFiles, limits: OutboxLimits) {
    this.#files = files;
    this.#limits = limits;
  }

  /** Damaged updates are set aside (`*.damaged`); a damaged counter is FILE_MALFORMED, because guessing it may sign twice. */
  static async open(files: OutboxFiles, limits: OutboxLimits): Promise<Outbox> {
    const outbox = new Outbox(files, limits);
    await outbox.#load();
    return outbox;
  }

  /** Oldest first. */
  get entries(): readonly OutboxEntry[] {
    return [...this.#entries.values()];
  }

  nextSequence(model: ModelId): SequenceNumber {
    return sequenceNumber(this.#next.get(model) ?? 1);
  }

  /** Takes the next sequence for this content; durable when it resolves. */
  async add(draft: OutboxDraft): Promise<Result<OutboxEntry, Rejection>> {
    return this.#inTurn(async () => this.#add(draft));
  }

  /** The payload of an entry, read and checked anew. */
  async load(entry: OutboxEntry): Promise<Result<StoredUpdate, Rejection>> {
    const stored = decodeStoredUpdate(await this.#files.read(entry.name));
    if (stored !== undefined && isEntryOf(entry, stored.header)) return ok(stored);
    return err(rejection("OUTBOX_ENTRY_DAMAGED", `${entry.name} is damaged`));
  }

  /** Its receipt was verified. Its sequence is used up. */
  async remove(entry: OutboxEntry): Promise<void> {
    await this.#inTurn(async () => this.#forget(entry));
  }

  /** Refused for good. Its sequence is used again only if the ledger's window leaves nothing else (#sequenceFor). */
  async drop(entry: OutboxEntry): Promise<void> {
    await this.#inTurn(async () => {
      const name = droppedFileName(entry.name);
      await this.#files.write(name, new Uint8Array(0));
      this.#dropped.add(name);
      await this.#forget(entry);
      for (const oldest of this.#dropped) {
        if (this.#dropped.size <= DROPPED_KEPT_MAX) break;
        await this.#files.remove(oldest);
        this.#dropped.delete(oldest);
      }
    });
  }

  async #forget(entry: OutboxEntry): Promise<void> {
    await this.#persistCounter(entry.header.modelId);
    await this.#files.remove(entry.name);
    this.#entries.delete(entry.name);
  }

  async #add({ header: draft, payload, hint }: OutboxDraft): Promise<Result<OutboxEntry, Rejection>> {
    const heldBytes = this.entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    if (
      this.#entries.size >= this.#limits.outboxUpdatesMax ||
      heldBytes + payload.length > this.#limits.outboxBytesMax
    ) {
      return err(rejection("OUTBOX_FULL", `${this.#entries.size} updates of ${heldBytes} bytes are waiting`));
    }
    const sequence = this.#sequenceFor(draft.modelId, hint);
    const header: UpdateHeader = { ...draft, sequence };
    const headerBytes = encodeUpdateHeader(header);
    this.#order += 1;
    const order = this.#order;
    const name = updateFileName({ order, sequence, modelId: header.modelId });
    this.#raise(header.modelId, sequence + 1);
    await this.#takeBack(header.modelId, sequence);
    await this.#files.write(name, encodeStoredUpdate(headerBytes, payload));
    const entry = entryOf({ name, order, header, sizeBytes: payload.length });
    this.#entries.set(name, entry);
    await this.#persistCounter(header.modelId);
    return ok(entry);
  }

  /**
   * Our own count, which never repeats itself. A device that lost its outbox is behind what is closed: the hint leads. One
   * that gave up so many updates that it stands beyond the window uses one of those sequences again, and no other: what
   * a gateway says can never make it sign twice for a sequence that may still count.
   */
  #sequenceFor(model: ModelId, hint: SequenceInfo | undefined): SequenceNumber {
    const own = this.nextSequence(model);
    if (hint === undefined) return own;
    if (own <= hint.lastClosed) return hint.next;
    const isFree = this.#droppedName(model, hint.next) !== undefined && !this.#isWaiting(model, hint.next);
    return own > hint.highest && isFree ? hint.next : own;
  }

  #isWaiting(model: ModelId, sequence: SequenceNumber): boolean {
    return this.entries.some(({ header }) => header.modelId === model && header.sequence === sequence);
  }

  #droppedName(model: ModelId, sequence: SequenceNumber): string | undefined {
    return [...this.#dropped].find((name) => {
      const parsed = parseUpdateName(name);
      return parsed?.modelId === model && parsed.sequence === sequence;
    });
  }

  /** The mark goes first: a crash after it loses a number, never repeats one. */
  async #takeBack(model: ModelId, sequence: SequenceNumber): Promise<void> {
    const name = this.#droppedName(model, sequence);
    if (name === undefined) return;
    await this.#files.remove(name);
    this.#dropped.delete(name);
  }

  #raise(model: string, next: number): void {
    this.#next.set(model, Math.max(next, this.#next.get(model) ?? 1));
  }

  /** The counter outlives the files that it counts, so it is durable before any of them is removed. */
  async #persistCounter(model: string): Promise<void> {
    const next = this.#next.get(model) ?? 1;
    if (next <= (this.#durableNext.get(model) ?? 1)) return;
    await this.#files.write(counterFileName(model), encodeCounter(next));
    this.#durableNext.set(model, next);
  }

  async #load(): Promise<void> {
    const names = (await this.#files.names()).toSorted(compareText);
    for (const name of names) await this.#loadName(name);
    for (const name of names) {
      const parsed = parseUpdateName(name);
      if (parsed === undefined) continue;
      this.#raise(parsed.modelId, parsed.sequence + 1);
      await this.#persistCounter(parsed.modelId);
    }
    // A drop that a crash cut in two: the mark counts.
    for (const entry of this.entries) {
      if (this.#dropped.has(droppedFileName(entry.name))) await this.#forget(entry);
    }
  }

  async #loadName(name: string): Promise<void> {
    if (name.endsWith(".new")) {
      // A write that a crash cut off: it never took place.
      await this.#files.remove(name);
      return;
    }
    const model = parseCounterName(name);
    if (model !== undefined) {
      const next = decodeCounter(await this.#files.read(name));
      if (next === undefined) throw new NodeError("FILE_MALFORMED", `the outbox counter ${name} is damaged`);
      this.#next.set(model, next);
      this.#durableNext.set(model, next);
      return;
    }
    const parsed = parseUpdateName(name);
    if (parsed === undefined) return;
    this.#order = Math.max(this.#order, parsed.order);
    if (name.endsWith(".dropped")) this.#dropped.add(name);
    if (name.endsWith(".update")) await this.#loadUpdate(name, parsed.order);
  }

  async #loadUpdate(name: string, order: number): Promise<void> {
    const stored = decodeStoredUpdate(await this.#files.read(name));
    if (stored === undefined) {
      await this.#files.rename(name, name.replace(/\.update$/u, ".damaged"));
      return;
    }
    this.#entries.set(name, entryOf({ name, order, header: stored.header, sizeBytes: stored.payload.length }));
  }

  async #inTurn<Value>(action: () => Promise<Value>): Promise<Value> {
    const done = this.#queue.then(action);
    this.#queue = done.catch(() => undefined);
    return done;
  }
}

function entryOf(entry: Omit<OutboxEntry, "digest">): OutboxEntry {
  return { ...entry, digest: digestOfHeader(entry.header) };
}

function isEntryOf(entry: OutboxEntry, header: UpdateHeader): boolean {
  return entry.digest === digestOfHeader(header);
}

function digestOfHeader(header: UpdateHeader): UpdateDigest {
  return digestOf<UpdateDigest>(sha256, "update", encodeUpdateHeader(header));
}

function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
