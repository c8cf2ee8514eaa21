// Reads everything that a running node has stored, over and over at a low rate: every table against its checksums, every
// record against its seal. What nobody asks for would otherwise rot unseen until the day it is needed. A finding stops
// the node with STORE_DAMAGED: the next start cuts the damage out and heals it from other validators before it signs.

import { setTimeout as sleep } from "node:timers/promises";
import { STORE_SPACES, type Store, StoreError, type StoreSpace } from "@selvedge/integrity";
import type { ScrubReport } from "../daemon/services.ts";
import { NodeError } from "../errors.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import { type TableFinding, scrubTables } from "./scrub-tables.ts";

export interface ScrubSetup {
  readonly store: Store;
  /** Of the database. */
  readonly folder: string;
  /** From the end of one pass to the beginning of the next; 0 turns the scrub off. */
  readonly pauseMs: number;
  readonly bytesPerSecond: number;
  readonly logger: NodeLogger;
  readonly nowMs: () => number;
  /** Damage that the node must not go on with. */
  readonly onDamage: (error: StoreError | NodeError) => void;
}

/** Records read between two looks at the clock. */
const PAGE_RECORDS = 64;
/** A timer is no finer: shorter pauses are added up. */
const PAUSE_MIN_MS = 20;

export class BackgroundScrub {
  readonly #setup: ScrubSetup;
  readonly #stop = new AbortController();
  #metrics: NodeMetrics | undefined;
  #last: ScrubReport | null = null;
  #running: Promise<void> | undefined;
  /** How long what was read since the last pause should have taken. */
  #debtMs = 0;

  constructor(setup: ScrubSetup) {
    this.#setup = setup;
  }

  /** The last pass that came to its end; null before the first. */
  get last(): ScrubReport | null {
    return this.#last;
  }

  start(metrics: NodeMetrics): void {
    this.#metrics = metrics;
    if (this.#setup.pauseMs > 0) this.#running = this.#loop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** One pass over everything; rejects only with what is no damage. */
  async pass(): Promise<ScrubReport> {
    const { folder, nowMs } = this.#setup;
    const findings: string[] = [];
    const onRead = (bytes: number): Promise<void> => this.#read(bytes);
    for (const finding of await scrubTables(folder, { onRead, isStopped: () => this.#stop.signal.aborted })) {
      findings.push(finding.sentence);
      this.#report(tableDamage(finding));
    }
    for (const space of STORE_SPACES) findings.push(...(await this.#scrubSpace(space)));
    const report = { finishedMs: nowMs(), findings };
    if (!this.#stop.signal.aborted) this.#last = report;
    return report;
  }

  async #loop(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        const { findings } = await this.pass();
        if (this.#stop.signal.aborted) return;
        this.#setup.logger.info({ findings }, "everything stored was read and checked");
        this.#metrics?.set("scrub_finished_seconds", Math.floor(this.#setup.nowMs() / 1000));
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        const isOurs = error instanceof StoreError || error instanceof NodeError;
        this.#setup.onDamage(
          isOurs ? error : new NodeError("IO_FAILED", "the scrub cannot read the store", { cause: error }),
        );
        return;
      }
      await sleep(this.#setup.pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** At most one finding: a damaged record ends the node's run. */
  async #scrubSpace(space: StoreSpace): Promise<readonly string[]> {
    try {
      let from: string | undefined = "";
      while (from !== undefined) from = await this.#scrubPage(space, from);
      return [];
    } catch (error) {
      if (this.#stop.signal.aborted) return [];
      if (!(error instanceof StoreError && error.code === "STORE_CORRUPT")) throw error;
      this.#report(error);
      return [error.message];
    }
  }

  /** Where the next page begins; undefined at the end. */
  async #scrubPage(space: StoreSpace, from: string): Promise<string | undefined> {
    let count = 0;
    let next = from;
    for await (const { key, value } of this.#setup.store.iterate(space, { gte: from, limit: PAGE_RECORDS })) {
      if (this.#stop.signal.aborted) return undefined;
      // The lowest character that a key may hold.
      next = `${key} `;
      count += 1;
      await this.#read(key.length + value.length);
    }
    return count < PAGE_RECORDS ? undefined : next;
  }

  async #read(bytes: number): Promise<void> {
    this.#metrics?.count("scrub_bytes_total", bytes);
    this.#debtMs += (1000 * bytes) / this.#setup.bytesPerSecond;
    if (this.#debtMs < PAUSE_MIN_MS) return;
    const pauseMs = this.#debtMs;
    this.#debtMs = 0;
    await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
  }

  #report(error: StoreError | NodeError): void {
    this.#metrics?.count("scrub_findings_total");
    this.#setup.onDamage(error);
  }
}

function tableDamage({ sentence }: TableFinding): NodeError {
  return new NodeError("STORE_DAMAGED", `${sentence}; the next start heals it`);
}
