// One run of open-loop load against a set of nodes: sends what is due when it is due, in batches, and books every answer
// against the time at which its transactions were due. Only acknowledged commits count.

import type { Agent } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { type TransactionSource, batchBody, createAgent, postBatch } from "./batch-request.ts";
import { LatencyHistogram } from "./histogram.ts";
import type { LoadOrder, LoadResult, LoadSecond } from "./load-types.ts";
import { OpenLoopSchedule } from "./schedule.ts";

/** A node gets a batch so often, if anything is due. */
const BATCH_EVERY_MS = 10;
/** Requests under way to one node; what is due beyond waits, and the wait counts as latency. */
const REQUESTS_MAX = 48;
/** A node's own bounds on a batch are 1000 and 1 MiB. */
const BATCH_TRANSACTIONS_MAX = 1000;
const BATCH_BYTES_MAX = 1000 * 1024;

interface TargetState {
  readonly url: string;
  readonly node: number;
  sent: number;
  underWay: number;
}

export class LoadRun {
  readonly #order: LoadOrder;
  readonly #schedule: OpenLoopSchedule;
  readonly #source: TransactionSource;
  readonly #agent: Agent = createAgent(REQUESTS_MAX);
  readonly #targets: readonly TargetState[];
  readonly #latency = new LatencyHistogram();
  readonly #sendLag = new LatencyHistogram();
  readonly #bySecond = new Map<number, LatencyHistogram>();
  #startMs = 0;
  #committed = 0;
  #windowCommitted = 0;
  #refused = 0;
  #failed = 0;
  #firstFailure: string | null = null;

  constructor(order: LoadOrder, source: Pick<TransactionSource, "noise" | "runId">) {
    this.#order = order;
    this.#schedule = new OpenLoopSchedule({ rate: order.rate, seconds: order.seconds, nodes: order.targets.length });
    this.#source = { ...source, txBytes: order.txBytes };
    this.#targets = order.targets.map((url, node) => ({ url, node, sent: 0, underWay: 0 }));
  }

  async run(onWindow: (edge: "begin" | "end") => void): Promise<LoadResult> {
    const { seconds, warmUpSeconds, drainSeconds } = this.#order;
    const cpuBefore = process.cpuUsage();
    this.#startMs = performance.now();
    let isMeasuring = false;
    for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = this.#elapsedMs()) {
      if (!isMeasuring && elapsedMs >= warmUpSeconds * 1000) {
        isMeasuring = true;
        onWindow("begin");
      }
      for (const target of this.#targets) this.#sendDue(target);
      await delay(BATCH_EVERY_MS);
    }
    onWindow("end");
    const cpu = process.cpuUsage(cpuBefore);
    await this.#drain((seconds + drainSeconds) * 1000);
    this.#agent.destroy();
    return this.#result((cpu.user + cpu.system) / 1e6);
  }

  #elapsedMs(): number {
    return performance.now() - this.#startMs;
  }

  #sendDue(target: TargetState): void {
    const sizeMax = Math.max(1, Math.floor(BATCH_BYTES_MAX / (this.#order.txBytes + 4)));
    const countMax = Math.min(BATCH_TRANSACTIONS_MAX, sizeMax);
    const due = this.#schedule.dueCount(target.node, this.#elapsedMs());
    while (target.sent < due && target.underWay < REQUESTS_MAX) {
      const from = target.sent;
      target.sent = Math.min(due, from + countMax);
      void this.#send(target, from, target.sent);
    }
  }

  async #send(target: TargetState, from: number, to: number): Promise<void> {
    const positions = Array.from({ length: to - from }, (_, offset) => from + offset);
    const numbers = positions.map((position) => position * this.#targets.length + target.node);
    target.underWay += 1;
    const sentMs = this.#elapsedMs();
    for (const position of positions)
      this.#sendLag.record((sentMs - this.#schedule.dueMs(target.node, position)) * 1000);
    try {
      const { states } = await postBatch(this.#agent, target.url, batchBody(this.#source, numbers));
      this.#book(target, positions, states);
    } catch (error) {
      this.#failed += positions.length;
      this.#firstFailure ??= error instanceof Error ? error.message : String(error);
    } finally {
      target.underWay -= 1;
    }
  }

  #book(target: TargetState, positions: readonly number[], states: readonly string[]): void {
    const ackMs = this.#elapsedMs();
    const { seconds, warmUpSeconds } = this.#order;
    const isInWindow = ackMs >= warmUpSeconds * 1000 && ackMs < seconds * 1000;
    for (const [at, position] of positions.entries()) {
      if (states[at] === "refused") this.#refused += 1;
      if (states[at] !== "committed") continue;
      const dueMs = this.#schedule.dueMs(target.node, position);
      this.#committed += 1;
      if (isInWindow) this.#windowCommitted += 1;
      if (dueMs >= warmUpSeconds * 1000) this.#latency.record((ackMs - dueMs) * 1000);
      this.#second(Math.floor(ackMs / 1000)).record((ackMs - dueMs) * 1000);
    }
  }

  #second(second: number): LatencyHistogram {
    const known = this.#bySecond.get(second) ?? new LatencyHistogram();
    this.#bySecond.set(second, known);
    return known;
  }

  /** What is due but could not be sent for want of a free request is still sent. */
  async #drain(untilMs: number): Promise<void> {
    const isOpen = ({ node, sent, underWay }: TargetState): boolean =>
      underWay > 0 || sent < this.#schedule.dueCount(node, this.#elapsedMs());
    while (this.#elapsedMs() < untilMs && this.#targets.some(isOpen)) {
      for (const target of this.#targets) this.#sendDue(target);
      await delay(BATCH_EVERY_MS);
    }
  }

  #result(generatorCpuSeconds: number): LoadResult {
    const { seconds, warmUpSeconds, rate } = this.#order;
    const offered = this.#schedule.total;
    return {
      offered,
      measuredOffered: offered - Math.min(offered, Math.ceil(warmUpSeconds * rate)),
      sent: this.#targets.reduce((sum, { sent }) => sum + sent, 0),
      committed: this.#committed,
      windowCommitted: this.#windowCommitted,
      windowSeconds: seconds - warmUpSeconds,
      refused: this.#refused,
      failed: this.#failed,
      unanswered: offered - this.#committed - this.#refused - this.#failed,
      latency: this.#latency.snapshot(),
      sendLag: this.#sendLag.snapshot(),
      seconds: this.#series(),
      generatorCpuSeconds,
      firstFailure: this.#firstFailure,
    };
  }

  #series(): LoadSecond[] {
    const last = Math.max(-1, ...this.#bySecond.keys());
    return Array.from({ length: last + 1 }, (_, second) => {
      const { count, p50Ms, p99Ms } = this.#second(second).summary();
      return { committed: count, p50Ms, p99Ms };
    });
  }
}
