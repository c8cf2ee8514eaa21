// What travels in the world: an envelope around a protocol's own message. The world, the network models and the
// adversary's hook see envelopes; only the protocol knows what is in the body.

import type { Micros } from "../kernel/time.ts";

/** Kinds of our own protocol; a baseline names its own ("proposal", "vote", …). "garbage": bytes damaged on the way. */
export type MessageKind = string;

export interface OutgoingMessage {
  readonly to: number;
  readonly kind: MessageKind;
  /** On the wire, framing included; modelled payload included. */
  readonly sizeBytes: number;
  /** Immutable: one body is shared by all receivers. */
  readonly body: unknown;
}

export interface Envelope extends OutgoingMessage {
  /** Ascending in the order of sending; unique in a run. */
  readonly id: number;
  readonly from: number;
  readonly sentAtUs: Micros;
}
