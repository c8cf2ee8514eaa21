// Bounds of what one view may hold. A trace beyond them is refused, or shown without the part that is too much; the page
// says so. Each has a row in docs/limits.md.

export const VIEW_BLOCKS_MAX = 400_000;
export const VIEW_ROUND_MAX = 200_000;
/** Entries of blocks in commits, over all commits. */
export const VIEW_OUTPUT_MAX = 2_000_000;
/** Times at which nodes accepted blocks; beyond, the page shows no acceptances at all. */
export const VIEW_ACCEPTANCES_MAX = 4_000_000;
/** Rounds and states of nodes, and commits as each node made them. */
export const VIEW_NODE_EVENTS_MAX = 2_000_000;
/** Marks on one lane; what comes closer than a fraction of the run is counted into the mark before. */
export const VIEW_LANE_MARKS_MAX = 2000;
/** Lanes of acts, and of reasons for which messages were kept, each. */
export const VIEW_LANES_MAX = 16;
