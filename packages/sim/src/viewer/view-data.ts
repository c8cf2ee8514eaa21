// What the page gets: a whole run as plain arrays, small enough to stand in one HTML file. Times are microseconds. Blocks
// are named by their position in `blocks`, which is the order in which they were first seen. client/ reads it.

export interface ViewData {
  readonly name: string;
  readonly protocol: string;
  readonly seed: number;
  readonly size: number;
  readonly stakes: readonly number[];
  readonly quorumStake: number;
  readonly endUs: number;
  readonly verdict: string | null;
  readonly findings: readonly ViewFinding[];
  /** Label and value, for the summary. */
  readonly facts: readonly (readonly [string, string])[];
  /** What the view leaves out, and why. */
  readonly notes: readonly string[];
  readonly blocks: ViewBlocks;
  /** By block: time after the block's own at which each node accepted it, −1 for never. Null: not shown. */
  readonly accepted: readonly (readonly number[])[] | null;
  readonly commits: readonly ViewCommit[];
  readonly slots: readonly ViewSlot[];
  readonly nodes: readonly ViewNode[];
  readonly faults: readonly ViewFault[];
  readonly acts: readonly ViewLane[];
  readonly kept: readonly ViewLane[];
}

export interface ViewFinding {
  readonly verdict: string;
  readonly class: string;
  readonly detail: string;
  readonly node: number | null;
  readonly atUs: number;
}

/** One array a field, one entry a block. */
export interface ViewBlocks {
  readonly author: readonly number[];
  readonly round: readonly number[];
  readonly digest: readonly string[];
  /** When its author signed it, or when it was first seen if the author does not tell the truth. */
  readonly at: readonly number[];
  /** 1 if its author said that it signed it: what corrupted nodes send is seen at others only. */
  readonly isSigned: readonly number[];
  /** Positions of the parents that are in the trace. */
  readonly parents: readonly (readonly number[])[];
  readonly bytes: readonly number[];
  readonly transactions: readonly number[];
  readonly updates: readonly number[];
  readonly acks: readonly number[];
}

export interface ViewCommit {
  readonly index: number;
  readonly digest: string;
  readonly slot: string;
  readonly author: number;
  readonly round: number;
  /** Position of the leader's block, −1 if the trace has none. */
  readonly leader: number;
  /** In output order. */
  readonly blocks: readonly number[];
  readonly transactions: number;
  /** By node; −1 for never. */
  readonly at: readonly number[];
  /** Another commit has the same index: agreement is broken. */
  readonly isConflict: boolean;
}

/** earlier: the verdict was commit, and the leader's block had been output already. open: undecided at the end. */
export type SlotState = "commit" | "skip" | "void" | "earlier" | "open";

export interface ViewSlot {
  readonly name: string;
  readonly kind: "P" | "C" | "other";
  readonly round: number;
  readonly author: number | null;
  readonly state: SlotState;
  /** Position in `commits`. */
  readonly commit: number | null;
  /** When the first node's output passed it; −1 if none did. */
  readonly at: number;
  /** Pairs of voter and block voted for, flattened. */
  readonly votes: readonly number[];
  readonly blames: readonly number[];
  /** Pairs of certificate and block certified, flattened. */
  readonly certificates: readonly number[];
}

export interface ViewNode {
  /** Time and round, flattened. */
  readonly rounds: readonly number[];
  /** Time and state, in turn. */
  readonly states: readonly (readonly [number, string])[];
  /** Time and what it said: reports of faults, and why it stopped. */
  readonly reports: readonly (readonly [number, string])[];
}

export interface ViewFault {
  readonly kind: string;
  readonly label: string;
  readonly fromUs: number;
  readonly toUs: number;
  readonly nodes: readonly number[] | null;
}

export interface ViewLane {
  readonly name: string;
  readonly count: number;
  /** Time, number of acts in the mark, node or −1, what was done. */
  readonly marks: readonly (readonly [number, number, number, string])[];
}
