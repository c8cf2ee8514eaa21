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
  /** It made a reading or a timer other than without it. */
  readonly onBite: () => void;
}

export class NodeClock {
  /** In force, by name. */
  readonly #faults = new Map<string, ClockFault>();

  begin(name: string, fault: ClockFault): void {
    this.#faults.set(name, fault);
  }

  end(name: string): void {
    this.#faults.delete(name);
  }

  /** What several faults add to it adds up. */
  readMs(nowUs: Micros): number {
    let readMs = EPOCH_MS + msOfMicros(nowUs);
    for (const fault of this.#faults.values()) {
      const { offsetMs, driftPpm, stepEveryMs, sinceUs, onBite } = fault;
      const driftedMs = (msOfMicros(nowUs - sinceUs) * driftPpm) / PER_MILLION;
      const steppedMs = this.#isStepped(nowUs, stepEveryMs, sinceUs) ? offsetMs : 0;
      if (driftedMs !== 0 || steppedMs !== 0) onBite();
      readMs = readMs + driftedMs + steppedMs;
    }
    return readMs;
  }

  /** Virtual time that a duration on this clock takes; the rates of several faults multiply. */
  realUs(durationUs: Micros): Micros {
    let rate = 1;
    for (const { driftPpm, onBite } of this.#faults.values()) {
      const ownRate = 1 + driftPpm / PER_MILLION;
      if (Math.round(durationUs / ownRate) !== durationUs) onBite();
      rate *= ownRate;
    }
    return Math.round(durationUs / rate);
  }

  #isStepped(nowUs: Micros, stepEveryMs: number | undefined, sinceUs: Micros): boolean {
    if (stepEveryMs === undefined || stepEveryMs <= 0) return true;
    return Math.floor((nowUs - sinceUs) / (stepEveryMs * MICROS_PER_MS)) % 2 === 0;
  }
}
