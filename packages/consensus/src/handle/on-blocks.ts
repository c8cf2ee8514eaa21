// Blocks from a peer, pushed or fetched (docs/protocol.md, D1, D2).

import { type BlockRef, type ValidatorIndex, type VerifiedBlock, compareRefs } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import type { ReceivedBlock } from "../dag/block-manager.ts";
import { isWhole } from "../dag/dag-state.ts";
import { refKey } from "../dag/ref-key.ts";
import type { Vertex } from "../dag/vertex-pool.ts";
import type { BlocksInput, FetchFailedInput, LookedUpInput } from "../input.ts";
import type { Step } from "../step.ts";
import { acceptBlocks, freed, isWithinLead } from "./accept.ts";
import { settle } from "./settle.ts";
import { noteForeign } from "./standing.ts";

export function onBlocks(core: Core, step: Step, input: BlocksInput): void {
  const { parkedCount } = core.parking;
  for (const block of inOrderOfNeed(core, input)) receive(core, step, { block, from: input.from });
  const hasBroughtBlocks = step.blocks.length > 0 || core.parking.parkedCount > parkedCount;
  if (input.fetchId !== undefined) finishFetch(core, step, { fetchId: input.fetchId, hasBroughtBlocks });
  settle(core, step);
}

/** As received; of a branch the highest first, as each is needed by the one above it and would be one twin too many else. */
function inOrderOfNeed({ branches }: Core, { blocks, fetchId }: BlocksInput): readonly VerifiedBlock[] {
  if (fetchId === undefined || !branches.owns(fetchId)) return blocks;
  return blocks.toSorted((left, right) => compareRefs(right.ref, left.ref));
}

export function onFetchFailed(core: Core, step: Step, { fetchId }: FetchFailedInput): void {
  finishFetch(core, step, { fetchId, hasBroughtBlocks: false });
  settle(core, step);
}

/** Our store's answer: what it holds has all its ancestors there too (D1). */
export function onLookedUp(core: Core, step: Step, { present, absent }: LookedUpInput): void {
  for (const ref of absent) {
    if (core.lookups.has(refKey(ref))) core.lookups.set(refKey(ref), true);
  }
  acceptBlocks(
    core,
    step,
    present.flatMap((ref) => freed(core, ref)),
  );
  settle(core, step);
}

export function receive(core: Core, step: Step, received: ReceivedBlock): void {
  const { block } = received;
  const { ref } = block;
  const { rule, dag } = core;
  const known = dag.known(ref.digest);
  if (isOfOtherEpoch(core, block) || noteKnown(core, known, received.from)) return;
  if (ref.author === core.self) noteForeign(core, step, ref);
  if (isHereAlready(core, ref)) return;
  // Another engine of this process took it in before us: its references are true, and bits say which parents we lack.
  const whole = wholeOrNone(known);
  if (whole === undefined && misrefers(core, block)) return;
  // D1: nothing undecided can reach it, so it may wait until something refers to it; then it is admitted.
  if (ref.round <= rule.gcRound && !isReferredTo(core, ref)) return;
  // What our own store must hold before we sign again comes from recovery, not from peers.
  const isLate = !isWithinLead(core, ref);
  if (!isLate && hasParents(core, block, whole)) acceptBlocks(core, step, [received]);
  else park(core, step, { received, isLate, whole });
}

/** By a block that waits, or by the next one of its author (P1), of whom we have nothing as new. */
function isReferredTo({ parking, newest, self }: Core, ref: BlockRef): boolean {
  return parking.isWanted(ref) || (ref.author !== self && newest.isAbove(ref));
}

function wholeOrNone(vertex: Vertex | undefined): Vertex | undefined {
  return vertex !== undefined && isWhole(vertex) ? vertex : undefined;
}

function hasParents({ parking, dag }: Core, block: VerifiedBlock, whole: Vertex | undefined): boolean {
  return whole === undefined ? !parking.hasMissingParents(block) : dag.hasParentsOf(whole);
}

/** Parked, or one twin too many (D2). */
function isHereAlready({ parking }: Core, ref: BlockRef): boolean {
  return parking.isParked(ref) || parking.isSurplus(ref);
}

interface Waiting {
  readonly received: ReceivedBlock;
  /** Beyond the round lead. */
  readonly isLate: boolean;
  /** Its vertex, if that says which parents we lack. */
  readonly whole: Vertex | undefined;
}

function park(core: Core, step: Step, { received, isLate, whole }: Waiting): void {
  const { ref } = received.block;
  if (isLate) step.report([{ type: "roundTooFar", author: ref.author, block: ref }]);
  const lacked = whole === undefined ? undefined : core.dag.parentsMissingOf(whole);
  // A late one has as much time as one that came as garbage collection stood there.
  const keptUpTo = core.rule.gcRound + core.setup.params.gcDepth;
  const evicted = core.parking.park(received, { lacked, keptUpTo });
  step.report(evicted.map((gone) => ({ type: "parkedOverflow", author: gone.author, evicted: gone }) as const));
}

/** F57: verification refuses it already; nothing of another epoch may stand among ours. */
function isOfOtherEpoch({ setup }: Core, { header }: VerifiedBlock): boolean {
  return header.epoch !== setup.committee.epoch;
}

/** True if the block is in: then its sender has shown that it holds it too. */
function noteKnown({ dag, peers }: Core, known: Vertex | undefined, from: ValidatorIndex | null): boolean {
  if (known === undefined || !dag.isIn(known)) return false;
  if (from !== null) peers.markKnown(from, known);
  return true;
}

/** D1: a parent that is in, but of another round or author than the reference says: P1–P4 were kept by a lie. */
function misrefers({ dag }: Core, { header }: VerifiedBlock): boolean {
  return header.parents.some((parent) => parent.round > 0 && dag.has(parent.digest) && !dag.holds(parent));
}

interface FinishedFetch {
  readonly fetchId: number;
  readonly hasBroughtBlocks: boolean;
}

function finishFetch(core: Core, step: Step, { fetchId, hasBroughtBlocks }: FinishedFetch): void {
  const { fetcher, ranges, authors, branches, clock } = core;
  if (fetcher.owns(fetchId)) step.request(fetcher.onFinished(fetchId));
  else if (ranges.owns(fetchId)) step.request(ranges.onFinished(clock.quorumRound, hasBroughtBlocks));
  else if (branches.owns(fetchId)) branches.onFinished(fetchId);
  else authors.onFinished(fetchId);
}
