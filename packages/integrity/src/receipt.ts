// The portable availability receipt (docs/protocol.md §8, U4): acks of stake Q, each shown by its author's signed block
// header and an inclusion proof into the header's acksRoot.

import type { Ack } from "./block.ts";
import type { UpdateDigest } from "./digest.ts";

export interface ReceiptAck {
  /** Canonical bytes of the block header; names the author, and the acksRoot that the proof leads to. */
  readonly headerBytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly ack: Ack;
  readonly leafIndex: number;
  readonly leafCount: number;
  /** RFC 6962 audit path, 32 bytes each. */
  readonly path: readonly Uint8Array[];
}

export interface AvailabilityReceipt {
  readonly update: UpdateDigest;
  /** Ascending by author, distinct authors. */
  readonly acks: readonly ReceiptAck[];
}
