// Canonical bytes of the parts of end markers, and of what a tally of them has counted (docs/protocol.md §11). Parts come
// from other validators; tallies from our own store or a peer's snapshot. Signatures are end-marker-tally.ts' work.

import { type ControlEntry, compareDigests } from "../block.ts";
import type { Sha256 } from "../crypto/port.ts";
import { type Digest, digestOf, digestToBytes } from "../digest.ts";
import {
  type AuthorMarkers,
  END_MARKER_KIND,
  type EndMarkerPart,
  type ListedUpdate,
  type MarkerStrand,
} from "../end-marker.ts";
import type { Rejection } from "../fault.ts";
import { validatorIndex } from "../ids.ts";
import {
  COMMITTEE_SIZE_MAX,
  CONTROL_PAYLOAD_MAX_BYTES,
  END_MARKER_PARTS_MAX,
  END_MARKER_STRANDS_MAX,
} from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import type { SignedUpdate } from "../update.ts";
import { FieldReader, type RecordShape } from "./fields.ts";
import { type WireValue, decode, encode } from "./msgpack.ts";
import { UPDATE_SHAPE, completeUpdate, readUpdateEnvelope, updateWire } from "./update-codec.ts";

const PART_SHAPE: RecordShape = { name: "end marker part", fieldCount: 3 };
/** No signed update is shorter than this on the wire. */
const UPDATE_BYTES_MIN = 128;
const UPDATES_PER_PART_MAX: number = CONTROL_PAYLOAD_MAX_BYTES / UPDATE_BYTES_MIN;
/** Device, model, sequence and what parts them. */
const KEY_MAX_BYTES = 160;

/** Of a part without headers, and around each header: more than any encoding of them needs. */
const PART_BYTES = 48;
const ENTRY_BYTES = 16;

export function encodeEndMarkerPart({ previous, isLast, updates }: EndMarkerPart): Uint8Array {
  return encode([previous === null ? null : digestToBytes(previous), isLast ? 1 : 0, updates.map(updateWire)]);
}

/** Shape and canonical bytes; whether the headers are signed is asked elsewhere. */
export function decodeEndMarkerPart(payload: Uint8Array, sha256: Sha256): Result<EndMarkerPart, Rejection> {
  const wire = decode(payload, { bytesMax: CONTROL_PAYLOAD_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, PART_SHAPE);
  const previous = fields.digestOrNull("previous");
  const isLast = fields.count("isLast", 1) === 1;
  const envelopes = fields.records({ ...UPDATE_SHAPE, entriesMax: UPDATES_PER_PART_MAX }, readUpdateEnvelope);
  const shape = fields.finish(() => envelopes);
  if (!shape.ok) return shape;
  const updates: SignedUpdate[] = [];
  for (const envelope of shape.value) {
    const update = completeUpdate(envelope, sha256);
    if (!update.ok) return err(update.error);
    updates.push(update.value);
  }
  return ok({ previous, isLast, updates });
}

/** What the next part names this one by. */
export function endMarkerPartDigest(payload: Uint8Array, sha256: Sha256): Digest {
  return digestOf(sha256, "end-marker", payload);
}

/** The marker as control entries in the order of its parts, or undefined if it would take too many of them. */
export function buildEndMarker(updates: readonly SignedUpdate[], sha256: Sha256): readonly ControlEntry[] | undefined {
  const groups = groupsOf(updates.toSorted((left, right) => compareDigests(left.digest, right.digest)));
  if (groups.length > END_MARKER_PARTS_MAX) return undefined;
  const entries: ControlEntry[] = [];
  let previous: Digest | null = null;
  for (const [position, group] of groups.entries()) {
    const isLast = position === groups.length - 1;
    const payload = encodeEndMarkerPart({ previous, isLast, updates: group });
    entries.push({ kind: END_MARKER_KIND, payload });
    previous = endMarkerPartDigest(payload, sha256);
  }
  return entries;
}

/** What fits into one control entry each; one empty group if there is nothing to list. */
function groupsOf(updates: readonly SignedUpdate[]): readonly (readonly SignedUpdate[])[] {
  let group: SignedUpdate[] = [];
  const groups = [group];
  let sizeBytes = PART_BYTES;
  for (const update of updates) {
    const updateBytes = update.bytes.length + ENTRY_BYTES;
    if (sizeBytes + updateBytes > CONTROL_PAYLOAD_MAX_BYTES) {
      group = [];
      groups.push(group);
      sizeBytes = PART_BYTES;
    }
    group.push(update);
    sizeBytes += updateBytes;
  }
  return groups;
}

/** For records that hold a tally: the consensus state, the ledger's snapshot. */
export function endMarkersWire(markers: readonly AuthorMarkers[]): WireValue {
  return markers.map(({ author, isCounted, updates, strands }) => [
    author,
    isCounted ? 1 : 0,
    updates.map(listedWire),
    strands.map((strand) => [
      strand.previous === null ? null : digestToBytes(strand.previous),
      digestToBytes(strand.last),
      strand.hasEnd ? 1 : 0,
      strand.partCount,
      strand.updates.map(listedWire),
    ]),
  ]);
}

export function readEndMarkers(fields: FieldReader): readonly AuthorMarkers[] {
  let previous = -1;
  return fields.records({ name: "end markers", fieldCount: 4, entriesMax: COMMITTEE_SIZE_MAX }, (entry) => {
    const markers = readAuthorMarkers(entry);
    if (markers.author <= previous) entry.fail("FIELD_OUT_OF_RANGE", `author ${markers.author} is out of order`);
    previous = markers.author;
    return markers;
  });
}

function readAuthorMarkers(fields: FieldReader): AuthorMarkers {
  return {
    author: validatorIndex(fields.count("author", COMMITTEE_SIZE_MAX - 1)),
    isCounted: fields.count("isCounted", 1) === 1,
    updates: readListed(fields),
    strands: fields.records({ name: "strands", fieldCount: 5, entriesMax: END_MARKER_STRANDS_MAX }, readStrand),
  };
}

function readStrand(fields: FieldReader): MarkerStrand {
  return {
    previous: fields.digestOrNull("previous"),
    last: fields.digest("last"),
    hasEnd: fields.count("hasEnd", 1) === 1,
    partCount: fields.integer("partCount", { min: 1, max: END_MARKER_PARTS_MAX }),
    updates: readListed(fields),
  };
}

function listedWire({ key, update }: ListedUpdate): WireValue {
  return [key, digestToBytes(update)];
}

function readListed(fields: FieldReader): readonly ListedUpdate[] {
  const entriesMax = END_MARKER_PARTS_MAX * UPDATES_PER_PART_MAX;
  return fields.records({ name: "listed updates", fieldCount: 2, entriesMax }, (entry) => ({
    key: entry.text("key", KEY_MAX_BYTES),
    update: entry.digest("update"),
  }));
}
