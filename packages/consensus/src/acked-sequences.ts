// Which update of each (device, model, sequence) we have acked (U3), for as long as a rival could still be acked: the ledger
// tells which sequences are decided, and of those one number for each device and model is left.

import {
  type ClosedSequences,
  type UpdateDigest,
  type UpdateKey,
  updateKeyParts,
  updateStreamOf,
} from "@selvedge/integrity";
import type { AckRecord } from "./effect.ts";

/** Of one device and model. */
interface Stream {
  /** Every sequence up to this one is decided, acked by us or not. */
  closedUpTo: number;
  /** By sequence, above `closedUpTo`. */
  readonly acked: Map<number, UpdateDigest>;
}

export class AckedSequences {
  readonly #streams = new Map<string, Stream>();
  readonly #keyOf = new Map<UpdateDigest, UpdateKey>();

  /** The one update of this key that we have acked or are about to. */
  get(key: UpdateKey): UpdateDigest | undefined {
    const { stream, sequence } = updateKeyParts(key);
    return this.#streams.get(stream)?.acked.get(sequence);
  }

  /** An update known to be acked; undefined once its sequence is closed. */
  keyOf(update: UpdateDigest): UpdateKey | undefined {
    return this.#keyOf.get(update);
  }

  /** Whether an update of this key may still be acked. */
  isOpen(key: UpdateKey): boolean {
    const { stream, sequence } = updateKeyParts(key);
    const known = this.#streams.get(stream);
    return known === undefined || (sequence > known.closedUpTo && !known.acked.has(sequence));
  }

  add({ key, update }: AckRecord): void {
    const { stream, sequence } = updateKeyParts(key);
    const { closedUpTo, acked } = this.#streamOf(stream);
    // A record of the store may be older than what the ledger has decided since.
    if (sequence <= closedUpTo) return;
    acked.set(sequence, update);
    this.#keyOf.set(update, key);
  }

  /** The acked updates that are forgotten by it. Told again, or less than before, it changes nothing. */
  close(closed: ClosedSequences): readonly UpdateDigest[] {
    const { upTo } = closed;
    const stream = this.#streamOf(updateStreamOf(closed));
    if (upTo <= stream.closedUpTo) return [];
    stream.closedUpTo = upTo;
    const forgotten = [...stream.acked].filter(([sequence]) => sequence <= upTo);
    for (const [sequence, update] of forgotten) {
      stream.acked.delete(sequence);
      this.#keyOf.delete(update);
    }
    return forgotten.map(([, update]) => update);
  }

  #streamOf(name: string): Stream {
    let stream = this.#streams.get(name);
    if (stream === undefined) {
      stream = { closedUpTo: 0, acked: new Map() };
      this.#streams.set(name, stream);
    }
    return stream;
  }
}
