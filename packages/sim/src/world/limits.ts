// Bounds of what may happen at one instant of virtual time: without them, something that answers itself without delay
// would keep the clock from going on for ever. Each has a row in docs/limits.md.

/** Timers that adversaries set for the very instant at which they set them. */
export const ADVERSARY_TIMERS_PER_INSTANT_MAX: number = 1_000_000;
/** Events of any kind. The largest committee heard by all at once takes a million; more held messages fill no heap. */
export const EVENTS_PER_INSTANT_MAX: number = 20_000_000;
