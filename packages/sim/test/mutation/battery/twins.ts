// One validator in two minds, as the Twins approach has it: copies, equivocators, split votes, over networks whose sides
// change. Nothing else goes wrong.

import type { FaultSpec, Scenario } from "../../../src/scenario/schema.ts";
import { BASE, type BatteryEntry, COIN_ONLY } from "./base.ts";

const CHANGING_SIDES: FaultSpec = {
  type: "partition",
  fromMs: 300,
  toMs: 2300,
  shape: { type: "random", sides: 2, everyMs: 150 },
  mode: "hold",
};

function twins(name: string, seed: number, over: Partial<Scenario>): BatteryEntry {
  return { family: "twins", scenario: { ...BASE, name, seed, faults: [CHANGING_SIDES], ...over } };
}

const by = (name: string, last = 1): Scenario["adversary"] => ({ behaviours: [{ name, nodes: { last } }] });

export const TWINS_BATTERY: readonly BatteryEntry[] = [
  twins("twins", 1, { adversary: by("twins") }),
  twins("equivocator", 4, { adversary: by("equivocator") }),
  twins("equivocator-coin-only", 1, { adversary: by("equivocator"), protocol: COIN_ONLY }),
  twins("equivocator-flood", 7, { adversary: by("equivocator-flood") }),
  twins("equivocators-of-seven", 6, { adversary: by("equivocator", 2), committee: { size: 7 }, durationMs: 1800 }),
];
