// The forms of blocks and commits on disk, and the ranges of the keys beneath a prefix. chain-store.ts writes and reads them.

import { type CommitDigest, type Digest, digestFromBytes } from "@selvedge/integrity";
import { bytesField, countField, decodeTuple } from "./stored-tuple.ts";

export interface StoredCommit {
  readonly bytes: Uint8Array;
  readonly digest: CommitDigest;
  readonly consensusStateDigest: Digest;
}

export interface StoredBlock {
  /** Number under which it was accepted, from 1. */
  readonly acceptedAs: number;
  readonly bytes: Uint8Array;
}

/** Bounds of one answer. */
export interface BlockPage {
  readonly blocksMax: number;
  readonly bytesMax: number;
}

export function prefixRange(prefix: string): { readonly gte: string; readonly lt: string } {
  // '0' follows '/', with which every prefix ends.
  return { gte: prefix, lt: `${prefix.slice(0, -1)}0` };
}

export function readBlock(stored: Uint8Array): StoredBlock {
  const [acceptedAs, bytes] = decodeTuple(stored, "block", 2);
  return { acceptedAs: countField(acceptedAs, "block"), bytes: bytesField(bytes, "block") };
}

export function readCommit(stored: Uint8Array): StoredCommit {
  const [bytes, digest, stateDigest] = decodeTuple(stored, "commit", 3);
  return {
    bytes: bytesField(bytes, "commit"),
    digest: digestFromBytes<CommitDigest>(bytesField(digest, "commit")),
    consensusStateDigest: digestFromBytes(bytesField(stateDigest, "commit")),
  };
}
