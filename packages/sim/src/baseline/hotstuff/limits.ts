// Bounds of the baseline chain: what a peer can make a node keep or answer.

/** Blocks in one answer to a request for ancestors, newest first. */
export const HOTSTUFF_BLOCKS_PER_ANSWER_MAX = 32;
/** Of one answer; it holds at least one block. */
export const HOTSTUFF_ANSWER_MAX_BYTES = 1024 * 1024;
/** Blocks kept without their parent; beyond it, blocks that nobody asked for are dropped. */
export const HOTSTUFF_DETACHED_BLOCKS_MAX = 1024;
/** Views ahead of its own for which a node keeps votes. */
export const HOTSTUFF_VOTE_WINDOW_VIEWS = 64;
/** Transactions remembered after their commit, so that no block brings them again; the oldest blocks are forgotten first. */
export const HOTSTUFF_COMMITTED_TRANSACTIONS_MAX = 250_000;
/** Transactions waiting at one node; more are refused. */
export const HOTSTUFF_MEMPOOL_TRANSACTIONS_MAX = 500_000;
/** Of one message as it is decoded. */
export const HOTSTUFF_MESSAGE_MAX_BYTES = 64 * 1024 * 1024;
