// Several adversaries on one node: the later ones see what the earlier ones made.

import { expect, test } from "vitest";
import type { Adversary } from "../../src/adversary/adversary.ts";
import { emittedThrough, receivedThrough } from "../../src/adversary/compose.ts";
import { FakeWorld } from "./fake-world.ts";

const world = new FakeWorld();
const seat = (adversary: Omit<Adversary, "name" | "power">): { adversary: Adversary; world: FakeWorld["port"] } => ({
  adversary: { name: "a", power: "timing", ...adversary },
  world: world.port,
});
const MESSAGE = { id: 1, from: 3, to: 0, kind: "blocks", sizeBytes: 1, sentAtMs: 0, blocks: [] };

test("what one makes of an emission goes on to the next, in order", () => {
  const doubled = seat({ onEmit: (_node, emission) => [emission, { ...emission, to: emission.to + 1 }] });
  const renamed = seat({
    onEmit: (_node, emission) => (emission.to === 1 ? [{ ...emission, kind: "other" }] : undefined),
  });
  const shown = (seats: readonly ReturnType<typeof seat>[]): readonly string[] =>
    emittedThrough(seats, 3, world.push(0, [])).map(({ to, kind }) => `${to} ${kind}`);
  expect(shown([doubled, renamed])).toEqual(["0 blocks", "1 other"]);
  expect(shown([renamed, doubled])).toEqual(["0 blocks", "1 blocks"]);
  expect(shown([doubled, seat({ onEmit: () => [] }), renamed])).toEqual([]);
});

test("all of them see what a corrupted node receives, and any may keep it", () => {
  let seen = 0;
  const keeps = seat({ onReceive: () => false });
  const looks = seat({
    onReceive: () => {
      seen += 1;
      return true;
    },
  });
  expect(receivedThrough([keeps, looks], 3, MESSAGE)).toBe(false);
  expect(receivedThrough([looks], 3, MESSAGE)).toBe(true);
  expect(seen).toBe(2);
});
