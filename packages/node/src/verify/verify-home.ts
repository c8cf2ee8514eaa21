// Checks everything that a stopped node's home holds, from the genesis on: chain, state, lineage, and with `full` every
// other record. The first thing that does not hold is thrown as a FindingError. Interrupted, it keeps its place.

import type { AuditCursor } from "@selvedge/integrity";
import { checkCertified } from "./certified.ts";
import { ChainWalk } from "./chain-walk.ts";
import { FindingError } from "./finding.ts";
import { walkLineages } from "./lineage-walk.ts";
import { type VerifyProgress, loadProgress, removeProgress, saveProgress } from "./progress-file.ts";
import { prunedStart } from "./pruned-start.ts";
import { scanRecords } from "./record-scan.ts";
import { checkIndexEnd } from "./transaction-index.ts";
import { type VerifiedHome, type VerifyCounts, noCounts, openVerifiedHome } from "./verified-home.ts";

/** Between two saves of the place; a save costs a snapshot of the ledger. */
const SAVE_EVERY_MS = 10_000;

export interface VerifyOptions {
  readonly home: string;
  readonly full: boolean;
  /** Begin anew in place of where an interrupted run stopped. */
  readonly restart: boolean;
  /** Interrupts the run, which keeps its place; without it the run goes through to the end. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (step: VerifyStep) => void;
}

export interface VerifyStep {
  readonly phase: "chain" | "lineage" | "records";
  readonly subject: string;
  readonly done: number;
  /** Zero if it is not known beforehand. */
  readonly total: number;
}

export interface VerifySummary extends VerifyCounts {
  readonly chainId: string;
  readonly isComplete: boolean;
  /** Commit after which an interrupted run went on; 0 for a run from the start. */
  readonly resumedAfter: number;
  /** Commits up to this one are pruned: the check began at the kept snapshot of this commit. 0 if nothing is pruned. */
  readonly prunedTo: number;
  readonly lastCommit: number;
  /** Commits after it are in order but were not executed when the node stopped. */
  readonly executedCommit: number;
  readonly stateRoot: string;
  readonly models: readonly { readonly id: string; readonly version: number; readonly weightsRoot: string }[];
}

export async function verifyHome(options: VerifyOptions): Promise<VerifySummary> {
  const home = await openVerifiedHome(options.home);
  try {
    const unwatched = { signal: new AbortController().signal, onProgress: () => undefined };
    return await new Verification(home, { ...unwatched, ...options }).run();
  } catch (error) {
    // Whatever is repaired afterwards is checked from the start.
    if (error instanceof FindingError) await removeProgress(home);
    throw error;
  } finally {
    await home.close();
  }
}

interface Beginning {
  readonly resume: VerifyProgress | undefined;
  /** The commit that a pruned home begins with; 0 in a whole one. */
  readonly base: number;
  readonly resumedAfter: number;
}

interface Progress {
  readonly counts: VerifyCounts;
  readonly base: number;
}

class Verification {
  readonly #home: VerifiedHome;
  readonly #options: Required<VerifyOptions>;
  readonly #lineages = new Map<string, AuditCursor>();
  #savedAtMs = performance.now();

  constructor(home: VerifiedHome, options: Required<VerifyOptions>) {
    this.#home = home;
    this.#options = options;
  }

  async run(): Promise<VerifySummary> {
    const { resume, base, resumedAfter } = await this.#beginning();
    for (const [model, cursor] of resume?.lineages ?? []) this.#lineages.set(model, cursor);
    // Records are counted in one go.
    const counts = { ...(resume?.counts ?? noCounts()), records: 0 };
    const walk = await ChainWalk.open({ home: this.#home, counts, resume: resume ?? null });
    const isComplete = await this.#walkAll(walk, { counts, base });
    await (isComplete ? removeProgress(this.#home) : this.#save(walk, counts));
    return this.#summary(walk, { counts, isComplete, prunedTo: base, resumedAfter });
  }

  /** Where an interrupted run stopped, or where the home begins. */
  async #beginning(): Promise<Beginning> {
    const pruned = await prunedStart(this.#home);
    const base = pruned?.position.index ?? 0;
    const saved = this.#options.restart ? undefined : await loadProgress(this.#home);
    // What was saved before a pruning lies below what is left.
    const isUsable = saved !== undefined && saved.position.index >= base;
    return isUsable
      ? { resume: saved, base, resumedAfter: saved.position.index }
      : { resume: pruned, base, resumedAfter: 0 };
  }

  /** False if it was interrupted. */
  async #walkAll(walk: ChainWalk, { counts, base }: Progress): Promise<boolean> {
    if (!(await this.#walkChain(walk, counts))) return false;
    const chain = { base, lastIndex: walk.end.lastIndex, certifiedIndex: counts.certifiedCommit };
    checkCertified(chain, this.#home.genesis.params);
    const index = { base, indexed: counts.transactionsIndexed, signal: this.#options.signal };
    if (!(await checkIndexEnd(this.#home, index))) return false;
    if (!(await this.#walkLineages(walk, counts))) return false;
    return !this.#options.full || this.#scan(counts);
  }

  async #walkChain(walk: ChainWalk, counts: VerifyCounts): Promise<boolean> {
    const { signal, onProgress } = this.#options;
    while (await walk.step()) {
      onProgress({ phase: "chain", subject: "commits", done: walk.position.index, total: walk.end.lastIndex });
      // Saved only where ledger and position agree: commits that were never executed are walked again.
      if (this.#isSaveDue() && walk.position.index <= walk.end.executedIndex) await this.#save(walk, counts);
      if (signal.aborted) return false;
    }
    return true;
  }

  async #walkLineages(walk: ChainWalk, counts: VerifyCounts): Promise<boolean> {
    return walkLineages({
      home: this.#home,
      ledger: walk.ledger,
      counts,
      resume: new Map(this.#lineages),
      isUnstarted: walk.end.lastIndex === 0,
      signal: this.#options.signal,
      onVersion: async (model, cursor, versionMax) => {
        this.#lineages.set(model, cursor);
        this.#options.onProgress({
          phase: "lineage",
          subject: `versions of ${model}`,
          done: cursor.version,
          total: versionMax,
        });
        if (this.#isSaveDue()) await this.#save(walk, counts);
      },
    });
  }

  async #scan(counts: VerifyCounts): Promise<boolean> {
    const { signal, onProgress } = this.#options;
    const onRecord = (): void => onProgress({ phase: "records", subject: "records", done: counts.records, total: 0 });
    return scanRecords({ home: this.#home, counts, signal, onRecord });
  }

  #isSaveDue(): boolean {
    return performance.now() - this.#savedAtMs > SAVE_EVERY_MS;
  }

  async #save(walk: ChainWalk, counts: VerifyCounts): Promise<void> {
    if (walk.position.index > walk.end.executedIndex) return;
    const progress: VerifyProgress = { position: walk.position, ledger: walk.ledger, counts, lineages: this.#lineages };
    await saveProgress(this.#home, progress);
    this.#savedAtMs = performance.now();
  }

  #summary(
    walk: ChainWalk,
    run: Pick<VerifySummary, "isComplete" | "resumedAfter" | "prunedTo"> & { readonly counts: VerifyCounts },
  ): VerifySummary {
    const { ledger, end } = walk;
    return {
      chainId: this.#home.chainId,
      isComplete: run.isComplete,
      resumedAfter: run.resumedAfter,
      prunedTo: run.prunedTo,
      lastCommit: end.lastIndex,
      executedCommit: end.executedIndex,
      stateRoot: ledger.stateRoot(),
      models: ledger
        .models()
        .map(({ id, current: { record } }) => ({ id, version: record.version, weightsRoot: record.weightsRoot })),
      ...run.counts,
    };
  }
}
