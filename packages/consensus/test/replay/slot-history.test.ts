// Leaders worked out from a finished run are those that the engine's own commit rule had, through changes of schedule.

import { slotName, validatorIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { CommitRule, FIRST_EPOCH_BASE } from "../../src/commit/commit-rule.ts";
import { epochSeedOf } from "../../src/commit/leader-schedule.ts";
import { SealedCommits } from "../../src/commit/sealed-commits.ts";
import { genesisIdsOf } from "../../src/core.ts";
import { DagState } from "../../src/dag/dag-state.ts";
import { createEngineMemo } from "../../src/memo.ts";
import { slotHistory } from "../../src/replay/slot-history.ts";
import { TestNetwork } from "../../src/testing/network.ts";

const CRASHED = 3;

describe("slot history", () => {
  // Scheduling often, and never forgetting, so that the rule still knows every past leader at the end.
  const network = new TestNetwork({
    size: 4,
    params: { scheduleEvery: 7, gcDepth: 100_000 },
    local: { idleRoundDelayMs: 20 },
  });
  network.start();
  network.runUntil(300);
  network.host(CRASHED).crash();
  network.runUntil(6000);
  const { commits, store } = network.host(0);
  const setup = network.chain.setupOf(null);
  const { committee, params, crypto, chainId } = setup;
  const epochSeed = epochSeedOf(crypto.sha256, { chainId, epoch: committee.epoch });
  const slots = slotHistory({
    committee,
    params,
    families: "both",
    sha256: crypto.sha256,
    epochSeed,
    blocks: store.blocks.map(({ ref, header }) => ({
      id: ref.digest,
      round: ref.round,
      author: ref.author,
      parentIds: header.parents.map(({ digest }) => digest),
    })),
    commits: commits.map(({ value }) => ({
      slot: value.sealed.commit.slot,
      leaderId: value.sealed.commit.leader.digest,
    })),
  });

  it("names the leaders that the commit rule had, skipped slots' too", () => {
    const dag = new DagState({ genesisIds: genesisIdsOf(setup, createEngineMemo()) });
    for (const block of store.blocks) dag.insertBlock(block);
    const sealedCommits = new SealedCommits();
    const rule = new CommitRule({
      ...setup,
      dag,
      families: "both",
      epochSeed,
      base: FIRST_EPOCH_BASE,
      resume: null,
      sealedCommits,
    });
    rule.advance();
    expect(rule.commitIndex).toBeGreaterThan(50);
    const ofRounds = slots.filter(({ slot, isPassed }) => slot.kind === "P" && isPassed);
    expect(ofRounds.map(({ author }) => author)).toEqual(ofRounds.map(({ round }) => rule.leaderOf(round)));
    const skipped = ofRounds.filter(({ commitIndex }) => commitIndex === null);
    expect(skipped.some(({ author }) => author === validatorIndex(CRASHED))).toBe(true);
  });

  it("gives each commit to its slot, once and in order", () => {
    const emitting = slots.filter(({ commitIndex }) => commitIndex !== null);
    expect(emitting.map(({ commitIndex }) => commitIndex)).toEqual(commits.map((_, position) => position + 1));
    expect(emitting.map(({ slot }) => slotName(slot))).toEqual(
      commits.map(({ value }) => slotName(value.sealed.commit.slot)),
    );
  });

  it("leaves a coin slot that emitted nothing without an author", () => {
    const silent = slots.filter(({ slot, commitIndex }) => slot.kind === "C" && commitIndex === null);
    expect(silent.length).toBeGreaterThan(0);
    expect(silent.every(({ author }) => author === null)).toBe(true);
  });
});
