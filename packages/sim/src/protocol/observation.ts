// What a process tells the world it did: the one stream that checkers, metrics, traces and views read. Every observation
// is stamped with node and time by the world. An honest process tells the truth; what corrupted nodes tell is not checked.

import type { BlockRef, SignedUpdate, UpdateDigest, VerifiedBlock } from "@selvedge/integrity";

export type Observation =
  | {
      /** A block (or proposal) of the node's own is durable and about to leave. */
      readonly type: "signed";
      readonly round: number;
      readonly digest: string;
      readonly block: VerifiedBlock | null;
    }
  | {
      /** A block entered the node's DAG, all its ancestors before it. */
      readonly type: "accepted";
      readonly block: VerifiedBlock;
    }
  | {
      readonly type: "committed";
      readonly index: number;
      readonly digest: string;
      readonly parentDigest: string;
      /** In output order. Empty for protocols without a DAG. */
      readonly blocks: readonly VerifiedBlock[];
      /** In output order, of all blocks of the commit. */
      readonly transactions: readonly Uint8Array[];
      readonly leader: { readonly round: number; readonly author: number };
      /** Which family of slots, or "chain". */
      readonly slot: string;
      /** The time that the commit carries, for protocols whose commits do. */
      readonly timestampMs?: number;
    }
  | {
      readonly type: "executed";
      readonly index: number;
      readonly stateRoot: string;
      /** Digests of updates certified by this commit, and of versions closed. */
      readonly certified: readonly { readonly update: UpdateDigest; readonly key: string }[];
      readonly versions: readonly ClosedVersion[];
    }
  | { readonly type: "acked"; readonly key: string; readonly update: UpdateDigest }
  | {
      readonly type: "receipt";
      readonly update: UpdateDigest;
      readonly key: string | null;
      readonly ackers: readonly number[];
    }
  | { readonly type: "updateProposed"; readonly update: SignedUpdate }
  /** The node holds this payload, whole and durable, or lost it (a disk fault). */
  | { readonly type: "payloadHeld"; readonly root: string; readonly isHeld: boolean }
  | { readonly type: "round"; readonly round: number }
  /** Misbehaviour of another that the node reported, or bytes it refused. */
  | { readonly type: "reported"; readonly fault: string; readonly about: number | null; readonly detail: string }
  | { readonly type: "decided"; readonly slot: string; readonly verdict: string; readonly block: BlockRef | null }
  /** The node stopped in an orderly way (damaged store, full disk) and says why. */
  | { readonly type: "stopped"; readonly reason: string };

export interface ClosedVersion {
  readonly model: string;
  readonly version: number;
  readonly digest: string;
  /** Updates of its record, in the record's order. */
  readonly updates?: readonly UpdateDigest[];
}

export type Observed = Observation & { readonly node: number; readonly atUs: number };
