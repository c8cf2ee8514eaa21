// The one loop of a node: takes an input, asks the engine, executes its effects in order. `persist` is a barrier: what
// follows it waits for the disk. Everything that can differ between two runs is here or below, and nothing is decided
// here.

import type {
  ConsensusEngine,
  Effect,
  Fault,
  FetchRangeEffect,
  InputEvent,
  PersistEffect,
  ReceiptEffect,
} from "@selvedge/consensus";
import {
  type AvailabilityReceipt,
  type BlockRef,
  type CheckpointCertificate,
  type Rejection,
  type Result,
  type SealedCommit,
  type SignedUpdate,
  type UpdateDigest,
  type ValidatorIndex,
  type VerifiedBlock,
  assertNever,
} from "@selvedge/integrity";
import type { BlockRequest, Transport } from "../network/transport.ts";
import type { AskNewest } from "../safety/ask-newest.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { SafetyFile } from "../storage/safety-file.ts";
import type { Executor } from "./executor.ts";
import type { Mailbox } from "./mailbox.ts";
import { Timers } from "./timers.ts";

export interface HostSetup {
  /** In front of the engine; others put their inputs there too. */
  readonly mailbox: Mailbox<InputEvent>;
  readonly engine: ConsensusEngine;
  readonly chain: ChainStore;
  /** Null in an observer, which signs nothing. */
  readonly safety: SafetyFile | null;
  readonly transport: Transport;
  readonly executor: Executor;
  /** Decodes and checks blocks from outside: P1–P7. */
  readonly verifyBlock: (bytes: Uint8Array) => Result<VerifiedBlock, Rejection>;
  /** Known verdict on an update, or a promise of one (U3). */
  readonly checkUpdate: (update: SignedUpdate, author: ValidatorIndex) => UpdateVerdict | Promise<UpdateVerdict>;
  readonly buildReceipt: (effect: ReceiptEffect) => Promise<AvailabilityReceipt>;
  /** What a validator knows of our signing; undefined if it does not answer. */
  readonly askNewest: AskNewest;
  readonly observer: HostObserver;
  readonly nowMs: () => number;
  readonly stopped: AbortSignal;
}

export interface UpdateVerdict {
  readonly accepted: boolean;
  readonly score: null;
}

/** Told what happened; may not fail and decides nothing. */
export interface HostObserver {
  readonly onOwnBlock: (block: VerifiedBlock) => void;
  readonly onAccepted: (blocks: readonly VerifiedBlock[]) => void;
  /** A persist barrier passed, safety file included. */
  readonly onPersisted: (tookMs: number) => void;
  readonly onCommit: (sealed: SealedCommit, blocks: readonly VerifiedBlock[]) => void;
  readonly onReceipt: (update: UpdateDigest, receipt: AvailabilityReceipt) => void;
  readonly onCheckpoint: (certificate: CheckpointCertificate) => void;
  readonly onFault: (fault: Fault) => void;
  /** Something the node cannot go on from. */
  readonly onFatal: (error: unknown) => void;
}

/** Answers to fetches are verified before they become inputs; a block that fails ends the answer. */
const FETCH_TIMEOUT_MS = 5_000;

export class Host {
  readonly #setup: HostSetup;
  readonly #mailbox: Mailbox<InputEvent>;
  readonly #timers: Timers;
  #loop: Promise<void> | undefined;
  /** The input being handled. */
  #stepping: Promise<void> = Promise.resolve();
  /** Set while the engine is held. */
  #held: Promise<void> | undefined;
  /** Counts engines: what was asked for one is no answer to the next. */
  #generation = 0;

  constructor(setup: HostSetup) {
    this.#setup = setup;
    this.#mailbox = setup.mailbox;
    this.#timers = new Timers((id) => this.#mailbox.putUrgent({ type: "timer", id }));
  }

  start(): void {
    // In front of what is queued: a change of epoch hands transactions on while the new engine is being made.
    this.#mailbox.release({ type: "start" });
    this.#loop = this.#run();
  }

  async stop(): Promise<void> {
    this.#timers.stop();
    this.#mailbox.close();
    await this.#loop;
  }

  /** Waits while the engine is behind: this is the back-pressure on peers and on the API. */
  async submit(input: InputEvent): Promise<void> {
    await this.#mailbox.put(input);
  }

  /** For our own answers, whose number the engine bounds. */
  submitUrgent(input: InputEvent): void {
    this.#mailbox.putUrgent(input);
  }

  /**
   * Handles no input while `work` goes on, which leaves another engine in place of this one; that one begins with `start`.
   * What was queued for the old one is dropped, but for content of our own.
   */
  async rebase(work: () => Promise<void>): Promise<void> {
    const released = Promise.withResolvers<void>();
    this.#held = released.promise;
    try {
      await this.#stepping;
      this.#timers.stop();
      this.#generation += 1;
      // Transactions are proposed again from the pool, which knows those that the old engine had as well.
      this.#mailbox.hold((input) => input.type === "localContent" && input.transactions.length === 0);
      await work();
      this.#mailbox.release({ type: "start" });
    } catch (error) {
      // The old engine was told nothing of what happened meanwhile, and must not go on.
      this.#mailbox.close();
      throw error;
    } finally {
      this.#held = undefined;
      released.resolve();
    }
  }

  async #run(): Promise<void> {
    try {
      for (;;) {
        await this.#held;
        const input = await this.#mailbox.take();
        if (input === undefined) return;
        // Held while it waited: an input for the engine that is being replaced.
        if (this.#held !== undefined) continue;
        this.#stepping = this.#step(input);
        await this.#stepping;
      }
    } catch (error) {
      this.#setup.observer.onFatal(error);
    }
  }

  async #step(input: InputEvent): Promise<void> {
    for (const effect of this.#setup.engine.handle({ ...input, wallClockMs: this.#setup.nowMs() })) {
      const done = this.#execute(effect);
      // Only a barrier is waited for: awaiting every effect would cost a turn of the event loop each.
      if (done !== undefined) await done;
    }
    const room = this.#setup.executor.roomToRunAhead();
    if (room !== undefined) await room;
  }

  /** A promise only for the effects that are barriers. */
  #execute(effect: Effect): Promise<void> | undefined {
    if (effect.type === "persist") return this.#persist(effect);
    if (effect.type === "lookup") return this.#lookup(effect.refs);
    if (effect.type === "askNewest") this.#askNewest(effect.to);
    else this.#begin(effect);
    return undefined;
  }

  #begin(effect: Exclude<Effect, { readonly type: "persist" | "lookup" | "askNewest" }>): void {
    const { transport, executor, observer } = this.#setup;
    switch (effect.type) {
      case "send":
        transport.pushBlocks(effect.to, bytesOf(effect.blocks));
        return;
      case "fetch":
        return this.#fetch(effect.fetchId, effect.from, { type: "refs", refs: effect.refs });
      case "fetchRange":
        return this.#fetch(effect.fetchId, effect.from, requestOf(effect));
      case "checkUpdate":
        return this.#checkUpdate(effect.update, effect.author);
      case "setTimer":
        return this.#timers.set(effect.id, effect.delayMs);
      case "cancelTimer":
        return this.#timers.cancel(effect.id);
      case "commit":
        observer.onCommit(effect.sealed, effect.blocks);
        return executor.enqueue(effect);
      case "epochClosed":
        // The ledger says so too once it has executed the commit, and only then does anything follow from it.
        return;
      case "receipt":
        return this.#receipt(effect);
      case "checkpoint":
        return observer.onCheckpoint(effect.certificate);
      case "report":
        return observer.onFault(effect.fault);
      default:
        return assertNever(effect);
    }
  }

  /** Store batch, then the safety file, both durable; only then does the loop go on to any `send`. */
  async #persist(effect: PersistEffect): Promise<void> {
    const { chain, safety, observer, transport } = this.#setup;
    const beganMs = performance.now();
    await chain.persist(effect);
    observer.onAccepted(effect.blocks);
    if (effect.signed !== null && safety !== null) await safety.append(effect.signed);
    observer.onPersisted(performance.now() - beganMs);
    if (effect.signed === null || safety === null) return;
    const own = effect.blocks.find(({ ref }) => ref.digest === effect.signed?.digest);
    if (own === undefined) return;
    observer.onOwnBlock(own);
    transport.publishBlock(own.bytes);
  }

  #fetch(fetchId: number, from: ValidatorIndex | null, request: Parameters<Transport["fetchBlocks"]>[1]): void {
    const { transport, stopped } = this.#setup;
    const generation = this.#generation;
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(FETCH_TIMEOUT_MS)]);
    transport.fetchBlocks(from, request, signal).then(
      (answer) => this.#answer(generation, this.#fetched(fetchId, from, answer)),
      // Whatever went wrong with a peer, the engine asks another one.
      () => this.#answer(generation, { type: "fetchFailed", fetchId }),
    );
  }

  #answer(generation: number, input: InputEvent): void {
    if (generation === this.#generation) this.submitUrgent(input);
  }

  #fetched(fetchId: number, from: ValidatorIndex | null, answer: readonly Uint8Array[]): InputEvent {
    const blocks: VerifiedBlock[] = [];
    for (const bytes of answer) {
      const verified = this.#setup.verifyBlock(bytes);
      if (!verified.ok) {
        if (from !== null && verified.error.code !== "BLOCK_EPOCH")
          this.#setup.transport.penalise({ kind: "validator", index: from }, 5, verified.error.code);
        break;
      }
      blocks.push(verified.value);
    }
    return blocks.length === 0 ? { type: "fetchFailed", fetchId } : { type: "blocks", blocks, from, fetchId };
  }

  async #lookup(refs: readonly BlockRef[]): Promise<void> {
    const held = await this.#setup.chain.holds(refs);
    const present = refs.filter((_, position) => held[position] === true);
    const absent = refs.filter((_, position) => held[position] !== true);
    this.submitUrgent({ type: "lookedUp", present, absent });
  }

  #checkUpdate(update: SignedUpdate, author: ValidatorIndex): void {
    const generation = this.#generation;
    const answer = (verdict: UpdateVerdict): void =>
      this.#answer(generation, { type: "updateChecked", update: update.digest, ...verdict });
    const verdict = this.#setup.checkUpdate(update, author);
    if (!(verdict instanceof Promise)) {
      answer(verdict);
      return;
    }
    verdict.then(answer, (error: unknown) => {
      if (!this.#setup.stopped.aborted) this.#setup.observer.onFatal(error);
    });
  }

  #askNewest(to: ValidatorIndex): void {
    const { askNewest, observer, stopped } = this.#setup;
    const generation = this.#generation;
    askNewest(to).then(
      (answer) => {
        if (answer !== undefined) this.#answer(generation, { type: "newestAnswer", from: to, ...answer });
      },
      (error: unknown) => {
        if (!stopped.aborted) observer.onFatal(error);
      },
    );
  }

  #receipt(effect: ReceiptEffect): void {
    const { buildReceipt, observer, stopped } = this.#setup;
    buildReceipt(effect).then(
      (receipt) => observer.onReceipt(effect.update, receipt),
      (error: unknown) => {
        if (!stopped.aborted) observer.onFatal(error);
      },
    );
  }
}

function requestOf({ fromRound, toRound, author }: FetchRangeEffect): BlockRequest {
  return author === undefined
    ? { type: "rounds", fromRound, toRound }
    : { type: "roundsOf", author, fromRound, toRound };
}

function bytesOf(blocks: readonly VerifiedBlock[]): Uint8Array[] {
  return blocks.map(({ bytes }) => bytes);
}
