// What consensus needs to go on after a commit (§7): persisted with it, and covered by the state root through its digest.
// Equal on all validators for the same commit, byte for byte. Held apart from the classes that use it, so that the
// format is in one place.

import {
  type AuthorMarkers,
  type BlockDigest,
  type BlockRef,
  type CommitDigest,
  FieldReader,
  type Rejection,
  type Result,
  type Slot,
  type WireValue,
  decode,
  digestToBytes,
  encode,
  endMarkersWire,
  readEndMarkers,
  round,
  validatorIndex,
  wireInteger,
} from "@selvedge/integrity";
import { CONSENSUS_HEADS_MAX, CONSENSUS_PLACES_MAX, CONSENSUS_STATE_MAX_BYTES } from "./limits.ts";

export interface ConsensusState {
  readonly commitIndex: number;
  readonly commitDigest: CommitDigest;
  /** The slot that emitted the commit. */
  readonly lastSlot: Slot;
  readonly windowHasCommit: boolean;
  readonly gcRound: number;
  readonly timestampMs: number;
  readonly scheduleNumber: number;
  readonly places: readonly number[];
  /** By author: what the votes output in the current U commits were worth so far (S7). */
  readonly scores: readonly number[];
  /**
   * The committed leaders above gcRound that no later one's history holds, in order of commit. Output above gcRound are
   * exactly these and their ancestors above gcRound: that is how "references output" (S6) stand here.
   */
  readonly heads: readonly BlockRef[];
  /** The same as of the start of the current schedule: what they reach was output before these U commits. */
  readonly scheduleHeads: readonly BlockRef[];
  /** Former schedules that led rounds above gcRound: who has earned waiting (§4) is read from those rounds. */
  readonly pastSchedules: readonly PastSchedule[];
  /** What the output has shown of end markers (§11), without what they list. */
  readonly endMarkers: readonly AuthorMarkers[];
}

export interface PastSchedule {
  readonly number: number;
  readonly lastRound: number;
  readonly places: readonly number[];
}

const FORMAT_VERSION = 2;
const SLOT_KINDS: readonly Slot["kind"][] = ["P", "C"];
const REF_SHAPE = { name: "block reference", fieldCount: 3, entriesMax: CONSENSUS_HEADS_MAX };
/** No more than there are committed leaders above gcRound. */
const PAST_SHAPE = { name: "pastSchedules", fieldCount: 3, entriesMax: CONSENSUS_HEADS_MAX };
/** The bound in bytes is the one that counts: no item is smaller than a byte. */
const ITEMS_MAX: number = CONSENSUS_STATE_MAX_BYTES;

export function encodeConsensusState(state: ConsensusState): Uint8Array {
  return encode([
    FORMAT_VERSION,
    wireInteger(state.commitIndex),
    digestToBytes(state.commitDigest),
    SLOT_KINDS.indexOf(state.lastSlot.kind),
    wireInteger(state.lastSlot.number),
    state.windowHasCommit ? 1 : 0,
    wireInteger(state.gcRound),
    wireInteger(state.timestampMs),
    wireInteger(state.scheduleNumber),
    state.places.map(wireInteger),
    state.scores.map(wireInteger),
    state.heads.map(refWire),
    state.scheduleHeads.map(refWire),
    state.pastSchedules.map(({ number, lastRound, places }) => [
      wireInteger(number),
      wireInteger(lastRound),
      places.map(wireInteger),
    ]),
    endMarkersWire(state.endMarkers),
  ]);
}

export function decodeConsensusState(bytes: Uint8Array): Result<ConsensusState, Rejection> {
  const wire = decode(bytes, { bytesMax: CONSENSUS_STATE_MAX_BYTES, itemsMax: ITEMS_MAX });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "consensus state", fieldCount: 15 });
  const state = readState(fields);
  return fields.finish(() => state);
}

function readState(fields: FieldReader): ConsensusState {
  fields.integer("format", { min: FORMAT_VERSION, max: FORMAT_VERSION });
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  return {
    commitIndex: fields.integer("commitIndex", { min: 1, max: Number.MAX_SAFE_INTEGER }),
    commitDigest: fields.digest<CommitDigest>("commitDigest"),
    lastSlot: { kind: fields.choice("slot kind", SLOT_KINDS, "P"), number: fields.count("slot number") },
    windowHasCommit: fields.count("windowHasCommit", 1) === 1,
    gcRound: fields.count("gcRound"),
    timestampMs: fields.count("timestampMs"),
    scheduleNumber: fields.integer("scheduleNumber", { min: 1, max: Number.MAX_SAFE_INTEGER }),
    places: fields.integerList("places", { entriesMax: CONSENSUS_PLACES_MAX, range }),
    scores: fields.integerList("scores", { entriesMax: CONSENSUS_PLACES_MAX, range }),
    heads: fields.records({ ...REF_SHAPE, name: "heads" }, readRef),
    scheduleHeads: fields.records({ ...REF_SHAPE, name: "scheduleHeads" }, readRef),
    pastSchedules: fields.records(PAST_SHAPE, readPast),
    endMarkers: readEndMarkers(fields),
  };
}

function readPast(fields: FieldReader): PastSchedule {
  const range = { min: 0, max: Number.MAX_SAFE_INTEGER };
  return {
    number: fields.integer("number", { min: 1, max: Number.MAX_SAFE_INTEGER }),
    lastRound: fields.count("lastRound"),
    places: fields.integerList("places", { entriesMax: CONSENSUS_PLACES_MAX, range }),
  };
}

function refWire({ round: ofRound, author, digest }: BlockRef): WireValue {
  return [wireInteger(ofRound), author, digestToBytes(digest)];
}

function readRef(fields: FieldReader): BlockRef {
  return {
    round: round(fields.count("round")),
    author: validatorIndex(fields.count("author")),
    digest: fields.digest<BlockDigest>("digest"),
  };
}
