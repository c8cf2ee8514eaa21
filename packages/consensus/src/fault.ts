// Misbehaviour of others as data, with evidence. A report never changes what is decided; the host logs, counts and may
// score the peer down.

import type {
  BlockRef,
  CoinIndex,
  CommitIndex,
  Digest,
  Round,
  UpdateDigest,
  ValidatorIndex,
} from "@selvedge/integrity";

export type Fault =
  | {
      readonly type: "equivocation";
      readonly author: ValidatorIndex;
      readonly first: BlockRef;
      readonly second: BlockRef;
    }
  | {
      readonly type: "badCoinShare";
      readonly author: ValidatorIndex;
      readonly coin: CoinIndex;
      readonly block: BlockRef;
    }
  | { readonly type: "badCheckpointVote"; readonly author: ValidatorIndex; readonly index: CommitIndex }
  | {
      /** Two state roots for one commit with more than F stake each: the node must stop (§7). */
      readonly type: "stateDivergence";
      readonly index: CommitIndex;
      readonly roots: readonly Digest[];
    }
  | {
      readonly type: "conflictingAck";
      readonly author: ValidatorIndex;
      readonly update: UpdateDigest;
      readonly block: BlockRef;
    }
  | { readonly type: "parkedOverflow"; readonly author: ValidatorIndex; readonly evicted: BlockRef }
  | { readonly type: "roundTooFar"; readonly author: ValidatorIndex; readonly block: BlockRef }
  | {
      /** Every peer was asked for a block that a parked one needs, and none had it; we go on asking. */
      readonly type: "fetchExhausted";
      readonly missing: BlockRef;
    }
  | {
      /** We signed a round that our store does not hold (§11): we follow, and sign nothing until we have recovered. */
      readonly type: "amnesia";
      readonly signedRound: Round;
      readonly storedRound: Round;
    }
  | {
      /** A block with our signature that we did not make and that is not of our past (§11): the node must stop. */
      readonly type: "signedElsewhere";
      readonly author: ValidatorIndex;
      readonly block: BlockRef;
    };
