// Acks of ours that no commit has output are proposed again (docs/protocol.md U5), and an end marker lists them (§11),
// whatever moved gcRound past them meanwhile, and whatever a restart could not find in blocks any more.

import type { Effect } from "@selvedge/consensus";
import { type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import { EndMarkerTally, type SignedUpdate, type VerifiedBlock, mustExist, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { CommitFollower, acksToKeep } from "../../src/index.ts";
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

interface CutOptions {
  /** Until the payload of an update is checked; undefined: at once. */
  readonly checkTakesMs?: number;
  /** We go on hearing the others, and stop only once garbage collection has passed the ack by. */
  readonly hears?: boolean;
}

function cutAtAck({ checkTakesMs, hears = false }: CutOptions = {}): Cut {
  let ackBlock: VerifiedBlock | undefined;
  let isCut = false;
  const network = new TestNetwork({
    size: 4,
    local: LOCAL,
    params: { gcDepth: 12 },
    delay: ({ from, to }) => (isCut && (from === SELF || (to === SELF && !hears)) ? undefined : 10),
  });
  const update = network.chain.update(0, 1);
  const host = network.host(SELF);
  host.onStep = (_, effects) => {
    if (checkTakesMs !== undefined) delayCheck(effects as Effect[], checkTakesMs);
    if (hears && ackBlock !== undefined && (host.engine?.status().gcRound ?? 0) >= ackBlock.ref.round)
      network.schedule(0, () => host.crash());
    const own = ackBlock === undefined ? ownBlockWithAck(effects, update) : undefined;
    if (own === undefined) return;
    [ackBlock, isCut] = [own, true];
    if (!hears) network.schedule(1, () => host.crash());
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
    if (own !== undefined && hasAck(own, update)) return own;
  }
  return undefined;
}

function hasAck({ body }: VerifiedBlock, { digest }: SignedUpdate): boolean {
  return body.acks.some(({ update }) => update === digest);
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
  const nothing = { blocks: [], commits: [], acked: [], unseen: [], signed: null } as const;
  store.persist({ ...nothing, type: "persist", sync: true, ...acksToKeep(recovered.blocks, index) });
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
  const cut = cutAtAck({ checkTakesMs: 2000 });
  expect(cut.network.runUntilTrue(() => cut.ackBlock() !== undefined, { untilMs: 10_000 })).toBe(true);
  cut.network.runUntil(cut.network.nowMs + 5);
  const header = mustExist(
    cut.host.store.blocks.find(({ body }) => body.updates.length > 0),
    "the header came",
  );
  expectListed(cut);
  expect(cut.host.engine?.status().gcRound).toBeGreaterThan(header.ref.round);
});

test("U3: a payload that was still to be checked is asked for again though garbage collection had passed its header", () => {
  const network = new TestNetwork({ size: 4, local: LOCAL, params: { gcDepth: 12 } });
  const update = network.chain.update(0, 1);
  const host = network.host(SELF);
  let isSlow = true;
  let asked = 0;
  host.onStep = (_, effects) => {
    const at = effects.findIndex(({ type }) => type === "checkUpdate");
    if (at < 0) return;
    asked += 1;
    if (isSlow) (effects as Effect[]).splice(at, 1);
  };
  network.start();
  network.schedule(300, () => offerUpdates(network.host(0), [update]));
  network.runUntil(2000);
  const header = mustExist(
    host.store.blocks.find(({ body }) => body.updates.length > 0),
    "the header came",
  );
  expect(host.engine?.status().gcRound).toBeGreaterThan(header.ref.round);
  expect(asked).toBe(1);
  host.crash();
  network.runUntil(2100);
  isSlow = false;
  host.start();
  network.runUntil(4000);
  expect(asked).toBe(2);
  expect(host.ownBlocks.filter(({ value }) => hasAck(value, update))).toHaveLength(1);
  host.crash();
  host.start();
  network.runUntil(5000);
  expect(asked, "it is acked").toBe(2);
});

/** Starts again; counts the blocks of ours from then on that have the ack. */
function ackedAgainCount({ network, host, update, heal }: Cut): number {
  heal();
  const madeBefore = host.ownBlocks.length;
  host.start();
  network.runUntil(network.nowMs + 3000);
  return host.ownBlocks.slice(madeBefore).filter(({ value }) => hasAck(value, update)).length;
}

test("U5: an ack that garbage collection passed by is proposed again though we stop before our next block", () => {
  const cut = cutAtAck({ hears: true });
  const { network, host, ackBlock } = cut;
  expect(network.runUntilTrue(() => ackBlock() !== undefined && !host.isUp, { untilMs: 20_000 })).toBe(true);
  const before = host.ownBlocks.filter(({ value }) => hasAck(value, cut.update));
  expect(before).toHaveLength(1);
  expect(host.store.acksDue.map(({ update }) => update)).toEqual([cut.update.digest]);
  expect(ackedAgainCount(cut)).toBe(1);
  expect(host.store.acksDue, "it stands in a durable block").toEqual([]);
  host.crash();
  expect(ackedAgainCount(cut)).toBe(0);
});

test("U5: an ack is proposed again after a range of commits has moved gcRound past it", () => {
  const cut = cutAtAck();
  cut.network.runUntil(10_000);
  takeRange(cut.network, cut.host, cut.network.host(0));
  expect(ackedAgainCount(cut)).toBe(1);
});

test("U5: an ack is not proposed again while its block is still above gcRound", () => {
  const cut = cutAtAck();
  expect(cut.network.runUntilTrue(() => cut.ackBlock() !== undefined, { untilMs: 10_000 })).toBe(true);
  cut.network.runUntil(cut.network.nowMs + 5);
  takeRange(cut.network, cut.host, cut.network.host(0));
  expect(cut.host.store.acksDue).toHaveLength(1);
  expect(ackedAgainCount(cut)).toBe(0);
});
