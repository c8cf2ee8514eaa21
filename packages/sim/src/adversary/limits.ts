// Bounds on what an adversary from a file may ask for at once. Each has a row in docs/limits.md.

/** Delay of one message: a day, as the longest run. */
export const ADVERSARY_DELAY_MAX_MS = 86_400_000;
/** One message of a corrupted node, as the network weighs it. */
export const ADVERSARY_MESSAGE_MAX_BYTES: number = 1024 * 1024 * 1024;
