// The seam between the world and a network model: a message leaves a node, the model says when (and how often) it
// arrives. Models draw through streams keyed by link, and keep queues in virtual time; they schedule nothing themselves.
// Where receivers have an ingress limit the world asks a second time, when the message stands at the receiver's network card:
// who queues there depends on the order of arrival, which nobody knows at sending.

import type { Micros } from "../kernel/time.ts";

/** One copy of a message that arrives. */
export interface Arrival {
  readonly atUs: Micros;
  /** The bytes were damaged on the way. */
  readonly isCorrupt: boolean;
}

export interface Transmission {
  readonly from: number;
  readonly to: number;
  readonly sizeBytes: number;
  readonly nowUs: Micros;
}

/** Latency, bandwidth, loss, duplication, reordering and corruption of all links. Stateful: its queues fill. */
export interface NetworkModel {
  /**
   * No arrival: lost. Two: duplicated. Order of calls is the order of sending. The array and the arrivals in it belong to the
   * model, which uses them again at the next call: read them at once. The argument is not kept, so it may be reused as well.
   */
  readonly transmit: (transmission: Transmission) => readonly Arrival[];
  /**
   * Null: no receiver has an ingress limit, and an arrival is a delivery. Otherwise called at each arrival, in the order of
   * arrival: when the receiver has the whole message (now or later). Each copy of a message is asked for.
   */
  readonly receive: ((to: number, sizeBytes: number, nowUs: Micros) => Micros) | null;
  /** Faults of the network that are in force change at scenario times; the world calls this at each with all that are. */
  readonly setConditions: (conditions: readonly LinkConditions[]) => void;
  /**
   * How often each configured impairment acted, by name ("loss", "duplicate", …; conditions by their own name): for
   * non-vacuity. A name that is there with 0 was configured and did nothing.
   */
  readonly counts: () => Readonly<Record<string, number>>;
}

/** What is added to the configured links while a fault is in force; neutral values change nothing. See conditions.ts. */
export interface LinkConditions {
  /** Under which the acts of these conditions are counted. */
  readonly name: string;
  readonly lossProbability: number;
  readonly extraDelayUs: Micros;
  readonly delayFactor: number;
  readonly duplicateProbability: number;
  readonly corruptProbability: number;
  readonly reorderProbability: number;
  readonly bandwidthFactor: number;
  /** The links that this applies to; null: all. */
  readonly links: ((from: number, to: number) => boolean) | null;
}

/** Who may talk to whom at present. Asked at sending; `hold` keeps the message until the partition heals. */
export interface PartitionView {
  readonly pass: (from: number, to: number) => "pass" | "drop" | "hold";
}
