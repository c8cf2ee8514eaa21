// Bounds of the network models; docs/limits.md says what happens at each.

/** Longest delay that a distribution gives: a day, as the longest run. Heavy tails are cut here. */
export const DELAY_MAX_MS = 86_400_000;
/** Regions of a latency matrix. */
export const MATRIX_REGIONS_MAX = 1024;
/** Shortest period of a partition that flaps or is drawn anew. */
export const PARTITION_PERIOD_MIN_MS = 1;
