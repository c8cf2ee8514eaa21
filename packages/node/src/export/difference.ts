// The first thing in which two of a kind differ.

export interface Difference {
  /** "commit 7", "state root of commit 7", "version 3 of digits", "line of commit 7". */
  readonly subject: string;
  readonly left: string;
  readonly right: string;
}

export interface Comparison {
  readonly difference: Difference | undefined;
  /** What was compared: numbers that both sides have. */
  readonly from: number;
  readonly to: number;
  /** What only one of them has; no difference. */
  readonly notes: readonly string[];
}
