// Several faults of one kind on one node at the same time: the end of one is not the end of the others.

import { describe, expect, it } from "vitest";
import { FaultyDisk } from "../../src/process/sim-disk.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { FaultSpec } from "../../src/scenario/schema.ts";
import { NodeClock } from "../../src/world/node-clock.ts";
import { goodScenario } from "../run/scenarios.ts";

interface Seen {
  readonly states: readonly string[];
  readonly fired: Readonly<Record<string, number>>;
}

function statesOf(node: number, faults: readonly FaultSpec[]): Seen {
  const states: string[] = [];
  const { liveness: _liveness, ...scenario } = goodScenario({ durationMs: 900, faults: [...faults] });
  const { fired } = runScenario(scenario, {
    observers: [
      { onLifecycle: (index, state, atUs) => void (index === node && states.push(`${state} at ${atUs / 1000}`)) },
    ],
  });
  return { states, fired };
}

describe("a node that two faults hold", () => {
  it("stays down for good when it crashed for good and a crash with an end comes besides", () => {
    const { states, fired } = statesOf(3, [
      { type: "crash", nodes: [3], fromMs: 100 },
      { type: "crash", nodes: [2, 3], fromMs: 300, toMs: 500 },
    ]);
    expect(states).toEqual(["down at 100"]);
    expect(fired["crash#1"]).toBe(1);
  });

  it("comes up at the end of the later crash, which has acted then: it kept the node down", () => {
    const { states, fired } = statesOf(3, [
      { type: "crash", nodes: [3], fromMs: 100, toMs: 300 },
      { type: "crash", nodes: [3], fromMs: 200, toMs: 500 },
    ]);
    expect(states).toEqual(["down at 100", "up at 500"]);
    expect(fired).toEqual({ "crash#0": 1, "crash#1": 1 });
  });

  it("is paused until the last pause ends", () => {
    const { states } = statesOf(2, [
      { type: "pause", nodes: [2], fromMs: 100, toMs: 600 },
      { type: "pause", nodes: "all", fromMs: 200, toMs: 300 },
    ]);
    expect(states).toEqual(["paused at 100", "up at 600"]);
  });
});

it("a disk is slow until the last of its faults ends, by the sum of them, and full at the least limit", () => {
  const disk = new FaultyDisk(() => 0);
  const bites: string[] = [];
  const begin = (name: string, slowUs: number, growthBytes: number): void =>
    disk.begin(name, { slowUs, growthBytes, onBite: () => void bites.push(name) });
  const write = (): number =>
    disk.write({ records: [{ key: "k", sizeBytes: 10, bytes: () => new Uint8Array(10) }], sync: true });
  begin("long", 300, Infinity);
  begin("short", 20, Infinity);
  expect(write()).toBe(320);
  disk.end("short");
  expect(write()).toBe(300);
  disk.end("long");
  expect(write()).toBe(0);
  expect(bites).toEqual(["long", "short", "long"]);
  begin("wide", 0, 1000);
  begin("narrow", 0, 15);
  write();
  expect(write).toThrow(expect.objectContaining({ code: "SIM_DISK_FULL" }));
  expect(bites.slice(3)).toEqual(["narrow"]);
  disk.end("narrow");
  expect(write()).toBe(0);
});

it("a clock is wrong until the last of its faults ends, by the sum of them", () => {
  const clock = new NodeClock();
  const bites: string[] = [];
  const begin = (name: string, offsetMs: number, driftPpm: number): void =>
    clock.begin(name, {
      offsetMs,
      driftPpm,
      stepEveryMs: undefined,
      sinceUs: 0,
      onBite: () => void bites.push(name),
    });
  const trueMs = clock.readMs(0);
  begin("ahead", 5000, 0);
  begin("fast", 0, 250_000);
  expect(clock.readMs(0)).toBe(trueMs + 5000);
  expect(bites).toEqual(["ahead"]);
  expect(clock.readMs(4000)).toBe(trueMs + 5000 + 4 + 1);
  expect(clock.realUs(1000)).toBe(800);
  clock.end("fast");
  expect(clock.realUs(1000)).toBe(1000);
  expect(clock.readMs(4000)).toBe(trueMs + 5000 + 4);
  clock.end("ahead");
  expect(clock.readMs(4000)).toBe(trueMs + 4);
});
