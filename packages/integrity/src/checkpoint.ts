// Quorum signatures over a state root: enough for a device that knows only the committee to trust it (docs/protocol.md §7).

import type { ChainId, CommitDigest, Digest } from "./digest.ts";
import type { CommitIndex, Epoch, ValidatorIndex } from "./ids.ts";

export interface CheckpointStatement {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  readonly index: CommitIndex;
  readonly commitDigest: CommitDigest;
  readonly stateRoot: Digest;
}

export interface CheckpointSignature {
  readonly validator: ValidatorIndex;
  readonly signature: Uint8Array;
}

/** Signatures ascending by validator, distinct, of stake ≥ Q: what `verifyCheckpoint` checks. */
export interface CheckpointCertificate {
  readonly statement: CheckpointStatement;
  readonly signatures: readonly CheckpointSignature[];
}
