// Writes log lines to a file descriptor, at once. A log that cannot be written (its disk is full, or read-only) is no reason
// to stop and must not decide how a node ends: what cannot be written is dropped. pino's own destination raises an error
// there, and waits for ever when the line is a fatal one.

import { writeSync } from "node:fs";
import { isSystemError } from "../errors.ts";

/** A pipe whose reader is slow is waited for so often before the line is dropped. */
const ATTEMPTS_MAX = 20;
const PAUSE_MS = 10;

export class LineWriter {
  readonly #fd: number;
  /** Sleeps: nothing ever wakes it. */
  readonly #never = new Int32Array(new SharedArrayBuffer(4));
  /** True if the last line broke off: the next one begins on a line of its own. */
  #isTorn = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(line: string): void {
    const bytes = Buffer.from(this.#isTorn ? `\n${line}` : line);
    let written = 0;
    for (let attempts = 0; written < bytes.length && attempts < ATTEMPTS_MAX;) {
      const count = this.#tryWrite(bytes, written);
      if (count === undefined) break;
      written += count;
      if (count > 0) continue;
      attempts += 1;
      Atomics.wait(this.#never, 0, 0, PAUSE_MS);
    }
    if (written > 0) this.#isTorn = written < bytes.length;
  }

  /** Bytes written, 0 if there is no room just now, undefined if it failed. */
  #tryWrite(bytes: Uint8Array, from: number): number | undefined {
    try {
      return writeSync(this.#fd, bytes, from);
    } catch (error) {
      return isSystemError(error, "EAGAIN") ? 0 : undefined;
    }
  }
}
