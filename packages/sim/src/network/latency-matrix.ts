// The form of a round-trip matrix, of the package's own figures and of those that a user loads.

export interface LatencyMatrix {
  readonly name: string;
  readonly summary: string;
  readonly regions: readonly string[];
  /** Row: measuring side, column: target; null: not measured. */
  readonly rttMs: readonly (readonly (number | null)[])[];
  /** Between two nodes of one region, where the diagonal has no figure. */
  readonly sameRegionRttMs?: readonly number[];
}
