// Bounds on a stored or received consensus state. Each has a row in docs/limits.md that says what happens at the bound.

/** Output heads; a sound state has at most one per round above gcRound and equivocation, in practice one. */
export const CONSENSUS_HEADS_MAX = 16_384;
/** Places of a leader schedule, and scores. */
export const CONSENSUS_PLACES_MAX = 65_536;
export const CONSENSUS_STATE_MAX_BYTES: number = 4 * 1024 * 1024;
