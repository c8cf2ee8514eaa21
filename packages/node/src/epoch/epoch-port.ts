// What the parts of a node see of the change of an epoch: whom the executor and the journal tell. Imports no part.

import type { CheckpointCertificate, EpochStart } from "@selvedge/integrity";
import type { LedgerEvent } from "@selvedge/ledger";

/** Told by executor and journal; may not fail. */
export interface EpochChangePort {
  /** The commit that closes the epoch is executed and stored. */
  readonly onClosed: (next: EpochStart) => void;
  readonly onCertificate: (certificate: CheckpointCertificate) => void;
}

/** What executed commits mean for the epoch. */
export interface EpochEventPort {
  readonly onExecuted: (events: readonly LedgerEvent[]) => void;
  /** Looks whether a dealing of ours is wanted. */
  readonly deal: () => void;
}
