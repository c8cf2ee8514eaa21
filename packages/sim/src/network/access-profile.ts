// The form of an access network's figures.

export interface Quantiles {
  readonly shares: readonly number[];
  readonly ms: readonly number[];
}

export interface AccessProfile {
  readonly name: string;
  readonly summary: string;
  /** Of the access leg; half of a draw is one direction. */
  readonly roundTrip: Quantiles;
  /** The delay is drawn anew so often. */
  readonly coherenceMs: number;
  readonly downMbps: number | null;
  readonly upMbps: number | null;
  readonly lossProbability: number;
  /** Nothing passes for so long (quantiles), with exponential gaps in between; what is sent meanwhile passes afterwards. */
  readonly outages: ({ readonly gapMeanMs: number } & Quantiles) | null;
  /** At each multiple of `everyMs`, for so long, messages are lost with this probability. */
  readonly handover: { readonly everyMs: number; readonly forMs: number; readonly lossProbability: number } | null;
}
