// Who may look on while a run goes on: metrics, traces, views. Observers change nothing; leaving them out changes nothing.

import type { Micros } from "../kernel/time.ts";
import type { Envelope } from "../protocol/message.ts";
import type { Observed } from "../protocol/observation.ts";

export interface Act {
  readonly who: string;
  readonly what: string;
  readonly node: number | null;
  readonly atUs: Micros;
}

export interface RunObserver {
  readonly onSent?: (message: Envelope) => void;
  readonly onDelivered?: (message: Envelope, atUs: Micros) => void;
  /** Lost by the network, cut by a partition, held or dropped by the adversary, or its receiver was down. */
  readonly onKept?: (message: Envelope, why: string, atUs: Micros) => void;
  readonly onObserved?: (observed: Observed) => void;
  /** A fault or a villain acted. */
  readonly onActed?: (act: Act) => void;
  readonly onLifecycle?: (node: number, state: "up" | "down" | "paused" | "frozen" | "corrupted", atUs: Micros) => void;
}
