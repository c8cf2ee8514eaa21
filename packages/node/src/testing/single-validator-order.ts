// What the process of single-validator-process.ts is told to do, in a JSON file.

import type { Digest } from "@selvedge/integrity";
import type { KeySecrets } from "../keys/keystore.ts";

export interface SingleValidatorOrder {
  readonly home: string;
  readonly genesisText: string;
  readonly secrets: KeySecrets;
  readonly snapshotEveryCommits: number;
  /** Makes this run's transactions unlike those of any other. */
  readonly run: string;
  readonly transactions: number;
  /** Acknowledged before: each must be committed still. */
  readonly acked: readonly Digest[];
}
