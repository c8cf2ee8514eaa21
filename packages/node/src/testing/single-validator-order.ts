// What the process of single-validator-process.ts is told to do, in a JSON file.

import type { Digest } from "@selvedge/integrity";

export interface SingleValidatorOrder {
  readonly home: string;
  readonly genesisText: string;
  readonly secrets: { readonly signing: string; readonly network?: string; readonly coin?: string };
  readonly snapshotEveryCommits: number;
  /** Makes this run's transactions unlike those of any other. */
  readonly run: string;
  readonly transactions: number;
  /** Acknowledged before: each must be committed still. */
  readonly acked: readonly Digest[];
}
