// §11, at one engine: what it does once the end of its epoch is ordered, and once the epoch is closed.

import { createEngine } from "@selvedge/consensus";
import { TestStore } from "@selvedge/consensus/testing";
import {
  type BlockRef,
  type CommitDigest,
  type ControlEntry,
  CONTROL_PAYLOAD_MAX_BYTES,
  END_MARKER_KIND,
  END_MARKER_PARTS_MAX,
  type EpochBase,
  type ProtocolParams,
  type SignedUpdate,
  type VerifiedBlock,
  buildEndMarker,
  commitIndex,
  decodeEndMarkerPart,
  digestOf,
  genesisRefs,
  mustExist,
  updateKeyOf,
  validatorIndex,
} from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { SingleEngine, ofType, refsOf, signedIn } from "../support/single-engine.ts";

const OTHERS = [1, 2, 3] as const;

function started(options: ConstructorParameters<typeof SingleEngine>[0] = {}): SingleEngine {
  const one = new SingleEngine(options);
  one.feed({ type: "start" });
  return one;
}

function over(author: number, below: readonly BlockRef[]): readonly BlockRef[] {
  return [...below.filter((ref) => ref.author === author), ...below.filter((ref) => ref.author !== author)];
}

/** Validator 1's block of round 1 brings the update, and our block of round 1 acks it. */
function acked(one: SingleEngine, update: SignedUpdate): VerifiedBlock {
  const bringing = one.draw({ author: 1, round: 1, parents: over(1, one.genesis), body: { updates: [update] } });
  one.receive(1, bringing);
  one.feed({ type: "updateChecked", update: update.digest, accepted: true, score: null });
  return mustExist(signedIn(one.fire("propose")), "our block of round 1");
}

function ownRound(one: SingleEngine, below: readonly VerifiedBlock[]): VerifiedBlock {
  for (const author of OTHERS) {
    const block = below.find(({ ref }) => ref.author === author);
    if (block !== undefined) one.receive(author, block);
  }
  one.fire("leader");
  one.fire("idle");
  return mustExist(signedIn(one.fire("propose")), "our next block");
}

function listedIn(one: SingleEngine, control: readonly ControlEntry[]): readonly string[] {
  return control.flatMap(({ kind, payload }) => {
    expect(kind).toBe(END_MARKER_KIND);
    const part = decodeEndMarkerPart(payload, one.chain.crypto.sha256);
    return part.ok ? part.value.updates.map(({ digest }) => digest) : ["malformed"];
  });
}

describe("once the end is ordered", () => {
  test("our next block carries an end marker that lists what we acked and is not output, once", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const first = acked(one, update);
    expect(first.body.acks).toHaveLength(1);
    one.feed({ type: "endEpoch" });
    one.feed({ type: "endEpoch" });
    const row = [first, ...one.row(1, [2, 3])];
    const second = ownRound(one, row);
    expect(listedIn(one, second.body.control)).toEqual([update.digest]);
    expect(one.engine.status()).toMatchObject({ epoch: 0, isEnding: true, isClosed: false });
    one.feed({ type: "endEpoch" });
    const genesisOf1 = mustExist(
      ofType(one.all, "persist")
        .flatMap(({ blocks }) => blocks)
        .find(({ ref }) => ref.author === 1),
      "a block by 1",
    );
    const below = refsOf([first, genesisOf1, ...row.slice(1)]);
    const third = ownRound(
      one,
      OTHERS.map((author) => one.draw({ author, round: 2, parents: over(author, below) })),
    );
    expect(third.body.control).toEqual([]);
  });

  test("and what it acked as long as the ack alone is output, and not the header", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const late = mustExist(
      OTHERS.find((author) => author !== one.leaderOf(1) && author !== one.leaderOf(2)),
      "two lead two rounds",
    );
    const two = OTHERS.filter((author) => author !== late);
    const bringing = one.draw({
      author: late,
      round: 1,
      parents: over(late, one.genesis),
      body: { updates: [update] },
    });
    one.receive(late, bringing);
    one.feed({ type: "updateChecked", update: update.digest, accepted: true, score: null });
    const acking = mustExist(signedIn(one.fire("propose")), "our block of round 1");
    expect(acking.body.acks.map(({ update: digest }) => digest)).toEqual([update.digest]);
    const isOutput = ({ ref }: VerifiedBlock): boolean =>
      ofType(one.all, "commit").some(({ blocks }) => blocks.some((block) => block.ref.digest === ref.digest));
    let own = acking;
    let row = two.map((author) => one.draw({ author, round: 1, parents: over(author, one.genesis) }));
    for (let round = 2; round < 8 && !isOutput(acking); round += 1) {
      const below = refsOf([own, ...row]);
      own = ownRound(one, row);
      row = two.map((author) => one.draw({ author, round, parents: over(author, below) }));
    }
    expect([isOutput(acking), isOutput(bringing)]).toEqual([true, false]);
    one.feed({ type: "endEpoch" });
    expect(listedIn(one, ownRound(one, row).body.control)).toEqual([update.digest]);
  });

  test("a marker that would be too long waits; what it would list is proposed, so that it becomes shorter", () => {
    const one = started();
    const own = mustExist(signedIn((one.fire("idle"), one.fire("propose"))), "our block of round 1");
    const perPart = CONTROL_PAYLOAD_MAX_BYTES / one.chain.update(1, 1).bytes.length;
    const count = Math.ceil(END_MARKER_PARTS_MAX * perPart);
    const updates = Array.from({ length: count }, (_, number) => one.chain.update(1, 1 + number));
    const store = new TestStore();
    const acked = updates.map(({ header, digest }) => ({ key: updateKeyOf(header), update: digest }));
    store.persist({ ...mustExist(ofType(one.all, "persist")[0], "a batch"), unseen: updates, acked });
    const again = createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0)));
    const feed = (event: Parameters<SingleEngine["feed"]>[0]) => again.handle({ ...event, wallClockMs: 1 });
    feed({ type: "start" });
    feed({ type: "endEpoch" });
    feed({ type: "blocks", blocks: one.row(1, OTHERS), from: validatorIndex(1) });
    feed({ type: "timer", id: "leader" });
    const block = mustExist(signedIn(feed({ type: "timer", id: "propose" })), "our block of round 2");
    expect(block.header.parents[0]?.digest).toBe(own.ref.digest);
    expect(block.body.control).toEqual([]);
    const { updatesMax } = one.chain.setupOf(0).params;
    expect(block.body.updates.map(({ digest }) => digest)).toEqual(
      updates.slice(0, updatesMax).map(({ digest }) => digest),
    );
  });

  test("nothing is acked any more, neither what is due nor what comes", () => {
    const one = started();
    const [due, late] = [one.chain.update(1, 1), one.chain.update(2, 1)];
    const bringing = one.draw({ author: 1, round: 1, parents: over(1, one.genesis), body: { updates: [due] } });
    one.receive(1, bringing);
    one.feed({ type: "updateChecked", update: due.digest, accepted: true, score: null });
    one.feed({ type: "endEpoch" });
    const effects = one.receive(
      2,
      one.draw({ author: 2, round: 1, parents: over(2, one.genesis), body: { updates: [late] } }),
    );
    expect(ofType(effects, "checkUpdate")).toEqual([]);
    one.feed({ type: "updateChecked", update: late.digest, accepted: true, score: null });
    const block = mustExist(signedIn(one.fire("propose")), "our block");
    expect(block.body.acks).toEqual([]);
    expect(listedIn(one, block.body.control)).toEqual([]);
  });

  test("a validator that has forgotten what it acked makes no marker", () => {
    const one = started();
    const own = mustExist(signedIn((one.fire("idle"), one.fire("propose"))), "our block of round 1");
    const store = new TestStore();
    store.persist({ ...mustExist(ofType(one.all, "persist")[0], "a batch"), hasForgotten: true });
    const again = createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0)));
    const feed = (event: Parameters<SingleEngine["feed"]>[0]) => again.handle({ ...event, wallClockMs: 1 });
    feed({ type: "start" });
    feed({ type: "endEpoch" });
    feed({ type: "blocks", blocks: one.row(1, OTHERS), from: validatorIndex(1) });
    feed({ type: "timer", id: "leader" });
    feed({ type: "timer", id: "idle" });
    const block = mustExist(signedIn(feed({ type: "timer", id: "propose" })), "our block of round 2");
    expect(block.header.parents[0]?.digest).toBe(own.ref.digest);
    expect(block.body.control).toEqual([]);
  });

  test("a restart goes on with the marker it has, and acks nothing before it is told again", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const rival = one.chain.update(5, 1);
    const first = acked(one, update);
    one.feed({ type: "endEpoch" });
    const second = ownRound(one, [first, ...one.row(1, [2, 3])]);
    const store = new TestStore();
    for (const persist of ofType(one.all, "persist")) store.persist(persist);
    const again = createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0)));
    const feed = (event: Parameters<SingleEngine["feed"]>[0]) => again.handle({ ...event, wallClockMs: 1 });
    feed({ type: "start" });
    expect(again.status().isEnding).toBe(true);
    const blockOf1 = mustExist(
      store.blocks.find(({ ref }) => ref.author === 1),
      "a block by 1",
    );
    const below = refsOf([first, blockOf1, ...one.row(1, [2, 3])]);
    const row = OTHERS.map((author) =>
      one.draw({ author, round: 2, parents: over(author, below), body: author === 2 ? { updates: [rival] } : {} }),
    );
    expect(ofType(feed({ type: "blocks", blocks: row, from: validatorIndex(1) }), "checkUpdate")).toEqual([]);
    feed({ type: "updateChecked", update: rival.digest, accepted: true, score: null });
    feed({ type: "endEpoch" });
    feed({ type: "timer", id: "leader" });
    const third = mustExist(signedIn(feed({ type: "timer", id: "propose" })), "our block of round 3");
    expect(third.header.parents[0]?.digest).toBe(second.ref.digest);
    expect(third.body.acks).toEqual([]);
    expect(third.body.control).toEqual([]);
  });

  test("a restart that lost the marker makes another one", () => {
    const one = started();
    const update = one.chain.update(1, 1);
    const first = acked(one, update);
    const store = new TestStore();
    for (const persist of ofType(one.all, "persist")) store.persist(persist);
    one.feed({ type: "endEpoch" });
    const again = createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0)));
    const feed = (event: Parameters<SingleEngine["feed"]>[0]) => again.handle({ ...event, wallClockMs: 1 });
    feed({ type: "start" });
    feed({ type: "endEpoch" });
    feed({ type: "blocks", blocks: one.row(1, [2, 3]), from: validatorIndex(2) });
    feed({ type: "timer", id: "leader" });
    const second = mustExist(signedIn(feed({ type: "timer", id: "propose" })), "our block of round 2");
    expect(second.header.parents[0]?.digest).toBe(first.ref.digest);
    expect(listedIn(one, second.body.control)).toEqual([update.digest]);
  });
});

test("what garbage collection left behind of our acks is kept, and listed by a marker made after a restart", () => {
  const one = started({ params: { gcDepth: 4 } });
  const update = one.chain.update(1, 1);
  // The block that brings the header is referred to by us alone, and nobody refers to us: neither is ever output.
  const bringing = one.draw({ author: 1, round: 1, parents: over(1, one.genesis), body: { updates: [update] } });
  one.receive(1, bringing);
  one.feed({ type: "updateChecked", update: update.digest, accepted: true, score: null });
  let row = [one.draw({ author: 1, round: 1, parents: over(1, one.genesis) }), ...one.row(1, [2, 3])];
  for (let round = 1; round < 14; round += 1) {
    ownRound(one, row);
    const below = refsOf(row);
    row = OTHERS.map((author) => one.draw({ author, round: round + 1, parents: over(author, below) }));
  }
  expect(one.engine.status().gcRound).toBeGreaterThan(3);
  expect(ofType(one.all, "persist").flatMap(({ unseen }) => unseen)).toEqual([update]);
  const store = new TestStore();
  for (const persist of ofType(one.all, "persist")) store.persist(persist);
  const recovered = store.recover(validatorIndex(0));
  expect(recovered.blocks.some(({ body }) => body.updates.length > 0)).toBe(false);
  const again = createEngine(one.chain.setupOf(0), recovered);
  const feed = (event: Parameters<SingleEngine["feed"]>[0]) => again.handle({ ...event, wallClockMs: 1 });
  feed({ type: "start" });
  feed({ type: "endEpoch" });
  feed({ type: "blocks", blocks: row, from: validatorIndex(1) });
  feed({ type: "timer", id: "leader" });
  feed({ type: "timer", id: "idle" });
  const block = mustExist(signedIn(feed({ type: "timer", id: "propose" })), "our next block");
  expect(listedIn(one, block.body.control)).toEqual([update.digest]);
});

describe("an epoch is closed", () => {
  /** Three others' markers in round 1, and rows above, which refer to no block of ours, until these are output. */
  function closing(content: readonly Uint8Array[] = [], params: Partial<ProtocolParams> = {}): SingleEngine {
    const one = started({ params });
    const control = mustExist(buildEndMarker([], one.chain.crypto.sha256), "a short marker");
    let row = OTHERS.map((author) =>
      one.draw({ author, round: 1, parents: over(author, one.genesis), body: { control } }),
    );
    one.give(content);
    for (let round = 1; round < 12 && !one.engine.status().isClosed; round += 1) {
      ownRound(one, row);
      const below = refsOf(row);
      row = OTHERS.map((author) => one.draw({ author, round: round + 1, parents: over(author, below) }));
    }
    return one;
  }

  test("by the commit that outputs markers of stake Q, though more could be decided in that step", () => {
    const one = started();
    const control = mustExist(buildEndMarker([], one.chain.crypto.sha256), "a short marker");
    const rows: (readonly VerifiedBlock[])[] = [];
    let below = one.genesis;
    for (let round = 1; round <= 10; round += 1) {
      const row = OTHERS.map((author) =>
        one.draw({
          author,
          round,
          parents: over(
            author,
            below.filter((ref) => round === 1 || ref.author !== 0),
          ),
          body: round === 2 ? { control } : {},
        }),
      );
      rows.push(row);
      below = refsOf(row);
    }
    // Parked until the first row comes: then all of it is decided in one step.
    one.receive(1, ...rows.slice(1).flat());
    const effects = one.receive(1, ...(rows[0] ?? []));
    const commits = ofType(effects, "commit");
    const [closed] = ofType(effects, "epochClosed");
    expect(closed?.last.digest).toBe(commits.at(-1)?.sealed.digest);
    const markers = commits.map(({ blocks }) => blocks.flatMap(({ body }) => body.control).length);
    expect(markers.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(markers.at(-1)).toBeGreaterThan(0);
    expect(one.engine.status()).toMatchObject({ isClosed: true, lastCommitIndex: commits.at(-1)?.sealed.commit.index });
    // Round 10 decides slots up to round 8; the epoch ends with the first leader above round 2.
    expect(commits.at(-1)?.sealed.commit.leader.round).toBeLessThan(6);
    expect(ofType(one.receive(2, ...one.row(11, OTHERS, below)), "commit")).toEqual([]);
  });

  test("then blocks carry votes for the last commit, and no content; what is left is handed back", () => {
    const one = closing();
    expect(one.engine.status().isClosed).toBe(true);
    one.give([Uint8Array.of(7)]);
    const [closed] = ofType(one.all, "epochClosed");
    const last = mustExist(closed, "it closed").last.commit.index;
    one.feed({ type: "executed", index: last, stateRoot: digestOf(one.chain.crypto.sha256, "ledger") });
    one.fire("leader");
    const block = mustExist(signedIn(one.fire("propose")), "a block after the end");
    expect(block.body).toEqual({ acks: [], updates: [], transactions: [], control: [] });
    expect(block.header.checkpointVotes.map(({ index }) => index)).toContain(last);
  });

  test("and the last commit is voted for, however seldom checkpoints are due", () => {
    const one = closing([], { checkpointEvery: 1000 });
    const last = mustExist(ofType(one.all, "epochClosed").at(0), "it closed").last.commit.index;
    one.feed({ type: "executed", index: last, stateRoot: digestOf(one.chain.crypto.sha256, "ledger") });
    one.fire("leader");
    const block = mustExist(signedIn(one.fire("propose")), "a block after the end");
    expect(block.header.checkpointVotes.map(({ index }) => index)).toEqual([last]);
  });

  test("and stays so after a restart, which says it again with what is left over", () => {
    const one = closing();
    const store = new TestStore();
    for (const persist of ofType(one.all, "persist")) store.persist(persist);
    const again = createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0)));
    const effects = again.handle({ type: "start", wallClockMs: 1 });
    expect(ofType(effects, "epochClosed").map(({ last }) => last.digest)).toEqual(
      ofType(one.all, "epochClosed").map(({ last }) => last.digest),
    );
    expect(again.status().isClosed).toBe(true);
  });

  test("own content that no commit holds is left over", () => {
    const [closed] = ofType(closing([Uint8Array.of(1)]).all, "epochClosed");
    expect(closed?.leftover.transactions).toEqual([Uint8Array.of(1)]);
  });
});

test("F57: a block of another epoch is not taken in, whatever epoch that is", () => {
  const one = started();
  const { chainId, crypto } = one.chain;
  const other = new SingleEngine({
    later: {
      epoch: 1,
      chainId,
      names: [0, 1, 2, 3],
      base: { ...baseAt(one), startDigest: digestOf(crypto.sha256, "ledger") },
    },
  });
  const foreign = other.draw({ author: 1, round: 1, parents: over(1, one.genesis) });
  const effects = one.receive(1, foreign);
  expect(effects).toEqual([]);
  expect(one.engine.status()).toMatchObject({ parkedCount: 0, highestRound: 0 });
});

test("a later epoch begins anew: its own genesis, round 1, and other leaders, over the base's commit", () => {
  const one = started();
  const startDigest = digestOf(one.chain.crypto.sha256, "ledger");
  const { chainId, committee, crypto } = one.chain;
  const later = { epoch: 1, chainId, names: [0, 1, 2, 3], base: { ...baseAt(one), startDigest } };
  const next = new SingleEngine({ later });
  next.feed({ type: "start" });
  expect(next.engine.status()).toMatchObject({ epoch: 1, round: 0, lastCommitIndex: 17 });
  next.fire("idle");
  const block = mustExist(signedIn(next.fire("propose")), "the first block");
  expect(block.ref.round).toBe(1);
  const genesis = genesisRefs({ chainId, epoch: next.chain.committee.epoch, size: 4, startDigest }, crypto.sha256);
  expect(block.header.parents.map(({ digest }) => digest).sort((left, right) => (left < right ? -1 : 1))).toEqual(
    genesis.map(({ digest }) => digest).sort((left, right) => (left < right ? -1 : 1)),
  );
  const plain = genesisRefs({ chainId, epoch: next.chain.committee.epoch, size: 4 }, crypto.sha256);
  expect(plain.map(({ digest }) => digest)).not.toEqual(genesis.map(({ digest }) => digest));
  expect(committee.epoch).toBe(0);
});

function baseAt(one: SingleEngine): EpochBase {
  return { index: commitIndex(17), digest: digestOf<CommitDigest>(one.chain.crypto.sha256, "commit"), timestampMs: 5 };
}
