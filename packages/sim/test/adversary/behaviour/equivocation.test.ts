// Villains that sign two blocks of one round: each pair is two good blocks, chains stay chains, and the node's own process
// is told of what was signed in its name.

import type { VerifiedBlock } from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import type { Emission } from "../../../src/adversary/adversary.ts";
import { FakeWorld } from "../fake-world.ts";

const VILLAIN = 3;

/** By receiver, the villain's blocks of all rounds as shown to it. */
function shownTo(
  world: FakeWorld,
  spec: { name: string; options?: Record<string, number | string> },
  rounds: number,
): Map<number, VerifiedBlock[]> {
  const villain = world.behaviour({ ...spec, nodes: [VILLAIN] });
  const shown = new Map<number, VerifiedBlock[]>();
  for (const blocks of world.dag(rounds, () => ({ transactions: [Uint8Array.of(1, 2, 3)] }))) {
    for (const block of blocks) {
      const message = {
        id: 0,
        from: block.ref.author,
        to: VILLAIN,
        kind: "blocks",
        sizeBytes: 1,
        sentAtMs: 0,
        blocks: [block],
      };
      if (block.ref.author !== VILLAIN) villain.onReceive?.(VILLAIN, message, world.port);
    }
    const own = blocks[VILLAIN];
    if (own === undefined) throw new Error("the villain is a member");
    for (const { to, blocks: sent } of world.pushToAll(villain, VILLAIN, own)) {
      shown.set(to, [...(shown.get(to) ?? []), ...sent]);
    }
    world.runUntil(world.nowMs + 50);
  }
  return shown;
}

function expectChain(world: FakeWorld, blocks: readonly VerifiedBlock[]): void {
  for (const [index, block] of blocks.entries()) {
    expect(world.refusal(block)).toBeUndefined();
    const before = blocks[index - 1];
    if (before !== undefined) expect(block.header.parents[0]).toEqual(before.ref);
  }
}

const digests = (blocks: readonly VerifiedBlock[] = []): readonly string[] => blocks.map(({ ref }) => ref.digest);

test("equivocator: two chains, each good and each for its own half", () => {
  const world = new FakeWorld();
  const shown = shownTo(world, { name: "equivocator" }, 4);
  expect(digests(shown.get(0))).toEqual(digests(shown.get(2)));
  expect(new Set([...digests(shown.get(0)), ...digests(shown.get(1))]).size).toBe(8);
  for (const blocks of shown.values()) expectChain(world, blocks);
  expect(world.acts.get("equivocated")).toBe(4);
  expect(digests(world.fed)).toEqual(digests(shown.get(1)));
});

test("equivocator: an audience of one", () => {
  const world = new FakeWorld();
  const shown = shownTo(world, { name: "equivocator", options: { audience: "one" } }, 3);
  expect(digests(shown.get(1))).toEqual(digests(shown.get(2)));
  expect(digests(shown.get(0))).not.toEqual(digests(shown.get(1)));
});

test("equivocator: whoever fetches a block gets the block asked for", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "equivocator", nodes: [VILLAIN] });
  const [blocks] = world.dag(1);
  expect(
    villain.onEmit?.(VILLAIN, world.push(1, [blocks?.[VILLAIN] as VerifiedBlock], "answer"), world.port),
  ).toBeUndefined();
});

test("equivocator-flood: n−1 different blocks a round", () => {
  const world = new FakeWorld({ size: 7, corrupted: [VILLAIN] });
  const shown = shownTo(world, { name: "equivocator-flood" }, 3);
  expect(new Set([...shown.values()].flatMap(digests)).size).toBe(18);
  for (const blocks of shown.values()) expectChain(world, blocks);
});

test.each(["equivocator", "equivocator-flood", "split-brain", "vote-splitter"])(
  "%s: what the node's process was fed with goes to nobody whom it is not for",
  (name) => {
    const world = new FakeWorld({ size: 7, corrupted: [VILLAIN] });
    const villain = world.behaviour({ name, nodes: [VILLAIN] });
    const [, own = []] = world.dag(2).map((blocks) => blocks.slice(VILLAIN, VILLAIN + 1));
    const first = world.pushToAll(villain, VILLAIN, own[0] as VerifiedBlock);
    world.runUntil(10);
    expect(world.fed.length).toBeGreaterThan(0);
    const again = [0, 1, 2, 4, 5, 6].flatMap((to) => {
      const emission = world.push(to, [...world.fed, ...own]);
      return villain.onEmit?.(VILLAIN, emission, world.port) ?? [emission];
    });
    for (const { to, blocks } of again) {
      const meant = first.filter((emission) => emission.to === to).flatMap((emission) => digests(emission.blocks));
      expect(new Set(digests(blocks))).toEqual(new Set(meant));
    }
    expect(again).toHaveLength(6);
  },
);

test("twins: the world is asked for a second copy of each, once its window begins", () => {
  const world = new FakeWorld({ size: 7, corrupted: [5, 6] });
  world.behaviour({ name: "twins", nodes: [4, 5, 6], fromMs: 100 });
  world.runUntil(99);
  expect(world.twins).toEqual([]);
  world.runUntil(100);
  expect(world.twins).toEqual([5, 6]);
  expect(world.acts.get("started a second copy")).toBe(2);
});

test("equivocators collude: the twin of one refers to the twin of the other", () => {
  const world = new FakeWorld({ size: 4, corrupted: [2, 3], corruptMax: 2 });
  const villain = world.behaviour({ name: "equivocator", nodes: [2, 3] });
  const shown = world.dag(3).map((blocks) =>
    [2, 3].map((node) => {
      const own = blocks[node] as VerifiedBlock;
      return world.pushToAll(villain, node, own).filter(({ to }) => to === 1)[0]?.blocks[0] as VerifiedBlock;
    }),
  );
  const parents = shown[2]?.[0]?.header.parents.filter(({ author }) => author > 1).map(({ digest }) => digest);
  expect(parents).toEqual(digests(shown[1]));
});

test("split-brain: the second chain chooses its own parents and changes its audience", () => {
  const world = new FakeWorld({ size: 7, corrupted: [VILLAIN] });
  const shown = shownTo(world, { name: "split-brain", options: { rounds: 2 } }, 8);
  const all = [...shown.values()].flat();
  expect(new Set(digests(all)).size).toBe(16);
  for (const block of all) expect(world.refusal(block)).toBeUndefined();
  const parentSets = new Set(all.filter(({ ref }) => ref.round === 5).map(({ header }) => header.parents.length));
  expect([...parentSets].sort((left, right) => left - right)).toEqual([5, 7]);
  const changed = [...shown.values()].filter((blocks) =>
    blocks.some((block, index) => index > 0 && block.header.parents[0]?.digest !== blocks[index - 1]?.ref.digest),
  );
  expect(changed.length).toBeGreaterThan(0);
});

test("vote-splitter: the halves see votes for and against the last leader, unless it is the voter", () => {
  const world = new FakeWorld();
  const shown = shownTo(world, { name: "vote-splitter" }, 5);
  for (const [index, shownHere] of (shown.get(1) ?? []).entries()) {
    const leader = world.leaderOf(index);
    const isShunned = index > 0 && leader !== VILLAIN;
    expect(shownHere.header.parents.some(({ author }) => author === leader)).toBe(!isShunned);
    expect(shown.get(0)?.[index]?.header.parents.some(({ author }) => author === leader)).toBe(true);
    expect(world.refusal(shownHere)).toBeUndefined();
  }
});

describe("double-signer", () => {
  test("signs its last rounds anew and shows both to everybody", () => {
    const world = new FakeWorld();
    const shown = shownTo(world, { name: "double-signer", options: { everyMs: 200, rounds: 3 } }, 6);
    const anew = world.sent.filter(({ to }) => to === 0).flatMap(({ blocks }) => blocks);
    expect(anew.map(({ ref }) => ref.round)).toEqual([3, 4, 5]);
    expectChain(world, anew);
    const first = digests(shown.get(0));
    expect(anew.some(({ ref }) => first.includes(ref.digest))).toBe(false);
    expect(world.sent.map(({ to }: Pick<Emission, "to">) => to)).toEqual([0, 1, 2]);
    expect(world.acts.get("signed rounds anew")).toBe(1);
  });
});
