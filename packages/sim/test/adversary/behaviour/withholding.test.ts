// Villains that say nothing, too little, or too late: what the others get, and when.

import type { VerifiedBlock } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { FakeWorld } from "../fake-world.ts";

const VILLAIN = 3;

function ownBlocks(world: FakeWorld, rounds: number): readonly VerifiedBlock[] {
  return world.dag(rounds).map((blocks) => blocks[VILLAIN] as VerifiedBlock);
}

const MESSAGE = { id: 0, from: 0, to: VILLAIN, kind: "blocks", sizeBytes: 1, sentAtMs: 0, blocks: [] };

test("silent: nothing leaves; deaf only if asked to be", () => {
  for (const isDeaf of [false, true]) {
    const world = new FakeWorld();
    const villain = world.behaviour({ name: "silent", options: { isDeaf } });
    expect(ownBlocks(world, 2).flatMap((block) => world.pushToAll(villain, VILLAIN, block))).toEqual([]);
    expect(villain.onReceive?.(VILLAIN, MESSAGE, world.port)).toBe(isDeaf ? false : undefined);
    expect(world.acts.get("kept silent")).toBe(6);
  }
});

test("crash-recover: gone at the start of each turn, back for the rest", () => {
  const world = new FakeWorld({ size: 7, corrupted: [5, 6] });
  const options = { periodMs: 100, downMs: 40, staggerMs: 50 };
  const villain = world.behaviour({ name: "crash-recover", nodes: [5, 6], options });
  const isGone = (node: number, nowMs: number): boolean => {
    world.nowMs = nowMs;
    const isMute = villain.onEmit?.(node, world.push(0, []), world.port) !== undefined;
    expect(villain.onReceive?.(node, MESSAGE, world.port) === false).toBe(isMute);
    return isMute;
  };
  expect([0, 39, 40, 99, 100].map((nowMs) => isGone(5, nowMs))).toEqual([true, true, false, false, true]);
  expect([0, 49, 50, 89, 90, 150].map((nowMs) => isGone(6, nowMs))).toEqual([false, false, true, true, false, true]);
});

test("late-sender: everything leaves within its bounds, unchanged", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "late-sender", options: { delayMs: 100, jitterMs: 50 } });
  const [block] = ownBlocks(world, 1);
  expect(world.pushToAll(villain, VILLAIN, block as VerifiedBlock)).toEqual([]);
  world.runUntil(99);
  expect(world.sent).toEqual([]);
  world.runUntil(150);
  expect(world.sent.map(({ to }) => to).sort((left, right) => left - right)).toEqual([0, 1, 2]);
  expect(world.sent.every(({ atMs, blocks }) => atMs >= 100 && atMs <= 150 && blocks[0] === block)).toBe(true);
});

test("staller: only the blocks with which it leads are held, for as long as asked", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "staller", options: { delayMs: 90 } });
  const [first, , third] = ownBlocks(world, 3);
  expect(world.pushToAll(villain, VILLAIN, first as VerifiedBlock)).toHaveLength(3);
  expect(world.pushToAll(villain, VILLAIN, third as VerifiedBlock)).toHaveLength(0);
  world.runUntil(89);
  expect(world.sent).toHaveLength(0);
  world.runUntil(90);
  expect(world.sent).toHaveLength(3);
});

test("leader-hider: F+1 see the block with which it leads, in pushes and in answers alike", () => {
  const world = new FakeWorld({ size: 10, corrupted: [VILLAIN] });
  const villain = world.behaviour({ name: "leader-hider", nodes: [VILLAIN] });
  const blocks = ownBlocks(world, 13);
  for (const [index, block] of blocks.entries()) {
    const isLeader = world.leaderOf(index + 1) === VILLAIN;
    expect(world.pushToAll(villain, VILLAIN, block)).toHaveLength(isLeader ? 4 : 9);
  }
  const led = blocks[2] as VerifiedBlock;
  const answers = Array.from({ length: 10 }, (_, to) => to)
    .filter((to) => to !== VILLAIN)
    .flatMap((to) => villain.onEmit?.(VILLAIN, world.push(to, [led], "answer"), world.port) ?? [world.push(to, [led])]);
  expect(answers).toHaveLength(9);
  expect(answers.filter((answer) => answer.blocks.length === 0)).toHaveLength(5);
  expect(world.acts.get("hid a leader block")).toBe(2 * 5 + 5);
});

test("chain-bomb: the whole private chain goes to everybody at once, then a new one begins", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "chain-bomb", options: { periodMs: 100 } });
  const blocks = ownBlocks(world, 6);
  for (const [index, block] of blocks.entries()) {
    world.runUntil(index * 30);
    expect(world.pushToAll(villain, VILLAIN, block)).toEqual([]);
  }
  expect(world.sent.map(({ to, atMs, blocks: sent }) => [to, atMs, sent.length])).toEqual(
    [0, 1, 2].map((to) => [to, 100, 4]),
  );
  expect(world.sent[0]?.blocks).toEqual(blocks.slice(0, 4));
  world.runUntil(300);
  expect(world.sent.slice(3).map(({ atMs, blocks: sent }) => [atMs, sent.length])).toEqual(
    [220, 220, 220].map((atMs) => [atMs, 2]),
  );
});

test("chain-bomb: what it has at the end of its window goes then", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "chain-bomb", toMs: 50, options: { periodMs: 1000 } });
  const [first, second] = ownBlocks(world, 2);
  world.pushToAll(villain, VILLAIN, first as VerifiedBlock);
  world.runUntil(50);
  expect(world.sent.map(({ atMs }) => atMs)).toEqual([50, 50, 50]);
  expect(world.pushToAll(villain, VILLAIN, second as VerifiedBlock)).toHaveLength(3);
});

test("payload-withholder: payloads stay, everything else goes", () => {
  const world = new FakeWorld();
  const villain = world.behaviour({ name: "payload-withholder" });
  expect(villain.onEmit?.(VILLAIN, world.push(0, [], "payload"), world.port)).toEqual([]);
  for (const kind of ["blocks", "answer", "fetch", "payloadRequest"]) {
    expect(villain.onEmit?.(VILLAIN, world.push(0, [], kind), world.port)).toBeUndefined();
  }
});

test("coin-share-withholder: blocks with a share come late, or come invalid", () => {
  for (const how of ["late", "strip"]) {
    const world = new FakeWorld({ isRealCrypto: true });
    const villain = world.behaviour({ name: "coin-share-withholder", options: { how, delayMs: 80 } });
    const bearers = ownBlocks(world, 14).filter((block) => {
      const sent = world.pushToAll(villain, VILLAIN, block);
      const isBearer = block.header.coinShare !== null;
      expect(sent).toHaveLength(isBearer && how === "late" ? 0 : 3);
      if (isBearer && how === "strip") {
        expect(world.refusal(sent[0]?.blocks[0] as VerifiedBlock)).toBe("BLOCK_P6_COIN_SHARE");
      }
      return isBearer;
    });
    expect(bearers).toHaveLength(1);
    world.runUntil(80);
    expect(world.sent).toHaveLength(how === "late" ? 3 : 0);
  }
});
