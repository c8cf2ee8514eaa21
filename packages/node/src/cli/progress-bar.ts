// One line on stderr that is drawn over; nothing at all where nobody watches.

import { type Output } from "./output.ts";

const WIDTH = 30;
const DRAW_EVERY_MS = 100;
const CLEAR_LINE = "\r\u001b[K";

export class ProgressBar {
  readonly #isShown: boolean;
  #drawnAtMs = Number.NEGATIVE_INFINITY;

  constructor(output: Output) {
    this.#isShown = output.isTerminal && process.stderr.isTTY;
  }

  /** A total of zero is not known. */
  draw(subject: string, done: number, total: number): void {
    const nowMs = performance.now();
    if (!this.#isShown || nowMs - this.#drawnAtMs < DRAW_EVERY_MS) return;
    this.#drawnAtMs = nowMs;
    process.stderr.write(
      `${CLEAR_LINE}${total > 0 ? bar(done / total) : ""}${done}${total > 0 ? ` of ${total}` : ""} ${subject}`,
    );
  }

  clear(): void {
    if (this.#isShown) process.stderr.write(CLEAR_LINE);
  }
}

function bar(share: number): string {
  const filled = Math.round(WIDTH * Math.min(1, share));
  return `[${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] `;
}
