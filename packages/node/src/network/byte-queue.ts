// Bytes in the pieces in which they came, taken out in the pieces that are wanted. Each byte is copied at most twice: a
// piece costs some hundred bytes beside its own, so small ones are gathered, or a sender of single bytes would fill memory
// with a hundred times what it sent.

import { assert, mustExist } from "@selvedge/integrity";

/** A piece as large keeps its own memory. */
const GATHERED_BYTES = 4096;

export class ByteQueue {
  #pieces: Uint8Array[] = [];
  #sizeBytes = 0;
  /** What small pieces are copied to: the last of `#pieces` ends where its free room begins, if `#gathered` is above 0. */
  #room: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  #gathered = 0;

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  push(piece: Uint8Array): void {
    if (piece.length === 0) return;
    if (piece.length < GATHERED_BYTES) this.#gather(piece);
    else {
      this.#pieces.push(piece);
      this.#gathered = 0;
    }
    this.#sizeBytes += piece.length;
  }

  /** How many objects the bytes are held in. */
  get pieceCount(): number {
    return this.#pieces.length;
  }

  #gather(piece: Uint8Array): void {
    const last = this.#pieces.at(-1);
    const isLastGrowing = this.#gathered > 0 && last !== undefined;
    if (!isLastGrowing || this.#gathered + piece.length > this.#room.length) {
      this.#room = new Uint8Array(GATHERED_BYTES);
      this.#room.set(piece);
      this.#gathered = piece.length;
      this.#pieces.push(this.#room.subarray(0, piece.length));
      return;
    }
    this.#room.set(piece, this.#gathered);
    this.#gathered += piece.length;
    this.#pieces[this.#pieces.length - 1] = this.#room.subarray(
      this.#gathered - piece.length - last.length,
      this.#gathered,
    );
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
