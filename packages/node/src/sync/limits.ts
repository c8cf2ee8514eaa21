// Bounds of catching up: what a node holds in memory for it, whatever the gap and whoever answers. Each has a row in
// docs/limits.md.

/** Commits that votes of more than F stake must be ahead of ours for a range to be fetched; below, the engine pulls rounds. */
export const SYNC_GAP_COMMITS = 128;
/** A range ends so many commits below the newest certificate: the engine pulls the rest by rounds. */
export const SYNC_REST_COMMITS = 16;
/** Commits from one certificate to the next; a fourth of it is asked of one peer. */
export const SEGMENT_COMMITS = 256;
export const SEGMENT_PART_COMMITS = 64;
/** The longest stretch without a certificate that is fetched; where checkpoints are further apart, a state is taken. */
export const SEGMENT_COMMITS_MAX = 4096;
/** References asked for in one request. */
export const PAGE_REFS = 64;
/** Fetched blocks that wait to be executed, and answers on their way, each counted as a whole one. */
export const SYNC_BUFFER_BYTES: number = 24 * 1024 * 1024;
/** Requests for blocks or portions on their way, over all peers. */
export const SYNC_REQUESTS_MAX = 4;
/** Commits that wait for the ledger; their blocks are in memory. */
export const SYNC_EXECUTION_LAG = 8;
/** A peer that does not answer for so long is left for the next one. */
export const SYNC_REQUEST_TIMEOUT_MS = 5_000;
/** A peer that took longer, whatever it answered, is asked after all others for so long. */
export const SYNC_SLOW_ANSWER_MS = 1_000;
export const SYNC_LAST_CHOICE_MS = 60_000;
/** A peer that failed is not asked again for so long. */
export const SYNC_PEER_REST_MS = 5_000;
/** Pause after all peers failed, and before the next look at the network. */
export const SYNC_PAUSE_MS = 500;
export const SYNC_RETRY_MS = 2_000;
/** The pause between looks that show nothing grows to so many times that. */
export const SYNC_RETRY_TIMES_MAX = 16;
/** Rounds in which no connected peer had it, after which a question has no answer: long enough for every rest to end. */
export const SYNC_EMPTY_ROUNDS_MAX = 20;

/** Bytes of a manifest: of as many portions as a state may have. */
export const STATE_MANIFEST_MAX_BYTES: number = 32 * 1024;
/** Bytes of a consensus state. */
export const STATE_SMALL_MAX_BYTES: number = 4 * 1024 * 1024;
/** Blocks that a consensus state may reach above its gcRound. */
export const STATE_BLOCKS_MAX = 262_144;

/** What a lie costs: wrong bytes are never an accident. Silence may be one, and costs nothing. */
export const PENALTY_SYNC_LIE = 50;
