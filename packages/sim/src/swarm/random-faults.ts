// Random faults: partitions of every shape, bad links, crashes, pauses, clocks and disks. Which kinds a scenario has is
// drawn first, so that some have many at once and some only one (a swarm finds more than an even mixture). Every fault lies
// well within the run, so that it acts before the network heals. Disks that are lost are drawn in random-losses.ts.

import type { FaultSpec, PartitionSpec } from "../scenario/schema.ts";
import { type Window, drawWindow } from "./fault-window.ts";
import { randomLosses, withHeardPasts } from "./random-losses.ts";
import type { ScenarioPlan } from "./scenario-plan.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

/** `density` 1 is usual; with more of it, more kinds of faults appear and each more often. */
export function randomFaults(draw: SwarmDraw, plan: ScenarioPlan, density: number): FaultSpec[] {
  // A node crashes or pauses once: of two at a time the second would do nothing, and a run with such a fault proves nothing.
  const untouched = draw.stream("outages").shuffled(plan.honest);
  const outage = (own: SwarmDraw): number[] => untouched.splice(0, own.chance(0.75) ? 1 : own.integer(2, 4));
  const kinds: readonly (readonly [string, number, (draw: SwarmDraw) => FaultSpec])[] = [
    ["partition", 0.45, (own) => partition(own, plan)],
    ["link", 0.3, (own) => linkFault(own, plan)],
    ["crash", 0.4, (own) => ({ ...crash(own, plan), nodes: ascending(outage(own)) })],
    ["pause", 0.2, (own) => ({ type: "pause", ...drawWindow(own, plan), nodes: ascending(outage(own)) })],
    ["clock", 0.2, (own) => clock(own, plan)],
    ["slow-disk", 0.15, (own) => slowDisk(own, plan)],
  ];
  const drawn = kinds.flatMap(([name, probability, make]) => {
    const own = draw.stream(name);
    if (!own.chance(Math.min(1, probability * density))) return [];
    return Array.from({ length: Math.ceil(own.pick([1, 1, 2, 3]) * density) }, () => make(own));
  });
  const doomed = doom(draw.stream("doom"), plan);
  // Last, so that the names of all others, by which a run draws, stay as they are without them.
  const losses = randomLosses(draw.stream("losses"), plan, { nodes: untouched, density });
  return withHeardPasts([...drawn.filter(hasNodes), ...doomed, ...losses]);
}

function hasNodes(fault: FaultSpec): boolean {
  return !("nodes" in fault) || !Array.isArray(fault.nodes) || fault.nodes.length > 0;
}

function ascending(nodes: readonly number[]): number[] {
  return [...nodes].sort((left, right) => left - right);
}

function someHonest(draw: SwarmDraw, { honest }: ScenarioPlan): number[] {
  const count = draw.chance(0.7) ? 1 : draw.integer(1, honest.length);
  return ascending(draw.shuffled(honest).slice(0, count));
}

function crash(draw: SwarmDraw, plan: ScenarioPlan): Extract<FaultSpec, { type: "crash" }> {
  return { type: "crash", nodes: [], ...drawWindow(draw, plan), disk: draw.pick(["clean", "unsynced", "torn"]) };
}

function slowDisk(draw: SwarmDraw, plan: ScenarioPlan): FaultSpec {
  const slowMs = draw.scaled(1, plan.roundMs * 2);
  return { type: "disk", nodes: someHonest(draw, plan), ...drawWindow(draw, plan), slowMs };
}

function clock(draw: SwarmDraw, plan: ScenarioPlan): FaultSpec {
  const base = { type: "clock" as const, nodes: someHonest(draw, plan), ...drawWindow(draw, plan) };
  const sign = draw.chance(0.5) ? 1 : -1;
  switch (draw.integer(0, 2)) {
    case 0:
      return { ...base, offsetMs: sign * draw.scaled(10, 1e6) };
    case 1:
      return { ...base, driftPpm: sign * draw.scaled(100, 300_000) };
    default:
      return {
        ...base,
        offsetMs: sign * draw.scaled(10, 1e5),
        stepEveryMs: Math.ceil(plan.roundMs * draw.scaled(1, 10)),
      };
  }
}

function linkFault(draw: SwarmDraw, plan: ScenarioPlan): FaultSpec {
  const ends = draw.chance(0.3) ? {} : { [draw.pick(["from", "to"])]: someHonest(draw, plan) };
  const base = { type: "link" as const, ...drawWindow(draw, plan), ...ends };
  const troubles: readonly [FaultSpec, ...FaultSpec[]] = [
    { ...base, lossProbability: draw.scaled(0.1, 0.7) },
    { ...base, extraDelayMs: Math.ceil(plan.roundMs * draw.scaled(1, 10)) },
    { ...base, delayFactor: draw.scaled(2, 20) },
    { ...base, duplicateProbability: draw.scaled(0.2, 0.9) },
    { ...base, corruptProbability: draw.scaled(0.1, 0.5) },
    { ...base, reorderProbability: draw.scaled(0.1, 0.9) },
    { ...base, lossProbability: 0.1, duplicateProbability: 0.1, reorderProbability: 0.3, delayFactor: 3 },
  ];
  return draw.pick(troubles);
}

function partition(draw: SwarmDraw, plan: ScenarioPlan): PartitionSpec {
  const periodMs = Math.ceil(plan.roundMs * draw.scaled(4, 20));
  return {
    type: "partition",
    ...drawWindow(draw, plan),
    shape: shape(draw, plan),
    ...(draw.chance(0.3) ? { flapping: { periodMs, onMs: Math.ceil(periodMs * (0.2 + 0.6 * draw.fraction())) } } : {}),
    ...(draw.chance(0.35) ? { mode: "hold" as const } : {}),
  };
}

function shape(draw: SwarmDraw, { size, roundMs }: ScenarioPlan): PartitionSpec["shape"] {
  const all = Array.from({ length: size }, (_, node) => node);
  const mixed = draw.shuffled(all);
  const cut = draw.integer(1, size - 1);
  const shapes: readonly [() => PartitionSpec["shape"], ...(() => PartitionSpec["shape"])[]] = [
    () => ({ type: "sides", sides: [mixed.slice(0, cut), mixed.slice(cut)] }),
    () => ({ type: "sides", sides: [mixed.slice(0, 1), mixed.slice(1, 2), mixed.slice(2)] }),
    () => ({ type: "oneWay", from: mixed.slice(0, cut), to: mixed.slice(cut) }),
    () => ({ type: "links", links: someLinks(draw, mixed) }),
    () => ({ type: "bridge", bridge: draw.integer(0, size - 1) }),
    () => ({ type: "ring", reach: draw.integer(1, Math.max(1, Math.floor((size - 2) / 2))) }),
    () => ({ type: "quorum", keeps: draw.chance(0.5) }),
    () => ({ type: "leader" }),
    () => ({ type: "random", sides: draw.integer(2, 3), everyMs: Math.ceil(roundMs * draw.scaled(2, 20)) }),
  ];
  return draw.pick(shapes)();
}

function someLinks(draw: SwarmDraw, nodes: readonly number[]): [number, number][] {
  const links = nodes.flatMap((from) => nodes.filter((to) => to !== from).map((to): [number, number] => [from, to]));
  return draw.shuffled(links).slice(0, draw.integer(1, Math.ceil(links.length / 2)));
}

/** What becomes of the nodes that are faulty for good without being corrupted. */
function doom(draw: SwarmDraw, plan: ScenarioPlan): FaultSpec[] {
  return [...plan.doomed].flatMap(([node, how]) => {
    const { fromMs, toMs } = drawWindow(draw, plan);
    if (how === "gone")
      return [{ type: "crash", nodes: [node], fromMs, disk: draw.pick(["clean", "unsynced", "torn"]) }];
    return how === "broken" ? brokenDisk(draw, node, { fromMs, toMs }) : [];
  });
}

/** Flipped bits are noticed at a restart, so one follows. */
function brokenDisk(draw: SwarmDraw, node: number, { fromMs, toMs }: Window): FaultSpec[] {
  if (draw.chance(0.4)) return [{ type: "disk", nodes: [node], fromMs, fullAfterBytes: draw.pick([0, 500, 5000]) }];
  const downMs = fromMs + 1 + Math.floor((toMs - fromMs) / 3);
  return [
    { type: "disk", nodes: [node], fromMs, flipBits: draw.pick([1, 3, 20]) },
    { type: "crash", nodes: [node], fromMs: downMs, toMs: Math.max(toMs, downMs + 1), disk: "clean" },
  ];
}
