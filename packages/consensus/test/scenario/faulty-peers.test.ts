// What faulty peers and a lossy network may do to one validator (docs/protocol.md, D1, B2, §11): nothing they send makes
// the engine throw, and no loss, short answer or silence stops it for good.

import { createEngine } from "@selvedge/consensus";
import { TestNetwork, TestStore } from "@selvedge/consensus/testing";
import { type BlockRef, type VerifiedBlock, round, validatorIndex } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { TestRandom } from "../../src/testing/prng.ts";
import { expectAgreement, expectProgress, offerLoad } from "../support/network.ts";
import { SingleEngine, ofType, refsOf } from "../support/single-engine.ts";

const OTHERS = [1, 2, 3];

describe("D1: a parent is a round, an author and a digest, and a reference that lies about one is to no block", () => {
  function persisted(one: SingleEngine): readonly string[] {
    return ofType(one.all, "persist").flatMap(({ blocks }) => blocks.map(({ ref }) => ref.digest));
  }

  function lying(one: SingleEngine, rows: readonly (readonly VerifiedBlock[])[], claimed: BlockRef): VerifiedBlock {
    const below = refsOf(rows[2] ?? []);
    const own = below.find(({ author }) => author === 3);
    const others = below.filter(({ author }) => author === 2);
    return one.draw({ author: 3, round: 4, parents: [own, ...others, claimed].flatMap((ref) => ref ?? []) });
  }

  const lies = ["a later round", "an earlier round", "another author"] as const;

  test.each(lies)("with %s claimed for a block that is in", (lie) => {
    const one = new SingleEngine();
    one.feed({ type: "start" });
    const rows = one.tower(OTHERS, 6);
    for (const row of rows) one.receive(1, ...row);
    const truth = {
      "a later round": rows[4]?.[0]?.ref,
      "an earlier round": rows[1]?.[0]?.ref,
      "another author": rows[2]?.[1]?.ref,
    }[lie];
    if (truth === undefined) throw new Error("no block");
    const liar = lying(one, rows, { ...truth, round: round(3), author: validatorIndex(1) });
    const effects = one.receive(3, liar);
    expect(persisted(one)).not.toContain(liar.ref.digest);
    expect(ofType(effects, "fetch")).toEqual([]);
    expect(one.engine.status().parkedCount).toBe(0);
  });

  test.each(lies)("with %s claimed for a block that comes later", (lie) => {
    const one = new SingleEngine();
    one.feed({ type: "start" });
    const rows = one.tower(OTHERS, 6);
    const late = { "a later round": [4, 0], "an earlier round": [1, 0], "another author": [2, 1] }[lie];
    const truth = rows[late[0] ?? 0]?.[late[1] ?? 0]?.ref;
    if (truth === undefined) throw new Error("no block");
    const liar = lying(one, rows, { ...truth, round: round(3), author: validatorIndex(1) });
    one.receive(3, liar);
    for (const row of rows) one.receive(1, ...row);
    expect(persisted(one)).not.toContain(liar.ref.digest);
    expect(persisted(one)).toHaveLength(18);
  });

  test("a block that somebody has called by another round is still asked for by its own", () => {
    const one = new SingleEngine();
    one.feed({ type: "start" });
    const rows = one.tower(OTHERS, 4);
    const [truth] = refsOf(rows[0] ?? []);
    if (truth === undefined) throw new Error("no block");
    one.receive(1, ...(rows[0] ?? []).slice(1));
    one.receive(3, lying(one, rows, { ...truth, round: round(3) }));
    one.receive(2, ...(rows[1] ?? []));
    // Whoever is asked has until the timeout.
    for (let turn = 0; turn < OTHERS.length; turn += 1)
      for (const { fetchId } of ofType(one.all, "fetch")) one.fire(`fetch:${fetchId}`);
    const isForIt = (ref: BlockRef): boolean => ref.digest === truth.digest && ref.round === truth.round;
    const asked = ofType(one.all, "fetch").filter(({ refs }) => refs.some(isForIt));
    expect(new Set(asked.map(({ from }) => from))).toEqual(new Set(OTHERS));
  });
});

test.each([1, 2, 3, 4])(
  "D2: nothing that F + 1 authors sign makes the engine throw or hold more than it may (run %i)",
  (seed) => {
    const random = new TestRandom(seed);
    const limits = { parkedPerAuthorMax: 20, parkedMax: 40 };
    const one = new SingleEngine({ local: limits, params: { gcDepth: 6, scheduleEvery: 5, roundLeadMax: 12 } });
    one.feed({ type: "start" });
    const drawn: VerifiedBlock[] = [];
    const refFor = (author: number, below: number): BlockRef => {
      const known = drawn.filter(({ ref }) => ref.author === author && ref.round < below);
      const recent = known.slice(-6);
      const truth = recent[random.below(Math.max(1, recent.length))]?.ref ?? one.genesis[author];
      if (truth === undefined) throw new Error("no genesis");
      if (random.below(30) !== 0 || below < 2) return truth;
      return { ...truth, round: round(1 + random.below(below - 1)) };
    };
    for (let turn = 0; turn < 900; turn += 1) {
      const author = 1 + random.below(3);
      const at = 1 + Math.floor(turn / 14) + random.below(3);
      const others = [0, 1, 2, 3].filter((each) => each !== author && random.below(8) > 0);
      const update = one.chain.update(random.below(5), 1 + random.below(3), random.below(2));
      const block = one.draw({
        author,
        round: at,
        parents: [author, ...others].map((each) => refFor(each, at)),
        body: {
          updates: random.below(4) === 0 ? [update] : [],
          acks: random.below(3) === 0 ? [{ update: update.digest, score: null }] : [],
        },
        header: { timestampMs: random.below(1000) },
      });
      drawn.push(block);
      if (random.below(5) > 0) one.receive(1 + random.below(3), block);
      if (random.below(4) === 0) {
        const asked = ofType(one.all.splice(0), "fetch").at(-1);
        const digests = new Set<string>(asked?.refs.map(({ digest }) => digest));
        const blocks = drawn.filter(({ ref }) => digests.has(ref.digest) && random.below(4) > 0);
        if (asked !== undefined) one.feed({ type: "blocks", blocks, from: asked.from, fetchId: asked.fetchId });
      }
      if (random.below(3) === 0) one.fire(random.below(2) === 0 ? "leader" : "propose");
      const { parkedCount } = one.engine.status();
      expect(parkedCount).toBeLessThanOrEqual(limits.parkedMax);
    }
    expect(one.engine.status().highestRound).toBeGreaterThan(0);
  },
);

describe("nothing lost stops the network for good", () => {
  test("all validators stop at once, with every message on the way lost, and go on when they are back", () => {
    const isLost = (atMs: number): boolean => atMs > 480 && atMs <= 505;
    const network = new TestNetwork({
      size: 4,
      seed: 4,
      delay: (message) => (isLost(message.sentAtMs) ? undefined : 10),
    });
    offerLoad(network, { everyMs: 20, untilMs: 6000 });
    network.start();
    network.runUntil(505);
    for (const host of network.hosts) host.crash();
    network.runUntil(1000);
    for (const host of network.hosts) host.start();
    network.runUntil(6000);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 60);
  });

  test("a second in which every message is lost costs no more than that", () => {
    const isLost = (atMs: number): boolean => atMs >= 500 && atMs < 1500;
    const network = new TestNetwork({
      size: 4,
      seed: 4,
      delay: (message) => (isLost(message.sentAtMs) ? undefined : 10),
    });
    offerLoad(network, { everyMs: 20, untilMs: 6000 });
    network.start();
    network.runUntil(6000);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 60);
  });
});

describe("a validator far behind", () => {
  function away(options: Partial<ConstructorParameters<typeof TestNetwork>[0]>): TestNetwork {
    const network = new TestNetwork({
      size: 4,
      seed: 3,
      delay: () => 8,
      local: { roundDelayMinMs: 90 },
      ...options,
    });
    offerLoad(network, { everyMs: 50, untilMs: 12_000 });
    network.start();
    network.runUntil(500);
    network.host(3).crash();
    network.runUntil(7000);
    network.host(3).start();
    network.runUntil(12_000);
    return network;
  }

  test.each([1, 2, 5])(
    "catches up though answers to range requests end after %i blocks, within a round",
    (rangeBlocksMax) => {
      const network = away({ rangeBlocksMax });
      const [newest, mine] = [0, 3].map((index) => network.host(index).engine?.status().round ?? 0);
      expect((newest ?? 0) - (mine ?? 0)).toBeLessThan(5);
      expectAgreement(network.hosts);
    },
  );
});

test("§11: an amnesiac catches up however far the others went", () => {
  const network = new TestNetwork({ size: 4, delay: () => 8, params: { roundLeadMax: 20 } });
  offerLoad(network, { everyMs: 20, untilMs: 4000 });
  network.start();
  network.runUntil(500);
  const host = network.host(0);
  host.crash();
  network.runUntil(3000);
  host.store.loseEverything();
  host.start();
  expect(host.engine?.status().signing.standing).toBe("recovering");
  network.runUntil(5000);
  expectAgreement(network.hosts);
  expect(network.host(1).store.commits.length).toBeGreaterThan(60);
  expect(network.host(1).store.commits.length - host.store.commits.length).toBeLessThan(6);
});

test("U3: an ack is recorded by key however long it waited for a block of ours", () => {
  const params = { updateExpiry: 2, executionLagMax: 1, gcDepth: 5 };
  const one = new SingleEngine({ params, local: { ownUncommittedBytesMax: 1 } });
  one.feed({ type: "start" });
  one.give([Uint8Array.of(1)]);
  one.fire("propose");
  const update = one.chain.update(1, 1);
  const parents = [1, 0, 2, 3].flatMap((author) => one.genesis[author] ?? []);
  const carrier = one.draw({ author: 1, round: 1, parents, body: { updates: [update] } });
  const first = [carrier, ...one.row(1, [2, 3])];
  one.receive(1, ...first);
  // The payload gate is shut, as nobody refers to our block: the ack waits while the others' commits go on.
  one.feed({ type: "updateChecked", update: update.digest, accepted: true, score: null });
  let below = refsOf(first);
  for (let at = 2; at <= 14; at += 1) {
    const row = one.row(at, OTHERS, below);
    below = refsOf(row);
    one.receive(1, ...row);
    one.fire("leader");
    one.fire("propose");
  }
  const persists = ofType(one.all, "persist");
  const acksMade = persists.flatMap(({ blocks, signed }) =>
    blocks.filter(({ ref }) => ref.digest === signed?.digest).flatMap(({ body }) => body.acks),
  );
  expect(one.engine.status().lastCommitIndex).toBeGreaterThan(4);
  expect(acksMade.length).toBeGreaterThan(0);
  expect(persists.flatMap(({ acked }) => acked).map((each) => each.update)).toEqual(
    acksMade.map((each) => each.update),
  );
});

test("a store that knows a block under its digest alone is not asked under a false round", () => {
  const store = new TestStore();
  const one = new SingleEngine();
  const [block] = one.row(1, [1]);
  if (block === undefined) throw new Error("no block");
  store.persist({ type: "persist", sync: true, blocks: [block], commits: [], signed: null, acked: [], unseen: [] });
  expect(store.has(block.ref)).toBe(true);
  expect(store.has({ ...block.ref, round: round(2) })).toBe(false);
  expect(createEngine(one.chain.setupOf(0), store.recover(validatorIndex(0))).status().blocksInMemory).toBe(5);
});
