// A node's own clock over virtual time: offset, drift and steps. The protocol may copy what it reads into its blocks; its
// timers run by it. Nothing else may depend on it.

import { MICROS_PER_MS, type Micros, msOfMicros } from "../kernel/time.ts";

/** Wall clock at the start of every run: a date, so that nothing takes it for a small number. */
const EPOCH_MS: number = Date.UTC(2026, 0, 1);
const PER_MILLION = 1_000_000;

export interface ClockFault {
  readonly offsetMs: number;
  readonly driftPpm: number;
  readonly stepEveryMs: number | undefined;
  readonly sinceUs: Micros;
}

export class NodeClock {
  #fault: ClockFault | undefined;

  setFault(fault: ClockFault | undefined): void {
    this.#fault = fault;
  }

  readMs(nowUs: Micros): number {
    const trueMs = EPOCH_MS + msOfMicros(nowUs);
    if (this.#fault === undefined) return trueMs;
    const { offsetMs, driftPpm, stepEveryMs, sinceUs } = this.#fault;
    const drifted = (msOfMicros(nowUs - sinceUs) * driftPpm) / PER_MILLION;
    return trueMs + drifted + (this.#isStepped(nowUs, stepEveryMs, sinceUs) ? offsetMs : 0);
  }

  /** Virtual time that a duration on this clock takes. */
  realUs(durationUs: Micros): Micros {
    const ppm = this.#fault?.driftPpm ?? 0;
    return Math.round(durationUs / (1 + ppm / PER_MILLION));
  }

  #isStepped(nowUs: Micros, stepEveryMs: number | undefined, sinceUs: Micros): boolean {
    if (stepEveryMs === undefined || stepEveryMs <= 0) return true;
    return Math.floor((nowUs - sinceUs) / (stepEveryMs * MICROS_PER_MS)) % 2 === 0;
  }
}
