// Prunes while the node runs and catches up: wakes up after executed commits, works in small batches with pauses between
// them, compacts what it has emptied. A failure is the node's: what cannot be removed will not be written either.

import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@selvedge/integrity";
import { type PruneMark, readPruneMark } from "../storage/prune-mark.ts";
import { compactPruned } from "./compact.ts";
import { runPass } from "./prune-pass.ts";
import { planPrune } from "./prune-plan.ts";
import { BATCH_OPS_MAX, PruneSink, type PruneTotals } from "./prune-sink.ts";
import type { PruneView } from "./prune-view.ts";

/** Pause after each batch: removing takes a fraction of the disk's time and never a commit's. */
const PAUSE_MS = 20;

export interface BackgroundPrunerSetup {
  readonly view: PruneView;
  /** Null keeps everything: nothing is ever removed. */
  readonly keepCommits: number | null;
  readonly stopped: AbortSignal;
  readonly pauseMs?: number;
  readonly onPass: (mark: PruneMark, totals: PruneTotals) => void;
  readonly onFailure: (error: unknown) => void;
}

export class BackgroundPruner {
  readonly #setup: BackgroundPrunerSetup;
  #running: Promise<void> | undefined;
  /** Executed commits at which the next look is worth it. */
  #nextLookAt = 0;
  #base = 0;

  constructor(setup: BackgroundPrunerSetup) {
    this.#setup = setup;
  }

  /** Commits up to this one may be gone; 0 if none is. */
  get base(): number {
    return this.#base;
  }

  async open(store: Store): Promise<void> {
    this.#base = (await readPruneMark(store))?.base ?? 0;
  }

  onExecuted(index: number): void {
    const { keepCommits, stopped } = this.#setup;
    if (keepCommits === null || stopped.aborted || this.#running !== undefined || index < this.#nextLookAt) return;
    this.#nextLookAt = index + Math.max(1, Math.floor(keepCommits / 64));
    this.#running = this.#pass(keepCommits).finally(() => (this.#running = undefined));
  }

  /** Waits for the batch that is being written. */
  async stop(): Promise<void> {
    await this.#running;
  }

  async #pass(keepCommits: number): Promise<void> {
    const { view, stopped, pauseMs = PAUSE_MS, onPass, onFailure } = this.#setup;
    try {
      const plan = await planPrune(view, keepCommits);
      if (plan === undefined) return;
      this.#base = plan.mark.base;
      const pace = (): Promise<void> => delay(pauseMs, undefined, { signal: stopped });
      const sink = new PruneSink({ store: view.store, isDryRun: false, batchOpsMax: BATCH_OPS_MAX, pace });
      await runPass(view, plan, sink);
      await compactPruned(view.store, plan);
      onPass(plan.mark, sink.totals);
    } catch (error) {
      if (!stopped.aborted) onFailure(error);
    }
  }
}
