// Latency, throughput and time series of a run, by the definitions of docs/simulator.md: only what a node announced as
// ready to execute counts; a transaction counts once, at the gateway that took it; the first and last tenth of the run are
// cut off. Told of every observation; decides nothing.

import { type Micros, microsOfMs, msOfMicros } from "../kernel/time.ts";
import { tokenId } from "../process/token.ts";
import type { Observed } from "../protocol/observation.ts";
import type { Scenario } from "../scenario/schema.ts";
import type { SimNode } from "../world/sim-node.ts";
import type { Traffic } from "../world/traffic.ts";
import type { LatencySummary, RunMetrics, SecondRow } from "./result.ts";

const CUT_SHARE = 0.1;
const SECOND_US = 1_000_000;

interface MutableRow {
  submitted: number;
  committed: number;
  latencySumMs: number;
  latencyCount: number;
  highestRound: number;
}

type TrafficCounts = Pick<Traffic, "sentCount" | "deliveredCount" | "sentBytes" | "byKind">;

export interface MetricsSetup {
  readonly scenario: Scenario;
  /** A transaction reached its gateway's output. */
  readonly onAcknowledged: (gateway: number) => void;
}

export class Metrics {
  readonly #setup: MetricsSetup;
  readonly #scale: number;
  readonly #window: readonly [Micros, Micros];
  /** By transaction. Submitted at, -1 once acknowledged. */
  #submittedUs = new Float64Array(1024);
  #gateways = new Int32Array(1024);
  #lastId = 0;
  #submittedInWindow = 0;
  #committedInWindow = 0;
  readonly #endToEndMs: number[] = [];
  readonly #consensusMs: number[] = [];
  readonly #receipts = new UpdateSamples();
  readonly #certificates = new UpdateSamples();
  readonly #rows: MutableRow[] = [];
  /** When the author signed a block that carries transactions, by digest. */
  readonly #signedUs = new Map<string, Micros>();
  readonly #updates = new Map<string, { readonly atUs: Micros; readonly gateway: number }>();
  readonly #slots = new Map<string, number>();
  #commitCount = 0;
  #versionCount = 0;
  #highestRound = 0;
  readonly #gauges = new Map<string, number>();

  constructor(setup: MetricsSetup) {
    this.#setup = setup;
    this.#scale = setup.scenario.workload.transactionsPerToken ?? 1;
    const lengthUs = microsOfMs(setup.scenario.durationMs);
    this.#window = [Math.round(lengthUs * CUT_SHARE), Math.round(lengthUs * (1 - CUT_SHARE))];
  }

  get commitCount(): number {
    return this.#commitCount;
  }

  onSubmitted(id: number, gateway: number, nowUs: Micros): void {
    if (id >= this.#submittedUs.length) this.#grow();
    this.#submittedUs[id] = nowUs;
    this.#gateways[id] = gateway;
    this.#lastId = id;
    this.#row(nowUs).submitted += this.#scale;
    if (this.#isInWindow(nowUs)) this.#submittedInWindow += this.#scale;
  }

  wasSubmitted(transaction: Uint8Array): boolean {
    const id = tokenId(transaction);
    return id !== undefined && id >= 1 && id <= this.#lastId;
  }

  onUpdate(digest: string, gateway: number, nowUs: Micros): void {
    this.#updates.set(digest, { atUs: nowUs, gateway });
  }

  onObserved(observed: Observed): void {
    switch (observed.type) {
      case "signed":
        if (observed.block !== null && observed.block.body.transactions.length > 0)
          this.#signedUs.set(observed.digest, observed.atUs);
        return;
      case "round":
        if (observed.round > this.#highestRound) this.#highestRound = observed.round;
        this.#row(observed.atUs).highestRound = this.#highestRound;
        return;
      case "committed":
        return this.#onCommitted(observed);
      case "receipt":
        return this.#measureUpdate(observed.update, observed, this.#receipts);
      case "executed":
        for (const { update } of observed.certified) this.#measureUpdate(update, observed, this.#certificates);
        for (const { version } of observed.versions) this.#versionCount = Math.max(this.#versionCount, version);
        return;
      default:
        return;
    }
  }

  onGauges(gauges: Readonly<Record<string, number>>): void {
    for (const [name, value] of Object.entries(gauges))
      this.#gauges.set(name, Math.max(this.#gauges.get(name) ?? 0, value));
  }

  /** Ascending, of the window. */
  latenciesMs(): readonly number[] {
    return this.#endToEndMs.toSorted((left, right) => left - right);
  }

  seconds(): readonly SecondRow[] {
    let backlog = 0;
    let highestRound = 0;
    return Array.from(this.#rows, (row: MutableRow | undefined, second) => {
      const { submitted, committed, latencySumMs, latencyCount } = row ?? emptyRow();
      backlog += submitted - committed;
      highestRound = Math.max(highestRound, row?.highestRound ?? 0);
      return { second, submitted, committed, latencySumMs, latencyCount, backlog, highestRound };
    });
  }

  report(traffic: TrafficCounts, eventCount: number): RunMetrics {
    const [fromUs, toUs] = this.#window;
    const seconds = (toUs - fromUs) / SECOND_US;
    return {
      windowMs: [msOfMicros(fromUs), msOfMicros(toUs)],
      submittedCount: this.#submittedInWindow,
      committedCount: this.#committedInWindow,
      throughputPerSecond: seconds === 0 ? 0 : this.#committedInWindow / seconds,
      endToEnd: summary(this.#endToEndMs),
      consensus: summary(this.#consensusMs),
      commitCount: this.#commitCount,
      commitsPerSlot: sortedRecord(this.#slots),
      receipt: summary(this.#receipts.ms),
      certified: summary(this.#certificates.ms),
      versionCount: this.#versionCount,
      messagesSent: traffic.sentCount,
      messagesDelivered: traffic.deliveredCount,
      bytesSent: traffic.sentBytes,
      messagesByKind: sortedRecord(traffic.byKind),
      eventCount,
      highestRound: this.#highestRound,
      gaugesMax: sortedRecord(this.#gauges),
    };
  }

  #onCommitted({ node, index, atUs, transactions, blocks, slot }: Extract<Observed, { type: "committed" }>): void {
    if (index > this.#commitCount) {
      this.#commitCount = index;
      const family = slot.replace(/\d+$/u, "");
      this.#slots.set(family, (this.#slots.get(family) ?? 0) + 1);
    }
    for (const block of blocks) {
      if (block.ref.author !== node) continue;
      const signedUs = this.#signedUs.get(block.ref.digest);
      if (signedUs === undefined) continue;
      this.#signedUs.delete(block.ref.digest);
      if (this.#isInWindow(signedUs)) this.#consensusMs.push(msOfMicros(atUs - signedUs));
    }
    for (const transaction of transactions) this.#acknowledge(tokenId(transaction), node, atUs);
  }

  #acknowledge(id: number | undefined, node: number, atUs: Micros): void {
    if (id === undefined || id > this.#lastId || this.#gateways[id] !== node) return;
    const submittedUs = this.#submittedUs[id] ?? -1;
    if (submittedUs < 0) return;
    this.#submittedUs[id] = -1;
    this.#setup.onAcknowledged(node);
    const latencyMs = msOfMicros(atUs - submittedUs);
    const row = this.#row(submittedUs);
    row.latencySumMs += latencyMs * this.#scale;
    row.latencyCount += this.#scale;
    this.#row(atUs).committed += this.#scale;
    if (this.#isInWindow(atUs)) this.#committedInWindow += this.#scale;
    if (this.#isInWindow(submittedUs)) this.#endToEndMs.push(latencyMs);
  }

  #measureUpdate(digest: string, { node, atUs }: Observed, into: UpdateSamples): void {
    const update = this.#updates.get(digest);
    if (update?.gateway === node && this.#isInWindow(update.atUs)) into.add(digest, msOfMicros(atUs - update.atUs));
  }

  #isInWindow(atUs: Micros): boolean {
    return atUs >= this.#window[0] && atUs < this.#window[1];
  }

  #row(atUs: Micros): MutableRow {
    const second = Math.floor(atUs / SECOND_US);
    const row = this.#rows[second] ?? emptyRow();
    this.#rows[second] = row;
    return row;
  }

  #grow(): void {
    const submitted = new Float64Array(this.#submittedUs.length * 2);
    submitted.set(this.#submittedUs);
    this.#submittedUs = submitted;
    const gateways = new Int32Array(submitted.length);
    gateways.set(this.#gateways);
    this.#gateways = gateways;
  }
}

/** One sample an update, the first: a restart says receipts and executed commits again. */
class UpdateSamples {
  readonly #measured = new Set<string>();
  readonly #ms: number[] = [];

  get ms(): readonly number[] {
    return this.#ms;
  }

  add(digest: string, latencyMs: number): void {
    if (this.#measured.has(digest)) return;
    this.#measured.add(digest);
    this.#ms.push(latencyMs);
  }
}

/** Nearest-rank quantiles. */
function summary(values: readonly number[]): LatencySummary {
  const sorted = values.toSorted((left, right) => left - right);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
  const sum = sorted.reduce((total, value) => total + value, 0);
  return {
    count: sorted.length,
    meanMs: sorted.length === 0 ? 0 : sum / sorted.length,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    maxMs: sorted.at(-1) ?? 0,
  };
}

export function gaugesOf(node: SimNode): Readonly<Record<string, number>> {
  return node.isUp ? (node.process?.status().gauges ?? {}) : {};
}

function emptyRow(): MutableRow {
  return { submitted: 0, committed: 0, latencySumMs: 0, latencyCount: 0, highestRound: 0 };
}

function sortedRecord<Value>(map: ReadonlyMap<string, Value>): Readonly<Record<string, Value>> {
  return Object.fromEntries([...map].sort(([left], [right]) => (left < right ? -1 : 1)));
}
