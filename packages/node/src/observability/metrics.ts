// Prometheus metrics of one node, in a registry of their own so that several nodes fit a process. Base units, fixed label
// sets: nothing a peer sends becomes a label.

import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";

export class NodeMetrics {
  readonly registry: Registry = new Registry();
  readonly #counters = new Map<CounterName, Counter>();
  readonly #gauges = new Map<GaugeName, Gauge>();
  readonly #histograms = new Map<HistogramName, Histogram>();
  readonly #faults: Counter<"type">;

  constructor() {
    collectDefaultMetrics({ register: this.registry, prefix: "selvedge_" });
    const registers = [this.registry];
    for (const [name, help] of COUNTERS)
      this.#counters.set(name, new Counter({ name: `selvedge_${name}`, help, registers }));
    for (const [name, help] of GAUGES) this.#gauges.set(name, new Gauge({ name: `selvedge_${name}`, help, registers }));
    for (const [name, help] of HISTOGRAMS) {
      this.#histograms.set(
        name,
        new Histogram({ name: `selvedge_${name}`, help, registers, buckets: SECONDS_BUCKETS }),
      );
    }
    this.#faults = new Counter({
      name: "selvedge_faults_total",
      help: "Misbehaviour reported, by kind",
      labelNames: ["type"],
      registers,
    });
  }

  count(name: CounterName, by = 1): void {
    this.#counters.get(name)?.inc(by);
  }

  set(name: GaugeName, value: number): void {
    this.#gauges.get(name)?.set(value);
  }

  observeSeconds(name: HistogramName, seconds: number): void {
    this.#histograms.get(name)?.observe(seconds);
  }

  fault(type: string): void {
    this.#faults.inc({ type });
  }

  async text(): Promise<string> {
    return this.registry.metrics();
  }
}

const COUNTERS = [
  ["blocks_accepted_total", "Blocks that entered the DAG"],
  ["blocks_own_total", "Blocks made by this validator"],
  ["blocks_refused_total", "Blocks from peers that broke P1 to P7"],
  ["commits_total", "Commits made durable"],
  ["transactions_committed_total", "Opaque transactions in durable commits"],
  ["updates_refused_total", "Updates that this node did not vouch for"],
  ["receipts_total", "Availability receipts seen"],
  ["checkpoints_total", "Checkpoint certificates formed"],
  ["versions_total", "Model versions closed"],
  ["scrub_bytes_total", "Stored bytes that the background scrub has read and checked"],
  ["scrub_findings_total", "Damage that the background scrub has found"],
  ["signatures_slow_total", "Signatures that OpenSSL refused and the portable rule decided"],
] as const;

const GAUGES = [
  ["round", "Round of this validator's newest block"],
  ["commit_index", "Index of the newest durable commit"],
  ["executed_index", "Index of the newest executed commit"],
  ["pruned_index", "Commits up to this one may be gone from this node's disk"],
  ["scrub_finished_seconds", "When the background scrub last came to its end, in seconds since 1970"],
  ["parked_blocks", "Blocks that wait for missing ancestors"],
  ["blocks_in_memory", "Blocks held in memory"],
  ["transactions_pending", "Transactions that wait for a commit"],
  ["peers_connected", "Connected peers"],
] as const;

const HISTOGRAMS = [
  ["own_block_commit_seconds", "Time from making a block to its durable commit"],
  ["receipt_seconds", "Time from proposing an update's header to its availability receipt"],
  ["persist_seconds", "Time of one persist barrier"],
] as const;

const SECONDS_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export type CounterName = (typeof COUNTERS)[number][0];
export type GaugeName = (typeof GAUGES)[number][0];
export type HistogramName = (typeof HISTOGRAMS)[number][0];
