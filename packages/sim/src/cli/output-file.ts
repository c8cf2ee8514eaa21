// Files that a command writes for its user: opened before the work begins, so that a wrong path is known at once and not
// after an hour. Text given to a sink is written in blocks, because a run is synchronous and cannot wait.

import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { reasonOf } from "../scenario/input-file.ts";
import { SimRuntimeError } from "../scenario/sim-error.ts";

const BLOCK_CHARS = 1024 * 1024;

export class OutputFile implements Disposable {
  readonly path: string;
  readonly #descriptor: number;
  #waiting: string[] = [];
  #waitingChars = 0;
  /** Kept until the end: an observer of a run must not throw. */
  #failure: unknown;

  constructor(path: string) {
    this.path = path;
    try {
      this.#descriptor = openSync(path, "w");
    } catch (cause) {
      throw outputError(path, cause);
    }
  }

  readonly sink = (text: string): void => {
    if (this.#failure !== undefined) return;
    this.#waiting.push(text);
    this.#waitingChars += text.length;
    if (this.#waitingChars >= BLOCK_CHARS) this.#flush();
  };

  /** Everything is written when this returns. */
  finish(): void {
    this.#flush();
    if (this.#failure !== undefined) throw outputError(this.path, this.#failure);
  }

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }

  #flush(): void {
    const block = Buffer.from(this.#waiting.join(""));
    this.#waiting = [];
    this.#waitingChars = 0;
    try {
      for (let offset = 0; offset < block.length;) offset += writeSync(this.#descriptor, block, offset);
    } catch (error) {
      this.#failure ??= error;
    }
  }
}

export function writeOutput(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (cause) {
    throw outputError(path, cause);
  }
}

function outputError(path: string, cause: unknown): SimRuntimeError {
  return new SimRuntimeError("SIM_OUTPUT_FAILED", `${path} cannot be written: ${reasonOf(cause)}`, { cause });
}
