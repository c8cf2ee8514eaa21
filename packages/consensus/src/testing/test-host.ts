// One node of the test network: an engine, its store and its timers. Executes effects in order; the network carries what
// leaves the node. Payload checks and execution are answered at the same instant, by functions that a test may replace.

import {
  type Digest,
  type SignedUpdate,
  type ValidatorIndex,
  type VerifiedBlock,
  digestOf,
  digestToBytes,
} from "@selvedge/integrity";
import type {
  CheckpointEffect,
  CommitEffect,
  Effect,
  EpochClosedEffect,
  FetchEffect,
  FetchRangeEffect,
  PersistEffect,
  ReceiptEffect,
  TimerId,
} from "../effect.ts";
import { type ConsensusEngine, createEngine } from "../engine.ts";
import type { Fault } from "../fault.ts";
import type { InputEvent } from "../input.ts";
import type { EngineSetup } from "../params.ts";
import { TestStore } from "./test-store.ts";

/** What a host needs of the world around it. */
export interface HostWorld {
  readonly nowMs: () => number;
  /** Runs later, in order of (time, sequence). */
  readonly schedule: (delayMs: number, run: () => void) => void;
  readonly push: (host: TestHost, to: ValidatorIndex, blocks: readonly VerifiedBlock[]) => void;
  readonly fetch: (host: TestHost, effect: FetchEffect | FetchRangeEffect) => void;
  /** For the newest blocks by the host and by the validator itself. */
  readonly ask: (host: TestHost, to: ValidatorIndex) => void;
}

export interface HostOptions {
  readonly setup: EngineSetup;
  readonly name: string;
  readonly world: HostWorld;
  readonly isUpdateAccepted?: (update: SignedUpdate) => boolean;
  readonly stateRootOf?: (effect: CommitEffect) => Digest;
}

export interface Timed<Value> {
  readonly atMs: number;
  readonly value: Value;
}

export class TestHost {
  readonly index: ValidatorIndex | null;
  readonly name: string;
  readonly store: TestStore = new TestStore();
  readonly commits: Timed<CommitEffect>[] = [];
  readonly closings: Timed<EpochClosedEffect>[] = [];
  readonly receipts: Timed<ReceiptEffect>[] = [];
  readonly checkpoints: Timed<CheckpointEffect>[] = [];
  readonly ownBlocks: Timed<VerifiedBlock>[] = [];
  readonly faults: Fault[] = [];
  readonly effectCounts: Map<string, number> = new Map();
  readonly #options: HostOptions;
  readonly #timers = new Map<TimerId, object>();
  #engine: ConsensusEngine | undefined;
  #stop: { writesLeft: number; readonly onStopped: () => void } | undefined;
  /** Told of every input and its effects. */
  onStep: (input: InputEvent & { readonly wallClockMs: number }, effects: readonly Effect[]) => void = () => undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.name = options.name;
    this.index = options.setup.validator?.index ?? null;
  }

  get engine(): ConsensusEngine | undefined {
    return this.#engine;
  }

  get isUp(): boolean {
    return this.#engine !== undefined;
  }

  start(): void {
    const { setup } = this.#options;
    const isFresh = this.store.blocks.length === 0 && this.store.recover(this.index).lastSignedRound === null;
    this.#engine = isFresh ? createEngine(setup) : createEngine(setup, this.store.recover(this.index));
    this.feed({ type: "start" });
  }

  crash(): void {
    this.#engine = undefined;
    this.#timers.clear();
  }

  /** Stops as if killed right after so many more writes: a batch, a safety record, or blocks sent count as one each. */
  stopAfterWrites(count: number, onStopped: () => void): void {
    this.#stop = { writesLeft: count, onStopped };
  }

  feed(event: InputEvent): void {
    if (this.#engine === undefined) return;
    const input = { ...event, wallClockMs: this.#options.world.nowMs() };
    const effects = this.#engine.handle(input);
    this.onStep(input, effects);
    for (const effect of effects) {
      this.#execute(effect);
      if (this.#engine === undefined) return;
    }
  }

  /** True if the host was stopped at this write. */
  #countWrite(): boolean {
    const stop = this.#stop;
    if (stop === undefined) return false;
    stop.writesLeft -= 1;
    if (stop.writesLeft > 0) return false;
    this.#stop = undefined;
    this.crash();
    stop.onStopped();
    return true;
  }

  #execute(effect: Effect): void {
    const { world, setup } = this.#options;
    const atMs = world.nowMs();
    this.effectCounts.set(effect.type, (this.effectCounts.get(effect.type) ?? 0) + 1);
    switch (effect.type) {
      case "persist":
        return this.#persist(effect, atMs);
      case "send":
        world.push(this, effect.to, effect.blocks);
        this.#countWrite();
        return;
      case "fetch":
      case "fetchRange":
        return world.fetch(this, effect);
      case "askNewest":
        return world.ask(this, effect.to);
      case "lookup":
        return this.#answer({
          type: "lookedUp",
          present: effect.refs.filter((ref) => this.store.has(ref)),
          absent: effect.refs.filter((ref) => !this.store.has(ref)),
        });
      case "checkUpdate": {
        const accepted = this.#options.isUpdateAccepted?.(effect.update) ?? true;
        return this.#answer({ type: "updateChecked", update: effect.update.digest, accepted, score: null });
      }
      case "setTimer":
        return this.#setTimer(effect.id, effect.delayMs);
      case "cancelTimer":
        this.#timers.delete(effect.id);
        return;
      case "commit": {
        this.commits.push({ atMs, value: effect });
        const stateRoot =
          this.#options.stateRootOf?.(effect) ??
          digestOf(setup.crypto.sha256, "ledger", digestToBytes(effect.sealed.digest));
        return this.#answer({ type: "executed", index: effect.sealed.commit.index, stateRoot });
      }
      case "epochClosed":
        this.closings.push({ atMs, value: effect });
        return;
      case "receipt":
        this.receipts.push({ atMs, value: effect });
        return;
      case "checkpoint":
        this.checkpoints.push({ atMs, value: effect });
        return;
      case "report":
        this.faults.push(effect.fault);
        if (effect.fault.type === "equivocation") this.store.equivocators.add(effect.fault.author);
    }
  }

  #persist(effect: PersistEffect, atMs: number): void {
    this.store.persistBatch(effect);
    if (this.#countWrite()) return;
    this.store.persistSafety(effect);
    if (effect.signed === null) return;
    const own = effect.blocks.find(({ ref }) => ref.digest === effect.signed?.digest);
    if (own !== undefined) this.ownBlocks.push({ atMs, value: own });
    this.#countWrite();
  }

  /** At the same instant, but as an input of its own. */
  #answer(event: InputEvent): void {
    const engine = this.#engine;
    this.#options.world.schedule(0, () => {
      if (this.#engine === engine) this.feed(event);
    });
  }

  #setTimer(id: TimerId, delayMs: number): void {
    const token = {};
    this.#timers.set(id, token);
    this.#options.world.schedule(delayMs, () => {
      if (this.#timers.get(id) !== token) return;
      this.#timers.delete(id);
      this.feed({ type: "timer", id });
    });
  }
}
