// An end marker lists every ack of ours that no commit has output (docs/protocol.md §11), whatever moved gcRound past it
// meanwhile, and whatever a restart could not find in blocks any more.

import type { Effect } from "@selvedge/consensus";
import { type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import { EndMarkerTally, type SignedUpdate, type VerifiedBlock, mustExist, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { CommitFollower, ackedHeadersIn } from "../../src/index.ts";
import { offerUpdates } from "../support/epochs.ts";

const LOCAL = { roundDelayMinMs: 20, leaderTimeoutMs: 100, idleRoundDelayMs: 40 };
/** Whose ack nobody else gets to see. */
const SELF = 3;

interface Cut {
  readonly network: TestNetwork;
  readonly host: TestHost;
  readonly update: SignedUpdate;
  /** The block of ours with the ack, once it is signed; then the network is cut off from us and we stop. */
  readonly ackBlock: () => VerifiedBlock | undefined;
  readonly heal: () => void;
}

/** @param checkTakesMs until the payload of an update is checked; undefined: at once */
function cutAtAck(checkTakesMs?: number): Cut {
  let ackBlock: VerifiedBlock | undefined;
  let isCut = false;
  const network = new TestNetwork({
    size: 4,
    local: LOCAL,
    params: { gcDepth: 12 },
    delay: ({ from, to }) => (isCut && (from === SELF || to === SELF) ? undefined : 10),
  });
  const update = network.chain.update(0, 1);
  const host = network.host(SELF);
  host.onStep = (_, effects) => {
    if (checkTakesMs !== undefined) delayCheck(effects as Effect[], checkTakesMs);
    const own = ackBlock === undefined ? ownBlockWithAck(effects, update) : undefined;
    if (own === undefined) return;
    [ackBlock, isCut] = [own, true];
    network.schedule(1, () => host.crash());
  };
  function delayCheck(effects: Effect[], ms: number): void {
    const at = effects.findIndex(({ type }) => type === "checkUpdate");
    if (at < 0) return;
    effects.splice(at, 1);
    const answer = { type: "updateChecked", update: update.digest, accepted: true, score: null } as const;
    network.schedule(ms, () => host.feed(answer));
  }
  network.start();
  network.schedule(300, () => offerUpdates(network.host(0), [update]));
  const heal = (): void => {
    isCut = false;
    host.onStep = () => undefined;
  };
  return { network, host, update, ackBlock: () => ackBlock, heal };
}

function ownBlockWithAck(effects: readonly Effect[], update: SignedUpdate): VerifiedBlock | undefined {
  for (const effect of effects) {
    if (effect.type !== "persist" || effect.signed === null) continue;
    const own = effect.blocks.find(({ ref }) => ref.digest === effect.signed?.digest);
    if (own?.body.acks.some((ack) => ack.update === update.digest) === true) return own;
  }
  return undefined;
}

/** Starts again and ends the epoch at once, so that nothing of before is output by then. */
function expectListed({ network, host, update, heal }: Cut): void {
  heal();
  host.start();
  host.feed({ type: "endEpoch" });
  network.runUntil(network.nowMs + 5000);
  const { chainId, committee, crypto } = network.chain;
  const tally = new EndMarkerTally({ chainId, committee, crypto, keepsUpdates: true });
  tally.onOutput(host.ownBlocks.map(({ value }) => value));
  expect(tally.isCounted(validatorIndex(SELF))).toBe(true);
  expect(tally.listedUpdates.map(({ update: listed }) => listed)).toContain(update.digest);
}

/** What a node does that takes a range in: follows the commits of another one, and stores them. */
function takeRange(network: TestNetwork, { store, index }: TestHost, from: TestHost): void {
  const recovered = store.recover(index);
  const unseen = ackedHeadersIn(recovered.blocks, index);
  const nothing = { blocks: [], commits: [], acked: [], unseen: [], signed: null } as const;
  store.persist({ ...nothing, type: "persist", sync: true, unseen });
  const last = mustExist(recovered.lastCommit ?? undefined, "there are commits");
  const setup = network.chain.setupOf(index);
  const follower = new CommitFollower(setup, { consensusState: last.consensusState, blocks: recovered.blocks });
  for (const { value } of from.commits) {
    if (value.sealed.commit.index <= last.sealed.commit.index) continue;
    const followed = follower.follow(value.sealed, value.blocks);
    if (!followed.ok) throw new Error(followed.error.detail);
    const commits = [{ sealed: value.sealed, consensusState: followed.value.consensusState }];
    const blocks = value.blocks.filter(({ ref }) => !store.has(ref));
    store.persist({ ...nothing, type: "persist", sync: true, blocks, commits });
  }
}

test("an ack that nobody saw is listed after a restart", () => {
  const cut = cutAtAck();
  cut.network.runUntil(10_000);
  expect(cut.ackBlock()).toBeDefined();
  expectListed(cut);
});

test("an ack that nobody saw is listed after a range of commits has moved gcRound past it", () => {
  const cut = cutAtAck();
  cut.network.runUntil(10_000);
  const { ref } = mustExist(cut.ackBlock(), "the update was acked");
  takeRange(cut.network, cut.host, cut.network.host(0));
  const output = cut.network.host(0).commits.flatMap(({ value }) => value.blocks);
  expect(output.some(({ ref: { digest } }) => digest === ref.digest)).toBe(false);
  expectListed(cut);
  expect(cut.host.engine?.status().gcRound).toBeGreaterThan(ref.round);
});

test("an ack of a header that garbage collection had passed already is listed after a restart", () => {
  const cut = cutAtAck(2000);
  expect(cut.network.runUntilTrue(() => cut.ackBlock() !== undefined, { untilMs: 10_000 })).toBe(true);
  cut.network.runUntil(cut.network.nowMs + 5);
  const header = mustExist(
    cut.host.store.blocks.find(({ body }) => body.updates.length > 0),
    "the header came",
  );
  expectListed(cut);
  expect(cut.host.engine?.status().gcRound).toBeGreaterThan(header.ref.round);
});
