// A validator that began with a state holds no block of before it (docs/protocol.md §11). When one comes back that fell silent
// before that, its first block stands on a chain that the joined one could only fetch from genesis on, if anybody had it.

import { decodeConsensusState } from "@selvedge/consensus";
import { type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import {
  type BlockRef,
  type VerifiedBlock,
  buildBlock,
  compareRefs,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { EMPTY_BODY } from "@selvedge/integrity/testing";
import { describe, expect, test } from "vitest";
import { expectAgreement, offerLoad } from "../support/network.ts";

const SILENT = 5;
const JOINED = 6;
/** So few that the chain below does not fit: with the defaults it takes a longer one. */
const SMALL = { parkedPerAuthorMax: 32, parkedMax: 128 };

/** What a state leaves in an empty store: the commit, what it goes on from, and the output blocks above its gcRound. */
function takeState({ store }: TestHost, from: TestHost): number {
  const last = mustExist(from.store.recover(from.index).lastCommit ?? undefined, "there are commits");
  const state = decodeConsensusState(last.consensusState);
  if (!state.ok) throw new Error(state.error.detail);
  const { heads, gcRound } = state.value;
  const blocks = new Map<string, VerifiedBlock>();
  const queue = [...heads];
  for (let ref = queue.shift(); ref !== undefined; ref = queue.shift()) {
    if (ref.round <= gcRound || blocks.has(ref.digest)) continue;
    const block = mustExist(from.store.get(ref), "what was output is stored");
    blocks.set(ref.digest, block);
    queue.push(...block.header.parents);
  }
  const sorted = [...blocks.values()].sort((left, right) => compareRefs(left.ref, right.ref));
  const nothing = { acked: [], unseen: [], signed: null } as const;
  store.persist({ ...nothing, type: "persist", sync: true, blocks: sorted, commits: [last] });
  const recover = store.recover.bind(store);
  store.recover = (own) => ({ ...recover(own), historyRound: gcRound });
  return gcRound;
}

function behind(network: TestNetwork): number {
  const [others, joined] = [network.host(0), network.host(JOINED)].map(({ store }) => store.commits.length);
  const last = network.host(JOINED).engine?.status().lastCommitIndex ?? 0;
  expect(joined).toBeGreaterThan(0);
  return (others ?? 0) - last;
}

/** One has fallen silent, another one has joined since from a state, and keeps up. */
function joinedNetwork(bounds: Partial<typeof SMALL>): { readonly network: TestNetwork; readonly gcRound: number } {
  const network = new TestNetwork({
    size: 7,
    params: { gcDepth: 12 },
    local: { roundDelayMinMs: 20, leaderTimeoutMs: 100, idleRoundDelayMs: 40, ...bounds },
    delay: () => 5,
  });
  for (const host of network.hosts) if (host.index !== JOINED) host.start();
  offerLoad(network, { everyMs: 40, untilMs: 20_000 });
  network.runUntil(4000);
  network.host(SILENT).crash();
  network.runUntil(8000);
  const gcRound = takeState(network.host(JOINED), network.host(0));
  network.host(JOINED).start();
  network.runUntil(10_000);
  expect(behind(network)).toBeLessThan(10);
  return { network, gcRound };
}

describe("a validator that joined from a state", () => {
  test.each([{}, SMALL])(
    "goes on when one comes back that was silent since before the state, with bounds %j",
    (bounds) => {
      const { network, gcRound } = joinedNetwork(bounds);
      network.host(SILENT).start();
      network.runUntil(14_000);
      expect(behind(network)).toBeLessThan(10);
      expect(network.host(SILENT).engine?.status().round).toBeGreaterThan(gcRound);
      const joined = network.host(JOINED);
      expect(joined.engine?.status().parkedCount).toBeLessThan(20);
      const early = joined.store.blocks.filter(({ ref }) => ref.round <= gcRound);
      expect(early.length, "it has not fetched the history").toBeLessThan(20);
      expectAgreement(network.hosts.filter(({ index }) => index !== JOINED));
      const digests = network.host(0).store.commits.map(({ sealed }) => sealed.digest);
      for (const { sealed } of joined.store.commits) expect(digests).toContain(sealed.digest);
    },
  );

  test.each([
    [1, false],
    [2, false],
    [3, true],
  ] as const)("with f = 2, blocks of %i validators that build on one of before it bring it in: %s", (count, isIn) => {
    const { network, gcRound } = joinedNetwork({});
    const joined = network.host(JOINED);
    const newest = network.host(SILENT).store.blocks.filter(({ ref }) => ref.author === SILENT);
    const previous = mustExist(newest.at(-1), "it made blocks").ref;
    expect(previous.round).toBeLessThan(gcRound);
    const at = (joined.engine?.status().highestRound ?? 0) - 1;
    const others = network
      .host(0)
      .store.blocks.filter(({ ref }) => ref.round === at - 1 && ref.author !== SILENT)
      .map(({ ref }) => ref);
    const first = blockBy(network, SILENT, [previous, ...others]);
    const builtOnIt = [0, 1].map((author) => {
      const ofRound = network
        .host(0)
        .store.blocks.filter(({ ref }) => ref.round === at)
        .map(({ ref }) => ref);
      const [own] = ofRound.filter((ref) => ref.author === author);
      const rest = ofRound.filter((ref) => ref.author !== author && ref.author !== SILENT);
      return blockBy(network, author, [mustExist(own, "it is up"), ...rest, first.ref]);
    });
    // Second blocks of theirs, which nobody else gets to see.
    const told = [first, ...builtOnIt].slice(0, count);
    for (const block of told) network.sendAs(block.ref.author, JOINED, [block]);
    network.runUntil(network.nowMs + 300);
    expect(joined.store.has(first.ref)).toBe(isIn);
  });
});

/** As it would be, were it not for what its parents are. */
function blockBy({ chain, nowMs }: TestNetwork, author: number, parents: readonly BlockRef[]): VerifiedBlock {
  const header = {
    version: 1,
    chainId: chain.chainId,
    epoch: chain.committee.epoch,
    round: round(Math.max(...parents.map((parent) => parent.round)) + 1),
    author: validatorIndex(author),
    parents,
    coinShare: null,
    commitVotes: [],
    checkpointVotes: [],
    timestampMs: nowMs,
  } as const;
  const signer = mustExist(chain.signers[author], "a member");
  return buildBlock({ header, body: EMPTY_BODY }, signer, chain.crypto.sha256);
}
