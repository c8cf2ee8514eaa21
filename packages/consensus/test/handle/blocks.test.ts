// Rules B1, B2, D1 and D2 (docs/protocol.md §§3, 4), one by one.

import { type Effect, type RecoveredState, createEngineMemo } from "@selvedge/consensus";
import { TestStore } from "@selvedge/consensus/testing";
import { type BlockRef, type VerifiedBlock, validatorIndex } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { SingleEngine, ofType, refsOf, signedIn } from "../support/single-engine.ts";

const OTHERS = [1, 2, 3];

function started(options: ConstructorParameters<typeof SingleEngine>[0] = {}): SingleEngine {
  const one = new SingleEngine(options);
  one.feed({ type: "start" });
  return one;
}

function persisted(one: SingleEngine): readonly string[] {
  return ofType(one.all, "persist").flatMap(({ blocks }) => blocks.map(({ ref }) => ref.digest));
}

describe("B1", () => {
  test("our block is synced, with its safety record, before it is sent to everybody", () => {
    const one = started();
    one.give([Uint8Array.of(1)]);
    const effects = one.fire("propose");
    const types = effects.map(({ type }) => type);
    expect(types.indexOf("persist")).toBeGreaterThanOrEqual(0);
    expect(types.indexOf("persist")).toBeLessThan(types.indexOf("send"));
    const [persist] = ofType(effects, "persist");
    expect(persist?.sync).toBe(true);
    expect(persist?.signed?.digest).toBe(signedIn(effects)?.ref.digest);
    expect(ofType(effects, "send").map(({ to }) => to)).toEqual(OTHERS);
  });

  test("blocks of others are written without sync, and a commit with it, before it is handed on", () => {
    const one = started();
    const rows = one.tower(OTHERS, 4);
    const [first] = ofType(one.receive(1, ...(rows[0] ?? [])), "persist");
    expect(first?.sync).toBe(false);
    const effects = [rows[1], rows[2], rows[3]].map((row) => one.receive(1, ...(row ?? [])));
    const committing = effects.find((each) => ofType(each, "commit").length > 0) ?? [];
    const types = committing.map(({ type }) => type);
    expect(types.filter((type) => type === "persist")).toHaveLength(1);
    expect(types.indexOf("persist")).toBeLessThan(types.indexOf("commit"));
    expect(ofType(committing, "persist")[0]).toMatchObject({ sync: true, signed: null });
  });
});

test("B2: a block that a peer's blocks two rounds on still do not reach goes with our next block, to whom it lacks, once", () => {
  const one = started();
  // Validator 3 shows us one block of round 1 and the others a twin of it, on which all three build.
  const parents = [3, 0, 1, 2].flatMap((author) => one.genesis[author] ?? []);
  const hidden = one.draw({ author: 3, round: 1, parents, header: { timestampMs: 77 } });
  one.receive(3, hidden);
  const tower = one.tower(OTHERS, 4);
  const hiddenSentTo = (rows: number): readonly number[] => {
    one.receive(1, ...(tower[rows - 1] ?? []));
    one.give([Uint8Array.of(rows)]);
    one.fire("leader");
    const sends = ofType(one.fire("propose"), "send");
    expect(sends).toHaveLength(3);
    return sends.filter(({ blocks }) => blocks.some(({ ref }) => ref.digest === hidden.ref.digest)).map(({ to }) => to);
  };
  expect(hiddenSentTo(1)).toEqual([]);
  expect(hiddenSentTo(2)).toEqual([]);
  expect(hiddenSentTo(3)).toEqual([1, 2]);
  expect(hiddenSentTo(4)).toEqual([]);
  // What we sent goes in causal order, and nothing of ours is sent twice.
  const ownSentToOne = ofType(one.all, "send")
    .filter(({ to }) => to === 1)
    .flatMap(({ blocks }) => blocks.filter(({ ref }) => ref.author === 0));
  expect(new Set(ownSentToOne).size).toBe(ownSentToOne.length);
});

describe("D1", () => {
  test("a block enters once all its ancestors are in, and they are fetched from the sender at once", () => {
    const one = started();
    const [first, second] = one.tower(OTHERS, 2);
    const effects = one.receive(2, ...(second ?? []));
    expect(persisted(one)).toEqual([]);
    expect(one.engine.status().parkedCount).toBe(3);
    const [fetch, ...more] = ofType(effects, "fetch");
    expect(more).toEqual([]);
    expect(fetch?.from).toBe(2);
    expect(new Set(fetch?.refs.map(({ digest }) => digest))).toEqual(new Set(first?.map(({ ref }) => ref.digest)));
    one.feed({ type: "blocks", blocks: first ?? [], from: fetch?.from ?? null, fetchId: fetch?.fetchId ?? 0 });
    expect(persisted(one)).toEqual([...refsOf(first ?? []), ...refsOf(second ?? [])].map(({ digest }) => digest));
    expect(one.engine.status().parkedCount).toBe(0);
  });

  test("what a block lacks is the same, whether another engine of the process took it in before us or not", () => {
    const memo = createEngineMemo();
    // Both at the start: a memo lets go of rounds that nobody who shares it may still take in.
    const [other, one] = [started({ memo }), started({ memo })];
    const [first = [], second = [], third = []] = other.tower(OTHERS, 3);
    for (const row of [first, second, third]) other.receive(1, ...row);
    expect(persisted(other)).toHaveLength(9);
    const effectsOf = (late: SingleEngine): readonly Effect[] => {
      late.receive(2, ...third.slice(0, 1));
      late.receive(1, ...first.slice(1));
      for (const block of second) late.receive(3, block);
      expect(late.engine.status().parkedCount).toBe(4);
      late.receive(1, ...first.slice(0, 1), ...third);
      expect(persisted(late)).toHaveLength(9);
      return late.all;
    };
    expect(effectsOf(one)).toEqual(effectsOf(started()));
  });

  test("who does not answer in time is passed over: the next peer is asked, and two requests at most are in flight", () => {
    const one = started();
    const [, second] = one.tower(OTHERS, 2);
    const asked: (number | null)[] = [];
    let effects = one.receive(2, ...(second ?? []).slice(0, 1));
    for (let turn = 0; turn < 3; turn += 1) {
      const [fetch] = ofType(effects, "fetch");
      if (fetch === undefined) break;
      asked.push(fetch.from);
      effects = one.fire(`fetch:${fetch.fetchId}`);
    }
    expect(asked[0]).toBe(2);
    expect(new Set(asked)).toEqual(new Set([1, 2, 3]));
    // All were asked: it is reported, and there is a pause before the next turn.
    expect(ofType(effects, "report").map(({ fault }) => fault.type)).toContain("fetchExhausted");
    expect(ofType(effects, "fetch")).toEqual([]);
    const [pause] = ofType(effects, "setTimer");
    expect(
      ofType(one.fire(pause?.id === undefined || !pause.id.startsWith("fetch:") ? "idle" : pause.id), "fetch").length,
    ).toBeGreaterThan(0);
  });

  test("parked blocks are bounded per author, the furthest round goes first, and it is reported", () => {
    const one = started({ local: { parkedPerAuthorMax: 5, parkedMax: 100 } });
    const tower = one.tower(OTHERS, 12);
    for (const row of tower.slice(1).toReversed()) one.receive(1, ...row.filter(({ ref }) => ref.author === 1));
    expect(one.engine.status().parkedCount).toBe(5);
    const evicted = ofType(one.all, "report").flatMap(({ fault }) =>
      fault.type === "parkedOverflow" ? [fault.evicted.round] : [],
    );
    expect(evicted).toEqual([12, 11, 10, 9, 8, 7]);
  });

  test("blocks beyond roundLeadMax wait, and enter when our own round has come nearer", () => {
    const one = started({ params: { roundLeadMax: 3 } });
    const tower = one.tower(OTHERS, 8);
    for (const row of tower.toReversed()) one.receive(1, ...row);
    expect(ofType(one.all, "report").some(({ fault }) => fault.type === "roundTooFar")).toBe(true);
    for (let turn = 0; turn < 10; turn += 1) one.fire("propose");
    expect(new Set(persisted(one)).size).toBeGreaterThanOrEqual(24);
    expect(one.engine.status().parkedCount).toBe(0);
  });

  /** We and validators 1 and 2 go on without validator 3, until its block of round 1 is long collected. */
  function leftBehind(one: SingleEngine): { readonly old: VerifiedBlock; readonly below: readonly BlockRef[] } {
    one.give([Uint8Array.of(1)]);
    let own = signedIn(one.fire("propose"));
    const first = one.row(1, OTHERS);
    one.receive(1, ...first);
    let below: readonly BlockRef[] = [...refsOf(first), ...(own === undefined ? [] : [own.ref])];
    for (let round = 2; round <= 14; round += 1) {
      one.give([Uint8Array.of(round)]);
      one.fire("leader");
      own = signedIn(one.fire("propose")) ?? own;
      const row = one.row(round, [1, 2], below);
      one.receive(1, ...row);
      below = [...refsOf(row), ...(own === undefined ? [] : [own.ref])];
    }
    expect(one.engine.status().gcRound).toBeGreaterThanOrEqual(3);
    const old = first.find(({ ref }) => ref.author === 3);
    if (old === undefined) throw new Error("no old block");
    return { old, below };
  }

  /** The block that validator 3 made after this one, in time, and that nobody got in time. */
  function nextOf(one: SingleEngine, { ref: own }: VerifiedBlock): VerifiedBlock {
    const all = ofType(one.all, "persist").flatMap(({ blocks }) => refsOf(blocks));
    const below = all.filter((ref) => ref.round === own.round && ref.author !== 3);
    return one.draw({ author: 3, round: own.round + 1, parents: [own, ...below] });
  }

  test("what garbage collection has passed is asked of our own store, and fetched only if that lacks it", () => {
    const one = started({ params: { gcDepth: 4 } });
    const { old, below } = leftBehind(one);
    const top = below[0]?.round ?? 0;
    const comeback = one.draw({ author: 3, round: top + 1, parents: [old.ref, ...below] });
    const effects = one.receive(3, comeback);
    expect(ofType(effects, "lookup").flatMap(({ refs }) => refs)).toEqual([old.ref]);
    expect(ofType(effects, "fetch")).toEqual([]);
    one.feed({ type: "lookedUp", present: [old.ref], absent: [] });
    expect(persisted(one)).toContain(comeback.ref.digest);
  });

  test("our own store is asked for it though somebody has called it by another round before", () => {
    const one = started({ params: { gcDepth: 4 } });
    const { old, below } = leftBehind(one);
    const top = below[0]?.round ?? 0;
    const called = (ref: BlockRef): VerifiedBlock => one.draw({ author: 3, round: top + 1, parents: [ref, ...below] });
    const lie = { ...old.ref, round: (old.ref.round + 1) as BlockRef["round"] };
    one.receive(3, called(lie));
    one.feed({ type: "lookedUp", present: [], absent: [lie] });
    const effects = one.receive(3, called(old.ref));
    expect(ofType(effects, "lookup").flatMap(({ refs }) => refs)).toEqual([old.ref]);
  });

  test("a block behind gcRound enters if its author has made none above it that is in: its next one stands on it", () => {
    const one = started({ params: { gcDepth: 4 } });
    const { old } = leftBehind(one);
    const late = nextOf(one, old);
    const [lookup] = ofType(one.receive(3, late), "lookup");
    expect(lookup?.refs).toHaveLength(4);
    one.feed({ type: "lookedUp", present: lookup?.refs ?? [], absent: [] });
    expect(persisted(one).at(-1)).toBe(late.ref.digest);
    // Neither it nor another of its round nor one below it is news any more.
    const twin = one.draw({ author: 3, round: 2, parents: late.header.parents, header: { timestampMs: 9 } });
    for (const known of [late, twin, old]) expect(one.receive(3, known)).toEqual([]);
    expect(one.engine.status().parkedCount).toBe(0);
  });

  test("after a restart an author's late block enters if our store has told which of its blocks is the newest", () => {
    const before = started({ params: { gcDepth: 4 } });
    const { old } = leftBehind(before);
    const late = nextOf(before, old);
    const store = new TestStore();
    for (const batch of ofType(before.all, "persist")) store.persist(batch);
    const { newestBlocks, ...untold } = store.recover(validatorIndex(0));
    expect(newestBlocks).toContainEqual(old.ref);
    const restarted = (recovered: RecoveredState): readonly Effect[] => {
      const one = new SingleEngine({ params: { gcDepth: 4 } }, 0, recovered);
      one.feed({ type: "start" });
      return one.receive(3, late);
    };
    expect(ofType(restarted(store.recover(validatorIndex(0))), "lookup")).toHaveLength(1);
    expect(restarted(untold)).toEqual([]);
  });

  test("an observer, to whom no validator hands anything, takes an old block on the word of those who signed", () => {
    const params = { gcDepth: 4 };
    const before = started({ params });
    const { old, below } = leftBehind(before);
    const store = new TestStore();
    for (const batch of ofType(before.all, "persist")) store.persist(batch);
    const historyRound = before.engine.status().gcRound;
    const one = new SingleEngine({ params }, null, { ...store.recover(null), historyRound });
    one.feed({ type: "start" });
    const top = below[0]?.round ?? 0;
    const comeback = one.draw({ author: 3, round: top + 1, parents: [old.ref, ...below] });
    const row = [...one.row(top + 1, [1, 2], below), comeback];
    const builtOnIt = one.row(top + 2, [1], refsOf(row));
    const [lookup] = ofType(one.feed({ type: "blocks", blocks: [...row, ...builtOnIt], from: null }), "lookup");
    expect(lookup?.refs).toEqual([old.ref]);
    one.feed({ type: "lookedUp", present: [], absent: [old.ref] });
    expect(persisted(one)).toContain(comeback.ref.digest);
  });

  test("no author makes an observer ask for more than four references for each validator at a time", () => {
    const one = new SingleEngine({}, null);
    one.feed({ type: "start" });
    const [known = []] = one.tower(OTHERS, 1);
    const invented = (number: number): BlockRef[] =>
      known.map(({ ref }) => ({ ...ref, digest: one.draw({ author: 1, round: 1 + number, parents: [] }).ref.digest }));
    const flood = Array.from({ length: 20 }, (_, number) => {
      const block = one.draw({ author: 3, round: 2, parents: invented(number), header: { timestampMs: number } });
      return [one.draw({ author: 3, round: 3 + number, parents: [block.ref] }), block];
    });
    one.feed({ type: "blocks", blocks: flood.flat(), from: null });
    expect(one.engine.status().parkedCount).toBe(40);
    expect(ofType(one.all, "fetch").flatMap(({ refs }) => refs)).toHaveLength(16);
  });

  test("of an author that nobody heard for long, the blocks are asked for by rounds, above the newest that is in", () => {
    const one = started({ params: { gcDepth: 4 } });
    const { old } = leftBehind(one);
    const unheard = [old];
    for (let round = 2; round <= 14; round += 1) unheard.push(nextOf(one, unheard.at(-1) ?? old));
    const effects = [...one.receive(3, ...unheard.slice(-1))];
    expect(ofType(effects, "fetchRange")).toMatchObject([{ from: 3, author: 3, fromRound: 2, toRound: 13 }]);
    const [{ fetchId } = { fetchId: 0 }] = ofType(effects, "fetchRange");
    const answered = one.feed({ type: "blocks", blocks: unheard.slice(1, -1), from: validatorIndex(3), fetchId });
    one.feed({ type: "lookedUp", present: ofType(answered, "lookup").flatMap(({ refs }) => refs), absent: [] });
    expect(persisted(one).slice(-13)).toEqual(refsOf(unheard.slice(1)).map(({ digest }) => digest));
  });
});

describe("D2", () => {
  function twins(one: SingleEngine, count: number): readonly VerifiedBlock[] {
    const parents = [3, 0, 1, 2].flatMap((author) => one.genesis[author] ?? []);
    return Array.from({ length: count }, (_, variant) =>
      one.draw({ author: 3, round: 1, parents, header: { timestampMs: variant } }),
    );
  }

  test("an equivocation is reported once, with both blocks", () => {
    const one = started();
    one.receive(3, ...twins(one, 4));
    const faults = ofType(one.all, "report").map(({ fault }) => fault);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatchObject({ type: "equivocation", author: 3 });
  });

  test("two blocks of a slot are kept, a third only when something refers to it", () => {
    const one = started();
    const [first, second, third] = twins(one, 3);
    if (first === undefined || second === undefined || third === undefined) throw new Error("no twins");
    one.receive(3, first, second, third);
    expect(persisted(one)).toEqual([first.ref.digest, second.ref.digest]);
    const row = one.row(1, [1, 2]);
    one.receive(1, ...row);
    const onThird = one.draw({
      author: 1,
      round: 2,
      parents: [row[0]?.ref, row[1]?.ref, third.ref].flatMap((ref) => ref ?? []),
    });
    const [fetch] = ofType(one.receive(1, onThird), "fetch");
    expect(fetch?.refs).toEqual([third.ref]);
    one.feed({ type: "blocks", blocks: [third], from: fetch?.from ?? null, fetchId: fetch?.fetchId ?? 0 });
    expect(persisted(one).slice(-2)).toEqual([third.ref.digest, onThird.ref.digest]);
  });

  test("an equivocator is no parent of ours while quorum can be had without it, and is one when it cannot", () => {
    const parentsWith = (others: readonly number[]): readonly number[] => {
      const one = started();
      one.give([Uint8Array.of(1)]);
      one.fire("propose");
      one.receive(3, ...twins(one, 2));
      one.receive(1, ...one.row(1, others));
      one.fire("leader");
      return signedIn(one.fire("propose"))?.header.parents.map(({ author }) => author) ?? [];
    };
    expect(parentsWith([1, 2])).toEqual([0, 1, 2]);
    expect(parentsWith([1])).toEqual([0, 1, 3]);
  });
});

test("floods of blocks that can never enter cost bounded memory", () => {
  const one = started({ local: { parkedPerAuthorMax: 50, parkedMax: 120 } });
  const ghost = one.draw({ author: 1, round: 1, parents: one.genesis });
  for (let turn = 0; turn < 600; turn += 1) {
    const author = 1 + (turn % 3);
    const parents = OTHERS.map((each) => ({
      ...ghost.ref,
      author: each as BlockRef["author"],
      round: (2 + turn) as BlockRef["round"],
    }));
    const own = parents.filter((ref) => ref.author === author);
    one.receive(
      author,
      one.draw({
        author,
        round: 3 + turn,
        parents: [...own, ...parents.filter((ref) => ref.author !== author)],
        header: { timestampMs: turn },
      }),
    );
  }
  expect(one.engine.status().parkedCount).toBeLessThanOrEqual(120);
  expect(one.engine.status().blocksInMemory).toBe(4);
  expect(signedIn(one.all)).toBeUndefined();
});

test("a late block is a weak parent of our next block, and of none after it", () => {
  const one = started();
  const make = (): VerifiedBlock => {
    one.give([Uint8Array.of(one.all.length & 0xff, one.all.length >> 8)]);
    one.fire("leader");
    const block = signedIn(one.fire("propose"));
    if (block === undefined) throw new Error("no block");
    return block;
  };
  let own = make();
  const [late, ...first] = one.row(1, [3, 1, 2]);
  if (late === undefined) throw new Error("no late block");
  let below = [...first, own];
  one.receive(1, ...first);
  const weak: (readonly BlockRef[])[] = [];
  for (let round = 2; round <= 4; round += 1) {
    if (round === 3) one.receive(3, late);
    own = make();
    weak.push(own.header.parents.filter((parent) => parent.round < round - 1));
    const row = one.row(round, [1, 2], refsOf(below));
    one.receive(1, ...row);
    below = [...row, own];
  }
  expect(weak).toEqual([[], [late.ref], []]);
});
