// How far a long command is: a line that is drawn over at a terminal, else a line every few seconds.

import type { Output } from "./output.ts";

const DRAW_EVERY_MS = 200;
const NOTE_EVERY_MS = 15_000;
const BAR_WIDTH = 30;

export class Progress {
  readonly #output: Output;
  readonly #what: string;
  readonly #startedAtMs = performance.now();
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #notedAtMs = performance.now();

  constructor(output: Output, what: string) {
    this.#output = output;
    this.#what = what;
  }

  show(done: number, total: number, extra = ""): void {
    const nowMs = performance.now();
    const text = `${done} of ${total} ${this.#what}${extra}${this.#remaining(done, total, nowMs)}`;
    if (nowMs - this.#drawnAtMs >= DRAW_EVERY_MS) {
      this.#drawnAtMs = nowMs;
      this.#output.status(`${bar(total === 0 ? 1 : done / total)} ${text}`);
    }
    if (nowMs - this.#notedAtMs < NOTE_EVERY_MS || process.stderr.isTTY) return;
    this.#notedAtMs = nowMs;
    this.#output.note(text);
  }

  clear(): void {
    this.#output.status("");
  }

  #remaining(done: number, total: number, nowMs: number): string {
    const seconds = Math.ceil(((nowMs - this.#startedAtMs) / Math.max(1, done)) * (total - done)) / 1000;
    return done === 0 || done === total ? "" : `, about ${Math.ceil(seconds)} s to go`;
  }
}

function bar(share: number): string {
  const filled = Math.round(BAR_WIDTH * Math.min(1, share));
  return `[${"#".repeat(filled)}${".".repeat(BAR_WIDTH - filled)}]`;
}
