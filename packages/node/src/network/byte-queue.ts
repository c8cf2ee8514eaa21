// Bytes in the pieces in which they came, taken out in the pieces that are wanted. Each byte is copied at most once.

import { assert, mustExist } from "@selvedge/integrity";

export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#sizeBytes += piece.length;
  }

  /** The first four bytes as a big-endian number, if they are there. */
  peekUint32(): number | undefined {
    if (this.#sizeBytes < 4) return undefined;
    let value = 0;
    let wanted = 4;
    for (const piece of this.#pieces) {
      for (let at = 0; at < piece.length && wanted > 0; at += 1) {
        value = value * 256 + (piece[at] ?? 0);
        wanted -= 1;
      }
      if (wanted === 0) break;
    }
    return value;
  }

  take(length: number): Uint8Array {
    assert(length <= this.#sizeBytes, "no more is taken than there is");
    const taken = new Uint8Array(length);
    let filled = 0;
    let used = 0;
    while (filled < length) {
      const piece = mustExist(this.#pieces[used], "the pieces hold #sizeBytes");
      const part = piece.subarray(0, length - filled);
      taken.set(part, filled);
      filled += part.length;
      if (part.length < piece.length) this.#pieces[used] = piece.subarray(part.length);
      else used += 1;
    }
    this.#pieces.splice(0, used);
    this.#sizeBytes -= length;
    return taken;
  }
}
