// Bounds of what a trace file may make its reader hold. Each has a row in docs/limits.md.

/** A longer line ends the reading: nothing that a run writes comes near it. */
export const TRACE_LINE_MAX_BYTES: number = 4 * 1024 * 1024;

/** Block digests in one "output" line; a commit with more is written as several. */
export const TRACE_OUTPUT_BLOCKS_MAX = 4096;

/** A writer that has met a round this far above remembers no blocks of the round: it may write them a second time. */
export const TRACE_ROUNDS_REMEMBERED = 512;
