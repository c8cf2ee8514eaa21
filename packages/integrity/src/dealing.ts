// What the ledger needs of the scheme by which a coming committee is dealt its coin's key over the chain
// (docs/protocol.md §6, §11). consensus/coin/dealing-scheme.ts implements it; the host hands it to the ledger.

import type { ChainId, Digest } from "./digest.ts";
import type { Rejection } from "./fault.ts";
import type { Epoch } from "./ids.ts";
import type { Result } from "./result.ts";

export interface DealingRecipient {
  readonly stake: number;
  /** Ristretto255 element, 32 bytes. */
  readonly encryptionKey: Uint8Array;
}

/** What a dealing is for; bound into its proof, so that nobody can hand it in as their own or for another change. */
export interface DealingContext {
  readonly chainId: ChainId;
  /** The epoch whose key is made. */
  readonly epoch: Epoch;
  /** Digest of the proposal that the dealing serves. */
  readonly proposal: Digest;
  /** Signing key of the dealer in the present committee, 32 bytes. */
  readonly dealerPublicKey: Uint8Array;
  /** The coming committee, in its order. */
  readonly recipients: readonly DealingRecipient[];
}

export interface DealtPublicKeys {
  /** 32 bytes. */
  readonly groupPublicKey: Uint8Array;
  /** By member of the coming committee, 32 bytes per ticket. */
  readonly publicShares: readonly (readonly Uint8Array[])[];
}

export interface DealingScheme {
  /** Bytes of a dealing for these recipients: every dealing has exactly this size. A code if they can have no coin. */
  readonly sizeOf: (recipients: readonly DealingRecipient[]) => Result<number, Rejection>;
  /** Pure, and slow: tens of milliseconds to a second or two. Whatever the bytes are, it answers. */
  readonly verify: (bytes: Uint8Array, context: DealingContext) => Result<true, Rejection>;
  /** The keys that valid dealings for these recipients make together, in whatever order they are given. */
  readonly combine: (
    dealings: readonly Uint8Array[],
    recipients: readonly DealingRecipient[],
  ) => Result<DealtPublicKeys, Rejection>;
}
