// Partial synchrony as a contract: from the global stabilisation time on, a message between nodes that are up and honest takes at
// most delta. The world tells of every such message; this says whether the contract was kept, how often not, and where first.
// What was sent before GST and not lost is due at GST + delta. It judges, it changes nothing: `dueUs` is what the world
// clamps the adversary's delays to, so that a breach which remains is the network's own (or a partition's that holds).

import { microsOfMs, type Micros } from "../kernel/time.ts";
import type { NetworkSpec } from "../scenario/schema.ts";

export type SynchronySpec = NonNullable<NetworkSpec["synchrony"]>;

/** A message between two nodes that were up and honest when it was sent. */
export interface SynchronyMessage {
  readonly id: number;
  readonly from: number;
  readonly to: number;
  readonly sentAtUs: Micros;
}

export interface SynchronyBreach extends SynchronyMessage {
  readonly dueUs: Micros;
  /** Null: never. */
  readonly deliveredAtUs: Micros | null;
  readonly why: "late" | "lost" | "undelivered";
}

export interface SynchronyReport {
  readonly isKept: boolean;
  /** Messages that the contract was checked on: delivered, lost or overdue. 0: nothing was checked. */
  readonly checkedCount: number;
  readonly breachCount: number;
  readonly firstBreach: SynchronyBreach | null;
  /** Longest time past max(sent, GST) that a delivery took, in microseconds. */
  readonly longestUs: Micros;
}

export class SynchronyContract {
  readonly #gstUs: Micros;
  readonly #deltaUs: Micros;
  /** Sent, neither delivered nor lost nor excused. */
  readonly #pending = new Map<number, SynchronyMessage>();
  #checkedCount = 0;
  #breachCount = 0;
  #firstBreach: SynchronyBreach | null = null;
  #longestUs = 0;

  constructor({ gstMs, deltaMs }: SynchronySpec) {
    this.#gstUs = microsOfMs(gstMs);
    this.#deltaUs = microsOfMs(deltaMs);
  }

  /** Latest delivery that keeps the contract. */
  dueUs(sentAtUs: Micros): Micros {
    return Math.max(sentAtUs, this.#gstUs) + this.#deltaUs;
  }

  onSent({ id, from, to, sentAtUs }: SynchronyMessage): void {
    this.#pending.set(id, { id, from, to, sentAtUs });
  }

  /** Of a message that was told of; copies after the first are of no interest. */
  onDelivered(id: number, nowUs: Micros): void {
    const message = this.#take(id);
    if (message === null) return;
    this.#checkedCount += 1;
    this.#longestUs = Math.max(this.#longestUs, nowUs - Math.max(message.sentAtUs, this.#gstUs));
    const dueUs = this.dueUs(message.sentAtUs);
    if (nowUs > dueUs) this.#breach({ ...message, dueUs, deliveredAtUs: nowUs, why: "late" });
  }

  /** The network lost it, or damaged it beyond reading. Before GST that is allowed. */
  onLost(id: number): void {
    const message = this.#take(id);
    if (message === null || message.sentAtUs < this.#gstUs) return;
    this.#checkedCount += 1;
    this.#breach({ ...message, dueUs: this.dueUs(message.sentAtUs), deliveredAtUs: null, why: "lost" });
  }

  /** Sender or receiver went down or was corrupted meanwhile: the contract says nothing about the message. */
  onExcused(id: number): void {
    this.#pending.delete(id);
  }

  /** Every message on its way from or to a node that went down or was corrupted. */
  excuseNode(node: number): void {
    for (const { id, from, to } of this.#pending.values()) if (from === node || to === node) this.#pending.delete(id);
  }

  /** At the end of the run, or at any time: what is overdue counts as a breach, once. */
  report(nowUs: Micros): SynchronyReport {
    for (const message of this.#pending.values()) {
      const dueUs = this.dueUs(message.sentAtUs);
      if (dueUs >= nowUs) continue;
      this.#pending.delete(message.id);
      this.#checkedCount += 1;
      this.#breach({ ...message, dueUs, deliveredAtUs: null, why: "undelivered" });
    }
    return {
      isKept: this.#breachCount === 0,
      checkedCount: this.#checkedCount,
      breachCount: this.#breachCount,
      firstBreach: this.#firstBreach,
      longestUs: this.#longestUs,
    };
  }

  #take(id: number): SynchronyMessage | null {
    const message = this.#pending.get(id) ?? null;
    this.#pending.delete(id);
    return message;
  }

  /** First by the time that it was due, then by the order of sending. */
  #breach(breach: SynchronyBreach): void {
    this.#breachCount += 1;
    const known = this.#firstBreach;
    if (known === null || breach.dueUs < known.dueUs || (breach.dueUs === known.dueUs && breach.id < known.id))
      this.#firstBreach = breach;
  }
}
