// End markers (docs/protocol.md §11): how a validator closes its part of an epoch. A marker lists the signed headers of
// the updates that its author acked and whose block and header are not both in the author's output, so that what the
// epoch's receipts promise is known to everybody in the next one. Their bytes are codec/end-marker-codec.ts' work,
// counting them is that of end-marker-tally.ts.

import type { Digest, UpdateDigest } from "./digest.ts";
import type { ValidatorIndex } from "./ids.ts";
import type { SignedUpdate, UpdateKey } from "./update.ts";

/** `kind` of a control entry that holds one part of an end marker. */
export const END_MARKER_KIND = 1;

/** Each part names the one before it, and by that all earlier ones; the marker counts once all of them are output. */
export interface EndMarkerPart {
  /** Digest of the part before; null in the first. */
  readonly previous: Digest | null;
  readonly isLast: boolean;
  readonly updates: readonly SignedUpdate[];
}

export interface ListedUpdate {
  readonly key: UpdateKey;
  readonly update: UpdateDigest;
}

/** Parts of one author that follow upon each other; whole if it begins with a first part and ends with a last one. */
export interface MarkerStrand {
  /** What its first part names; null if that begins a marker. */
  readonly previous: Digest | null;
  /** Of its last part. */
  readonly last: Digest;
  readonly hasEnd: boolean;
  readonly partCount: number;
  /** Empty in a tally that does not keep them. */
  readonly updates: readonly ListedUpdate[];
}

/** What one author's output blocks have shown so far. */
export interface AuthorMarkers {
  readonly author: ValidatorIndex;
  /** All parts of one marker of it are output: nothing more of it is looked at. */
  readonly isCounted: boolean;
  /** Listed in the counted marker. */
  readonly updates: readonly ListedUpdate[];
  /** Parts of no whole marker yet, the strand that grew last at the end. */
  readonly strands: readonly MarkerStrand[];
}
