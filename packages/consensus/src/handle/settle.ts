// What every step ends with: decide what can be decided, ask for what is missing, and see whether a block of ours is due.

import { StakeTally, type ValidatorIndex, compareRefs, stakeOfAll } from "@selvedge/integrity";
import type { Core } from "../core.ts";
import { AUTHOR_GAP_ROUNDS, type AuthorGap } from "../dag/author-fetcher.ts";
import type { Missing } from "../dag/block-manager.ts";
import type { Branch } from "../dag/branch-fetcher.ts";
import { RANGE_GAP_ROUNDS, type RangeView } from "../dag/range-fetcher.ts";
import type { Step } from "../step.ts";
import { acceptBlocks, freed, isWithinLead } from "./accept.ts";
import { closeEpoch, markEnd } from "./end-epoch.ts";
import { reviewStanding } from "./standing.ts";

export function settle(core: Core, step: Step): void {
  if (step.blocks.length > 0) decide(core, step);
  releaseHeldBack(core, step);
  fetchMissing(core, step);
  if (core.self === null || !reviewStanding(core, step)) return;
  if (step.hasChecks) step.request(core.pacemaker.onCheckAsked(core.setup.committee.validators.length));
  step.request(core.pacemaker.update(core.view));
}

/** S5, S6: emits what is newly ordered. */
export function decide(core: Core, step: Step): void {
  const decided = core.rule.advance();
  for (const { sealed, blocks, vertices, consensusState, consensusStateDigest } of decided) {
    step.commit({ sealed, consensusState }, { type: "commit", sealed, blocks, consensusStateDigest });
    const { index } = sealed.commit;
    core.content.onOutput(blocks);
    core.payload.onOutput(vertices);
    core.unseenAcks.onOutput(blocks, core.self);
    core.own.lastCommit = sealed;
    core.commitVotes.onCommit({ index, digest: sealed.digest });
    const findings = core.checkpointVotes.onCommit(index, sealed.digest);
    step.certificates(findings.certificates);
    step.report(findings.faults);
  }
  step.report(core.rule.takeBadCoinShares());
  if (decided.length === 0) return;
  collectGarbage(core, step);
  if (core.own.isEnding) markEnd(core);
  if (core.rule.isClosed) closeEpoch(core, step);
}

/** D1, U5: memory keeps what is above gcRound. */
function collectGarbage(core: Core, step: Step): void {
  const { rule, dag, peers, payload, content, acks, receipts, parking } = core;
  const { gcRound, commitIndex } = rule;
  step.keepDue(acks.proposeAgain(content.onGarbageCollected(gcRound)));
  step.keepUnseen(core.unseenAcks.toKeep(gcRound, commitIndex));
  payload.onGarbageCollected(gcRound);
  dag.evictBelow(gcRound + 1);
  peers.evict(gcRound);
  acks.forgetOld(commitIndex);
  receipts.forgetOld(gcRound, commitIndex);
  parking.forgetUpTo(gcRound);
}

/** Our round may have moved, and with it the lead that blocks may have. */
function releaseHeldBack(core: Core, step: Step): void {
  if (core.parking.parkedCount === 0) return;
  const lead = core.parking.complete(Number.MAX_SAFE_INTEGER).filter(({ block }) => isWithinLead(core, block.ref));
  if (lead.length === 0) return;
  acceptBlocks(core, step, lead);
  decide(core, step);
}

function fetchMissing(core: Core, step: Step): void {
  const { parking, clock, ranges, fetcher, lookups } = core;
  // The usual case: nothing is missing, nor was anything a moment ago.
  if (parking.parkedCount === 0 && !ranges.isBehind && fetcher.isIdle && lookups.size === 0) return;
  step.request(ranges.pump({ quorumRound: clock.quorumRound, ahead: credibleLead(core) }));
  // Beyond that, blocks come with the range.
  const wanted = (): readonly Missing[] => parking.missing(clock.quorumRound + RANGE_GAP_ROUNDS);
  takeOnWord(core, step, wanted());
  const missing = wanted();
  lookUp(core, step, missing);
  fetchByAuthor(core, step, missing);
  const { effects, faults } = core.fetcher.pump(missing.filter(({ key }) => core.lookups.get(key) !== false));
  step.request(effects);
  step.report(faults);
}

/** D1: an author's blocks from the newest that is in to one that is missing, if those are many. */
function fetchByAuthor(core: Core, step: Step, missing: readonly Missing[]): void {
  const { authors, newest, self, lookups } = core;
  // What came last may enter as soon as our store has answered.
  for (const isAnswered of lookups.values()) if (!isAnswered) return;
  const gaps = new Map<ValidatorIndex, AuthorGap>();
  for (const { ref, sources } of missing) {
    const { author } = ref;
    const newestRound = newest.of(author);
    if (author === self || newestRound === undefined || ref.round <= newestRound + AUTHOR_GAP_ROUNDS) continue;
    gaps.set(author, { author, newestRound, missingRound: ref.round, sources });
  }
  step.request(authors.pump([...gaps.values()]));
  fetchBranches(core, step, missing);
}

/** D1: another branch of an author's blocks than those that are in, from the block that is missing down. */
function fetchBranches({ branches, newest, self }: Core, step: Step, missing: readonly Missing[]): void {
  const lowest = new Map<ValidatorIndex, Branch>();
  for (const { ref, sources, isNeededByNext } of missing) {
    const { author } = ref;
    const isBranch = isNeededByNext && author !== self && ref.round <= (newest.of(author) ?? 0);
    if (isBranch && !lowest.has(author)) lowest.set(author, { author, missingRound: ref.round, sources });
  }
  if (lowest.size > 0 || !branches.isIdle) step.request(branches.pump(lowest));
}

/**
 * D1: an old block that our store does not hold because our history begins above it counts as in once validators of more
 * than F stake have built on it: one of them is honest, and had it with all of its ancestors.
 */
function takeOnWord(core: Core, step: Step, missing: readonly Missing[]): void {
  const { historyRound, lookups, setup } = core;
  const { committee } = setup;
  const known = missing.filter(
    ({ key, ref, claimants }) =>
      ref.round <= historyRound &&
      lookups.get(key) === true &&
      stakeOfAll(committee, claimants) >= committee.validityStake,
  );
  if (known.length === 0) return;
  acceptBlocks(
    core,
    step,
    known.flatMap(({ ref }) => freed(core, ref)),
  );
  decide(core, step);
}

/** D1: old ones are probably in our store. */
function lookUp({ rule, lookups }: Core, step: Step, missing: readonly Missing[]): void {
  const old = missing.filter(({ ref }) => ref.round <= rule.gcRound);
  const needed = new Set(old.map(({ key }) => key));
  for (const key of lookups.keys()) {
    if (!needed.has(key)) lookups.delete(key);
  }
  const unasked = old.filter(({ key }) => !lookups.has(key));
  for (const { key } of unasked) lookups.set(key, false);
  if (unasked.length > 0) step.lookup(unasked.map(({ ref }) => ref));
}

/** The highest round that parked blocks of more than F stake have reached: one liar alone does not send us after a range. */
function credibleLead({ parking, setup, clock }: Core): RangeView["ahead"] {
  // Nobody has reached a round that would send us after a range.
  if (parking.highestRound <= clock.quorumRound + RANGE_GAP_ROUNDS) return undefined;
  const byRound = [...parking.furthestByAuthor().values()].sort((left, right) =>
    compareRefs(right.block.ref, left.block.ref),
  );
  const tally = new StakeTally(setup.committee);
  for (const { block, from } of byRound) {
    tally.add(block.ref.author);
    if (tally.hasValidity) return { round: block.ref.round, from };
  }
  return undefined;
}
