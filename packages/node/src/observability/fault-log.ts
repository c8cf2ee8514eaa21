// Log lines about faults (F117). A peer can cause as many as it sends blocks, and a node that is behind sees one for each
// honest block ahead of it; so of each kind and author there is one line a minute, and the next one says how many were
// left out. The metric `selvedge_faults_total` counts all.

import type { Fault } from "@selvedge/consensus";
import type { NodeLogger } from "./log.ts";

export const FAULT_LINE_PERIOD_MS = 60_000;

/** They come of being behind as much as of the author: nobody has done wrong. */
const CIRCUMSTANCES: ReadonlySet<Fault["type"]> = new Set(["fetchExhausted", "parkedOverflow", "roundTooFar"]);

interface Line {
  readonly atMs: number;
  leftOut: number;
}

export class FaultLog {
  readonly #logger: NodeLogger;
  readonly #nowMs: () => number;
  /** As many at the most as there are kinds of fault times validators. */
  readonly #lines = new Map<string, Line>();

  constructor(logger: NodeLogger, nowMs: () => number) {
    this.#logger = logger;
    this.#nowMs = nowMs;
  }

  write(fault: Fault): void {
    const key = `${fault.type}/${"author" in fault ? fault.author : ""}`;
    const nowMs = this.#nowMs();
    const last = this.#lines.get(key);
    // The clock may be set back: then a line too many is better than none for years.
    if (last !== undefined && Math.abs(nowMs - last.atMs) < FAULT_LINE_PERIOD_MS) {
      last.leftOut += 1;
      return;
    }
    this.#lines.set(key, { atMs: nowMs, leftOut: 0 });
    const fields = { fault, ...(last !== undefined && last.leftOut > 0 && { leftOut: last.leftOut }) };
    this.#logger[CIRCUMSTANCES.has(fault.type) ? "info" : "warn"](fields, "fault");
  }
}
