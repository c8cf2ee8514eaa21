// Canonical bytes and digests of commits, which form a hash chain: each carries its predecessor's digest (S6).

import type { Commit, SealedCommit, Slot } from "../commit.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type CommitDigest, digestOf, digestToBytes } from "../digest.ts";
import type { Rejection } from "../fault.ts";
import { commitIndex, epoch } from "../ids.ts";
import { COMMIT_BLOCKS_MAX, COMMIT_MAX_BYTES } from "../limits.ts";
import { type Result, ok } from "../result.ts";
import { readLeader, readRefs, refWire } from "./block-wire.ts";
import { FieldReader } from "./fields.ts";
import { decode, encode, wireInteger } from "./msgpack.ts";

/** Position is the wire code. */
const SLOT_KINDS: readonly Slot["kind"][] = ["P", "C"];
/** A block reference is an array of three. */
const ITEMS_MAX: number = 4 * COMMIT_BLOCKS_MAX + 64;

export function sealCommit(commit: Commit, sha256: Sha256): SealedCommit {
  const bytes = encode([
    wireInteger(commit.index),
    digestToBytes(commit.previous),
    wireInteger(commit.epoch),
    SLOT_KINDS.indexOf(commit.slot.kind),
    wireInteger(commit.slot.number),
    refWire(commit.leader),
    commit.blocks.map(refWire),
    wireInteger(commit.timestampMs),
  ]);
  return { commit, bytes, digest: digestOf<CommitDigest>(sha256, "commit", bytes) };
}

/** Shape and ranges only: that the chain holds and stake stands behind it is the caller's to ask. */
export function decodeCommit(received: Uint8Array, sha256: Sha256): Result<SealedCommit, Rejection> {
  const wire = decode(received, { bytesMax: COMMIT_MAX_BYTES, itemsMax: ITEMS_MAX });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "commit", fieldCount: 8 });
  const read = readCommit(fields);
  const commit = fields.finish(() => read);
  if (!commit.ok) return commit;
  const bytes = new Uint8Array(received);
  return ok({ commit: commit.value, bytes, digest: digestOf<CommitDigest>(sha256, "commit", bytes) });
}

function readCommit(fields: FieldReader): Commit {
  return {
    index: commitIndex(fields.integer("index", { min: 1, max: Number.MAX_SAFE_INTEGER })),
    previous: fields.digest<CommitDigest>("previous"),
    epoch: epoch(fields.count("epoch")),
    slot: { kind: fields.choice("slot kind", SLOT_KINDS, "P"), number: fields.count("slot number") },
    leader: readLeader(fields),
    blocks: readRefs(fields, "blocks", COMMIT_BLOCKS_MAX),
    timestampMs: fields.count("timestampMs"),
  };
}
