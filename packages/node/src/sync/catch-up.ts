// When a node catches up by ranges, and what it does with its engine meanwhile: it looks at the votes in others' blocks, and
// for a certificate when nothing has been committed for a while; holds the engine once a certificate proves the gap; takes
// the range in; and goes on with an engine that starts from there, as after a restart but in the same process.

import { setTimeout as sleep } from "node:timers/promises";
import { CommitFollower, type EngineSetup, type RecoveredState, acksToKeep, createEngine } from "@selvedge/consensus";
import { type CommitDigest, type SealedCommit, type VerifiedBlock, zeroDigest } from "@selvedge/integrity";
import type { EngineSlot } from "../host/engine-slot.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { SegmentStart } from "./commit-segment.ts";
import { SYNC_GAP_COMMITS, SYNC_RETRY_MS, SYNC_RETRY_TIMES_MAX } from "./limits.ts";
import { type Newest, type RangeSyncSetup, syncRange } from "./range-sync.ts";
import { NobodyHas } from "./sync-peers.ts";
import { VoteTracker } from "./vote-tracker.ts";

export interface CatchUpSetup extends Omit<RangeSyncSetup, "onTarget"> {
  readonly engine: EngineSlot;
  readonly engineSetup: EngineSetup;
  /** What the store gives back now. */
  readonly restoreEngine: () => Promise<RecoveredState | undefined>;
  /** Holds the engine's inputs while the work goes on. */
  readonly host: { readonly rebase: (work: () => Promise<void>) => Promise<void> };
  /** Tells the engine what the one before it knew of us: it is gone. */
  readonly goOn: () => void;
  /** The commits that follow ours are no longer served by anybody. */
  readonly onRangeGone: () => Promise<void>;
  readonly onFatal: (error: unknown) => void;
  readonly logger: NodeLogger;
  readonly gapCommits?: number;
  readonly retryMs?: number;
}

export class CatchUp {
  readonly #setup: CatchUpSetup;
  readonly #votes: VoteTracker;
  #targetIndex = 0;
  #isRunning = false;
  #loop: Promise<void> | undefined;
  #wake: PromiseWithResolvers<void> = Promise.withResolvers();

  constructor(setup: CatchUpSetup) {
    this.#setup = setup;
    this.#votes = new VoteTracker(setup.engineSetup.committee);
  }

  /** While it runs the engine takes no input, and blocks that arrive are not worth their verification. */
  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** The newest commit that a quorum is known to have certified; 0 before the first look. */
  get targetIndex(): number {
    return this.#targetIndex;
  }

  /** Of a verified block that somebody sent, whatever the engine makes of it. */
  onBlock(block: VerifiedBlock): void {
    if (block.header.commitVotes.length === 0) return;
    this.#votes.note(block);
    if (this.#isFarBehind()) this.#wake.resolve();
  }

  start(): void {
    this.#loop = this.#run();
  }

  /** After the lifetime's signal was aborted. */
  async stop(): Promise<void> {
    this.#wake.resolve();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { peers, onFatal } = this.#setup;
    try {
      // Whoever is connected already knows where the network is.
      await this.#look();
      for (let pauseMs = this.#retryMs; !peers.stopped.aborted;) {
        const before = this.#lastIndex();
        await this.#pause(pauseMs);
        // Blocks of another epoch tell nothing: then standing still is what shows that we are behind.
        const isDue = this.#isFarBehind() || this.#lastIndex() === before;
        const isFruitless = isDue && !(await this.#look());
        // A network that stands still is not asked about it ever again and again.
        pauseMs = isFruitless ? Math.min(2 * pauseMs, SYNC_RETRY_TIMES_MAX * this.#retryMs) : this.#retryMs;
      }
    } catch (error) {
      if (!peers.stopped.aborted) onFatal(error);
    }
  }

  /** A block that shows how far behind we are may cut it short, but not to less than one retry. */
  async #pause(pauseMs: number): Promise<void> {
    await this.#sleep(this.#retryMs);
    if (this.#isFarBehind()) return;
    this.#wake = Promise.withResolvers();
    await Promise.race([this.#sleep(pauseMs - this.#retryMs), this.#wake.promise]);
  }

  async #sleep(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#setup.peers.stopped, ref: false }).catch(() => undefined);
  }

  get #retryMs(): number {
    return this.#setup.retryMs ?? SYNC_RETRY_MS;
  }

  #isFarBehind(): boolean {
    return this.#votes.credibleIndex - this.#lastIndex() >= this.#gap;
  }

  get #gap(): number {
    return this.#setup.gapCommits ?? SYNC_GAP_COMMITS;
  }

  #lastIndex(): number {
    return this.#setup.engine.status().lastCommitIndex;
  }

  /** True if there was a range to take in. */
  async #look(): Promise<boolean> {
    const { certificates, peers } = this.#setup;
    if (peers.connected.length === 0) return false;
    const lastIndex = this.#lastIndex();
    const newest = await certificates.above(lastIndex + this.#gap - 1, null);
    if (newest === null) return false;
    // The peers are in a later epoch: what follows of ours must be there to be taken.
    if (newest === "later" && (await certificates.next(lastIndex)) === null) return false;
    await this.#catchUp(newest);
    return true;
  }

  async #catchUp(newest: Newest): Promise<void> {
    const { host, logger, onRangeGone } = this.#setup;
    const targetIndex = newest === "later" ? null : newest.statement.index;
    this.#targetIndex = targetIndex ?? this.#targetIndex;
    logger.info({ from: this.#lastIndex(), targetIndex }, "catching up by ranges");
    this.#isRunning = true;
    let isGone = false;
    try {
      await host.rebase(async () => {
        isGone = !(await this.#syncRange(newest));
      });
    } finally {
      this.#isRunning = false;
    }
    logger.info({ at: this.#lastIndex(), isGone }, "the engine goes on");
    this.#setup.goOn();
    if (isGone) await onRangeGone();
  }

  /** False if nobody has the range. Ends with an engine for where the store is then. */
  async #syncRange(newest: Newest): Promise<boolean> {
    const { engine, engineSetup, restoreEngine } = this.#setup;
    const recovered = await restoreEngine();
    await this.#keepAcks(recovered);
    const isThere = await this.#takeRange(recovered, newest);
    engine.replace(createEngine(engineSetup, await restoreEngine()));
    return isThere;
  }

  /** The range moves gcRound past blocks of ours, with acks that no commit may have output (U5, §11). */
  async #keepAcks(recovered: RecoveredState | undefined): Promise<void> {
    const { chain, engineSetup } = this.#setup;
    const kept = acksToKeep(recovered?.blocks ?? [], engineSetup.validator?.index ?? null);
    if (kept.acksDue.length === 0) return;
    await chain.persist({ type: "persist", sync: true, blocks: [], commits: [], acked: [], signed: null, ...kept });
  }

  async #takeRange(recovered: RecoveredState | undefined, newest: Newest): Promise<boolean> {
    const { engine, engineSetup, onCommit } = this.#setup;
    const last = recovered?.lastCommit ?? null;
    const follower = new CommitFollower(
      engineSetup,
      last === null ? null : { consensusState: last.consensusState, blocks: recovered?.blocks ?? [] },
    );
    try {
      await syncRange(
        {
          ...this.#setup,
          onTarget: (index) => (this.#targetIndex = index),
          onCommit: (sealed, blocks) => {
            engine.noteSynced(sealed.commit.index);
            onCommit(sealed, blocks);
          },
        },
        { start: last === null ? epochStartOf(engineSetup) : startAt(last.sealed), newest, follower },
      );
      return true;
    } catch (error) {
      if (error instanceof NobodyHas) return false;
      throw error;
    }
  }
}

function startAt({ commit, digest }: SealedCommit): SegmentStart {
  return { index: commit.index, digest };
}

/** Before the epoch's first commit. */
function epochStartOf({ epochBase }: EngineSetup): SegmentStart {
  return epochBase ?? { index: 0, digest: zeroDigest<CommitDigest>() };
}
