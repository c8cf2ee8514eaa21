// Bounds on what a user's file may make the command line read or plan. Each has a row in docs/limits.md.

/** A scenario, sweep or manifest file. */
export const INPUT_FILE_MAX_BYTES: number = 8 * 1024 * 1024;
/** A file of random choices, which grows with the run that it is of. */
export const DECISIONS_FILE_MAX_BYTES: number = 512 * 1024 * 1024;
/** Jobs that one sweep file may stand for. */
export const SWEEP_JOBS_MAX = 100_000;
/** One job's result as it travels through a queue. */
export const QUEUE_RESULT_MAX_BYTES: number = 64 * 1024 * 1024;
