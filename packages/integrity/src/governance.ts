// How a chain changes its committee (docs/protocol.md §11): a member proposes, members of stake Q approve, and where the
// coin has a key, members of stake Q deal the next one. All of it are ordered transactions; the bytes are
// codec/governance-codec.ts' work, what follows from them the ledger's.

import type { ChainId, Digest } from "./digest.ts";
import type { Epoch, ValidatorIndex } from "./ids.ts";

export type CommitteeChange = AddMember | RemoveMember | ReweighMember | RotateKey;

export interface AddMember {
  readonly type: "add";
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
  readonly stake: number;
}

export interface RemoveMember {
  readonly type: "remove";
  readonly name: string;
}

export interface ReweighMember {
  readonly type: "reweigh";
  readonly name: string;
  readonly stake: number;
}

/** Both keys at once: they come from one secret. */
export interface RotateKey {
  readonly type: "rotateKey";
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
}

/** Without a change it asks for a fresh key of the coin alone. */
export interface CommitteeProposal {
  readonly chainId: ChainId;
  /** The epoch that it is to end. */
  readonly epoch: Epoch;
  readonly proposer: ValidatorIndex;
  /** Above that of every earlier proposal of the proposer in this epoch. */
  readonly nonce: number;
  /** Applied in this order to the present members. */
  readonly changes: readonly CommitteeChange[];
}

export type GovernanceTransaction = SignedProposal | SignedApproval | SignedDealingPart;

interface Signed {
  /** What the signature signs the 32 bytes of. Of a proposal also its name. */
  readonly digest: Digest;
  readonly signature: Uint8Array;
}

/** Counts as the proposer's approval too. */
export interface SignedProposal extends Signed {
  readonly type: "proposal";
  readonly proposal: CommitteeProposal;
}

export interface SignedApproval extends Signed {
  readonly type: "approval";
  readonly proposal: Digest;
  readonly validator: ValidatorIndex;
}

/** One of the pieces of a dealing for the approved proposal; all but the last are of DEALING_PART_BYTES. */
export interface SignedDealingPart extends Signed {
  readonly type: "dealingPart";
  readonly proposal: Digest;
  readonly dealer: ValidatorIndex;
  /** From 0. */
  readonly part: number;
  readonly bytes: Uint8Array;
}
