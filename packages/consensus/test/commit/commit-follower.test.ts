// A follower comes to the same consensus states as the engines that decided, from the start and from any state between.

import { type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import { type SealedCommit, type VerifiedBlock, mustExist, sealCommit } from "@selvedge/integrity";
import { beforeAll, describe, expect, it } from "vitest";
import { CommitFollower, decodeConsensusState } from "../../src/index.ts";
import { offerLoad } from "../support/network.ts";

interface Recorded {
  readonly sealed: SealedCommit;
  readonly blocks: readonly VerifiedBlock[];
  readonly consensusState: Uint8Array;
}

describe("following commits", () => {
  let network: TestNetwork;
  let commits: readonly Recorded[];

  beforeAll(() => {
    network = new TestNetwork({
      size: 4,
      seed: 5,
      // Slow at times: some slots are skipped, and some leaders come out through others.
      delay: (_, random) => (random.below(20) === 0 ? 150 : 5 + random.below(30)),
    });
    network.start();
    offerLoad(network, { everyMs: 50, untilMs: 12_000 });
    network.runUntil(12_000);
    commits = recordedBy(network.host(0));
  });

  it("S5 to S7: gives the state after each commit that the engine persisted, past a change of schedule", () => {
    expect(commits.length).toBeGreaterThan(network.chain.params.scheduleEvery + 20);
    const follower = new CommitFollower(network.chain.setupOf(1), null);
    for (const { sealed, blocks, consensusState } of commits) {
      const followed = follower.follow(sealed, blocks);
      expect(followed.ok && followed.value.consensusState).toEqual(consensusState);
    }
    expect(follower.commitIndex).toBe(commits.length);
  });

  it.each([1, 7, 60, 99, 100, 101])("goes on from the state after commit %i and the blocks above its gcRound", (at) => {
    const from = mustExist(commits[at - 1], "there are more commits");
    const state = decodeConsensusState(from.consensusState);
    const gcRound = state.ok ? state.value.gcRound : 0;
    const before = commits.slice(0, at).flatMap(({ blocks }) => blocks);
    const follower = new CommitFollower(network.chain.setupOf(1), {
      consensusState: from.consensusState,
      blocks: before.filter(({ ref }) => ref.round > gcRound),
    });
    for (const { sealed, blocks, consensusState } of commits.slice(at)) {
      const followed = follower.follow(sealed, blocks);
      expect(followed.ok && followed.value.consensusState).toEqual(consensusState);
    }
  });

  it("refuses a commit that does not follow from the blocks", () => {
    const { crypto } = network.chain;
    const position = commits.findIndex(({ blocks }) => blocks.length > 1);
    const next = mustExist(commits[position], "some commit has several blocks");
    const { commit } = next.sealed;
    for (const other of [
      { ...commit, timestampMs: commit.timestampMs + 1 },
      { ...commit, slot: { ...commit.slot, number: commit.slot.number + 1 } },
      { ...commit, blocks: commit.blocks.toReversed() },
    ]) {
      const follower = new CommitFollower(network.chain.setupOf(1), null);
      for (const { sealed, blocks } of commits.slice(0, position)) follower.follow(sealed, blocks);
      const refused = follower.follow(sealCommit(other, crypto.sha256), next.blocks);
      expect(refused).toMatchObject({ ok: false, error: { code: "COMMIT_DIFFERS" } });
    }
  });
});

function recordedBy(host: TestHost): readonly Recorded[] {
  return host.commits.map(({ value }) => {
    const stored = mustExist(
      host.store.commits.find(({ sealed }) => sealed.digest === value.sealed.digest),
      "what was handed on is durable",
    );
    return { sealed: value.sealed, blocks: value.blocks, consensusState: stored.consensusState };
  });
}
