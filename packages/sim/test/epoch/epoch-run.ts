// One run of a chain that changes its committee three times while the network parts and nodes crash (F61), as a function
// of its seed. The test and explore-epochs.ts run it.

import { TestRandom } from "@selvedge/consensus/testing";
import type { CommitteeChange } from "@selvedge/integrity";
import { EpochWorld } from "./epoch-world.ts";

export interface EpochRun {
  readonly world: EpochWorld;
  /** All changes were made, and every node that belongs to the last committee is in its epoch. */
  readonly isComplete: boolean;
}

const MEMBERS = 4;
const SPARES = 3;
const UPDATE_EVERY_MS = 60;
const END_MS = 40_000;

export function runEpochs(seed: number): EpochRun {
  const random = new TestRandom(seed);
  const world = new EpochWorld({ seed, members: MEMBERS, spares: SPARES, gcDepth: 6 + random.below(10) });
  world.start();
  offerUpdates(world, random);
  for (const [turn, changes] of changesOf(world, random).entries()) {
    const begun = world.nowMs + 300;
    world.runUntil(begun);
    disturb(world, random, begun);
    world.change(changes);
    if (!world.runUntilTrue(() => world.epoch === turn + 1, END_MS)) return { world, isComplete: false };
  }
  const isComplete = world.runUntilTrue(() => isSettled(world), END_MS);
  world.runUntil(world.nowMs + 500);
  return { world, isComplete };
}

/** Added, removed and re-weighed; F stays at one node of four at least. */
function changesOf(world: EpochWorld, random: TestRandom): readonly (readonly CommitteeChange[])[] {
  const removed = random.below(MEMBERS);
  const kept = (removed + 1 + random.below(MEMBERS - 1)) % MEMBERS;
  const others = Array.from({ length: MEMBERS }, (_, key) => key).filter((key) => key !== removed && key !== kept);
  return [
    [world.member(MEMBERS), { type: "reweigh", name: `validator-${kept}`, stake: 1 + random.below(2) }],
    [{ type: "remove", name: `validator-${removed}` }, world.member(MEMBERS + 1)],
    [{ type: "remove", name: `validator-${others[0] ?? 0}` }, world.member(MEMBERS + 2, 1)],
  ];
}

/** A partition and a crash while the change is voted on, ended and begun; each at its own moment. */
function disturb(world: EpochWorld, random: TestRandom, nowMs: number): void {
  const fromMs = nowMs + random.below(400);
  const side = world.nodes.map((_, key) => key).filter(() => random.below(2) === 0);
  world.cuts.push({ fromMs, toMs: fromMs + 100 + random.below(900), side });
  const victim = random.below(world.nodes.length);
  const crashMs = nowMs + random.below(900);
  world.at(crashMs, () => {
    const node = world.nodes[victim];
    if (node?.isUp !== true) return;
    node.crash();
    world.schedule(50 + random.below(600), () => node.restart());
  });
}

/** Every device, one sequence after the other; now and then it signs twice. */
function offerUpdates(world: EpochWorld, random: TestRandom): void {
  let turn = 0;
  const offer = (): void => {
    const device = turn % 4;
    const sequence = 1 + Math.floor(turn / 4);
    world.offerUpdate(random.below(8), { device, sequence, variant: 0 });
    if (random.below(3) === 0) world.offerUpdate(random.below(8), { device, sequence, variant: 1 });
    turn += 1;
    if (turn < 160) world.schedule(UPDATE_EVERY_MS, offer);
  };
  world.schedule(0, offer);
}

function isSettled(world: EpochWorld): boolean {
  const { epoch } = world;
  const seated = world.nodes.filter(({ seats }) => seats.has(epoch));
  const [first] = seated;
  const members = first?.seats.get(epoch)?.start.members.length ?? 0;
  return seated.length === members && seated.every((node) => node.epoch === epoch && node.isUp);
}
