// Compares, before anything is signed, what the safety file says was signed last with the newest own block of the store.
// Called at the start of a validator. A store that lacks what was signed is the engine's to recover (docs/protocol.md
// §11); a safety file that lacks it is not the one that was written, and nothing is signed over it.

import type { RecoveredState, SafetyRecord } from "@selvedge/consensus";
import { type BlockRef, type Digest, type VerifiedBlock, zeroDigest } from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import type { OpenReport } from "../storage/open-store.ts";
import { SAFETY_WAY_OUT, type SafetyFile } from "../storage/safety-file.ts";

/** Keys of the database under which acks are kept. */
const META_BEGIN = "m/";
const META_END = "m0";

/** In place of a block's: what was signed is not known, nor whether it was more. Recovery comes first. */
export const UNKNOWN_DIGEST: Digest = zeroDigest();

/** Throws DATA_CORRUPT if the store holds more than one own block above the file's last record. */
export function checkSafetyRecord(
  last: SafetyRecord | null,
  { newestOwnBlock: newestOwn, hasForgotten }: Pick<RecoveredState, "newestOwnBlock" | "hasForgotten">,
): void {
  // After an amnesia the store's newest came from others in part, and is above the file for a while.
  if (newestOwn === null || hasForgotten === true || last?.digest === UNKNOWN_DIGEST) return;
  // Rounds start again with each epoch.
  if (last !== null && last.epoch > newestOwn.header.epoch) return;
  checkRounds(last?.epoch === newestOwn.header.epoch ? last : null, newestOwn);
}

function checkRounds(last: SafetyRecord | null, { ref, header }: VerifiedBlock): void {
  const signedRound = last?.round ?? 0;
  // A crash between the two writes leaves the store one own block ahead: that block never left.
  const previousRound = header.parents[0]?.round ?? 0;
  if (previousRound > signedRound) throw olderThanStore(signedRound, ref);
  if (last === null || ref.round !== signedRound || last.digest === ref.digest) return;
  throw new NodeError(
    "DATA_CORRUPT",
    `the safety file names another block of round ${signedRound} (${last.digest}) than the store (${ref.digest})`,
  );
}

/**
 * What the file lacks of the store after a crash between the two writes, to be appended before anything is sent or made:
 * the block leaves from now on, and a second crash of that kind must not find the file two blocks behind.
 */
export function unrecordedSignature(
  last: SafetyRecord | null,
  { newestOwnBlock: newestOwn, hasForgotten }: Pick<RecoveredState, "newestOwnBlock" | "hasForgotten">,
): SafetyRecord | null {
  if (newestOwn === null || hasForgotten === true || last?.digest === UNKNOWN_DIGEST) return null;
  const { ref, header } = newestOwn;
  const isRecorded =
    last !== null && (last.epoch > header.epoch || (last.epoch === header.epoch && last.round >= ref.round));
  return isRecorded ? null : { epoch: header.epoch, round: ref.round, digest: ref.digest };
}

/** Another node signs with our key: whoever goes on now signs rounds twice. */
export function signedElsewhere({ round, digest }: BlockRef): NodeError {
  return new NodeError(
    "SIGNED_ELSEWHERE",
    `another node signs with this validator's key: it made block ${digest} of round ${round}, which this node did not; stop one of the two before starting again`,
  );
}

function olderThanStore(signedRound: number, ref: BlockRef): NodeError {
  return new NodeError(
    "DATA_CORRUPT",
    `the safety file ends at round ${signedRound}, but the store holds a block of ours of round ${ref.round}: the file is older than the store; ${SAFETY_WAY_OUT}`,
  );
}

/** What lies beside the store. */
export interface DoubtSources {
  readonly safety: Pick<SafetyFile, "last"> | null;
  readonly storeReport?: OpenReport | undefined;
}

/**
 * What the files beside the store say about what it gives back: a safety file that was started anew knows nothing of what
 * was signed, and records that were cut out of the database may have been acks.
 */
export function withDoubts(
  recovered: RecoveredState | undefined,
  { safety, storeReport }: DoubtSources,
): RecoveredState | undefined {
  if (recovered === undefined) return undefined;
  const isSignedUnknown = safety?.last?.digest === UNKNOWN_DIGEST;
  const hasLostAcks = storeReport?.lostRanges.some(({ from, to }) => from < META_END && to >= META_BEGIN) === true;
  return { ...recovered, isSignedUnknown, hasForgotten: recovered.hasForgotten === true || hasLostAcks };
}
