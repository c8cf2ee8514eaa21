// Virtual time: whole microseconds since the start of the run, in a number that stays exact for 285 years. Scenarios and
// reports speak of milliseconds; everything inside counts in microseconds, so that message delays can be exact.

/** Whole microseconds of virtual time, or of a duration. */
export type Micros = number;

export const MICROS_PER_MS = 1000;

export function microsOfMs(ms: number): Micros {
  return Math.round(ms * MICROS_PER_MS);
}

export function msOfMicros(micros: Micros): number {
  return micros / MICROS_PER_MS;
}
