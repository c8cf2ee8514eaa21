// Villains whose blocks and bytes must be refused: each for its own reason, and their good blocks go out besides.

import type { VerifiedBlock } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { FakeWorld } from "../fake-world.ts";

const VILLAIN = 3;

function pushAll(
  world: FakeWorld,
  villain: ReturnType<FakeWorld["behaviour"]>,
  rounds: number,
): readonly VerifiedBlock[][] {
  return world.dag(rounds).map((blocks) => {
    const sent = world
      .pushToAll(villain, VILLAIN, blocks[VILLAIN] as VerifiedBlock)
      .flatMap((emission) => emission.blocks);
    world.runUntil(world.nowMs + 100);
    return sent;
  });
}

test("wrong-parents: each of P1 to P5 is broken in turn, and the good block goes out as well", () => {
  const world = new FakeWorld();
  const sent = pushAll(world, world.behaviour({ name: "wrong-parents" }), 4)
    .slice(1)
    .flat();
  const refusals = sent.map((block) => world.refusal(block));
  expect(refusals.filter((refusal) => refusal === undefined)).toHaveLength(9);
  expect(new Set(refusals.filter((refusal) => refusal !== undefined))).toEqual(
    new Set([
      "BLOCK_P1_FIRST_PARENT",
      "BLOCK_P1_OWN_PARENT",
      "BLOCK_P2_PARENT_ROUND",
      "BLOCK_P3_PARENT_AUTHORS",
      "BLOCK_P4_PARENT_STAKE",
      "BLOCK_P5_GENESIS",
    ]),
  );
});

test("wrong-parents: in place of its good blocks, if asked to", () => {
  const world = new FakeWorld();
  const sent = pushAll(world, world.behaviour({ name: "wrong-parents", options: { isInstead: true } }), 4).flat();
  expect(sent).toHaveLength(12);
  expect(sent.every((block) => world.refusal(block) !== undefined)).toBe(true);
});

test("reference-flooder: good in form, with parents that exist nowhere, once a round", () => {
  const world = new FakeWorld();
  const known = new Set(
    world
      .dag(4)
      .flat()
      .map(({ ref }) => ref.digest),
  );
  pushAll(world, world.behaviour({ name: "reference-flooder", options: { blocksPerRound: 3 } }), 4);
  expect(world.acts.get("flooded with references")).toBe(4);
  expect(world.sent).toHaveLength(12);
  for (const { blocks } of world.sent) {
    expect(blocks.map((block) => world.refusal(block))).toEqual([undefined, undefined, undefined]);
    for (const { header } of blocks)
      expect(header.parents.filter(({ digest }) => !known.has(digest)).length).toBeGreaterThan(2);
  }
});

test("field-mutator: one field differs, and mutants of many kinds are refused for many reasons", () => {
  const world = new FakeWorld();
  const options = { probability: 1, share: 1 };
  const mutants = pushAll(world, world.behaviour({ name: "field-mutator", options }), 60).map(
    ([mutant]) => mutant as VerifiedBlock,
  );
  const refusals = mutants.map((mutant) => world.refusal(mutant));
  expect(refusals).toContain(undefined);
  expect(new Set(refusals).size).toBeGreaterThan(4);
  const honest = new Set(
    world
      .dag(60)
      .flat()
      .map(({ ref }) => ref.digest),
  );
  expect(mutants.filter(({ ref }) => honest.has(ref.digest)).length).toBeLessThan(15);
});

test("field-mutator: only some of the others get the mutant, and those the same one", () => {
  const world = new FakeWorld({ size: 10, corrupted: [VILLAIN] });
  const villain = world.behaviour({ name: "field-mutator", nodes: [VILLAIN], options: { probability: 1, share: 0.5 } });
  const sizes = pushAll(world, villain, 10).map((sent) => new Set(sent.map(({ ref }) => ref.digest)).size);
  expect(Math.max(...sizes)).toBe(2);
});

test("garbage: bytes that do not decode, or blocks that do not verify", () => {
  const world = new FakeWorld();
  pushAll(world, world.behaviour({ name: "garbage", options: { probability: 1, bytesMax: 40 } }), 20);
  expect(world.sent.length).toBe(60);
  for (const { bytes } of world.sent) expect(world.refusal({ bytes } as VerifiedBlock)).toMatch(/^[A-Z]/);
  expect(world.sent.some(({ bytes }) => (bytes?.length ?? 0) > 100)).toBe(true);
  expect(world.sent.some(({ bytes }) => (bytes?.length ?? 0) <= 40)).toBe(true);
});

test("stale-replay: old messages go out with new ones, to others, and memory is bounded", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "stale-replay", options: { probability: 1, ageMs: 250, memory: 6 } });
  const rounds = pushAll(world, villain, 12);
  const replayed = rounds.flatMap((sent, index) =>
    sent.filter(({ ref }) => ref.round < index + 1).map(({ ref }) => index + 1 - ref.round),
  );
  expect(replayed.length).toBeGreaterThan(20);
  expect(Math.min(...replayed)).toBeGreaterThanOrEqual(3);
  expect(world.acts.get("replayed an old message")).toBe(replayed.length);
});
