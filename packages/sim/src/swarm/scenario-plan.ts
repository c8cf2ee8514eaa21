// The frame of a random scenario, drawn first: how many nodes, how fast the rounds, how long the run, and which nodes are
// faulty in which way. Faulty stake never exceeds what the protocol bears, so that a pass can be demanded of every scenario.

import { faultyStakeMaxOf } from "../shrink/fault-load.ts";
import { type PlannedAccess, drawAccess } from "./random-access.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

/** What becomes of a faulty node: it is corrupted, crashes without return, or its disk breaks. */
export type Doom = "corrupted" | "gone" | "broken";

export interface ScenarioPlan {
  readonly size: number;
  /** Absent: equal. */
  readonly stakes: readonly number[] | undefined;
  /** Typical one-way delay, access networks left out. */
  readonly delayMs: number;
  /** Access networks; absent: none. */
  readonly access: PlannedAccess | undefined;
  /** About what a round takes when nothing is wrong. */
  readonly roundMs: number;
  readonly durationMs: number;
  readonly roundDelayMinMs: number;
  readonly doomed: ReadonlyMap<number, Doom>;
  /** Nodes that adaptive villains may corrupt as they go, besides. */
  readonly roaming: number;
  readonly honest: readonly number[];
  /** Of F, what neither doomed nor roaming nodes take: disks may be lost of nodes with so much stake. */
  readonly spareStake: number;
}

export interface PlanLimits {
  readonly sizeMax: number;
  /** About how many block messages a run may deliver: what it costs. */
  readonly deliveriesMax: number;
}

const ROUNDS_MIN = 45;

export function drawPlan(draw: SwarmDraw, limits: PlanLimits): ScenarioPlan {
  const size = Math.min(drawSize(draw.stream("size")), limits.sizeMax);
  const stakes = drawStakes(draw.stream("stakes"), size);
  const pace = draw.stream("pace");
  const delayMs = pace.scaled(2, 60);
  const roundDelayMinMs = pace.pick([5, 10, 20, 20, 40]);
  const access = drawAccess(draw.stream("access"), size);
  const roundMs = Math.max(roundDelayMinMs, Math.ceil((delayMs + (access?.delayMs ?? 0)) * 1.3));
  const rounds = Math.max(
    ROUNDS_MIN,
    Math.floor((limits.deliveriesMax * (0.4 + 0.6 * pace.fraction())) / (size * (size - 1))),
  );
  const durationMs = Math.max(Math.ceil((rounds * roundMs) / 100) * 100, access?.leastMs ?? 0);
  const faulty = drawFaulty(draw.stream("faulty"), { size, stakes });
  return { size, stakes, delayMs, access, roundMs, durationMs, roundDelayMinMs, ...faulty };
}

/** Most are small: there the bound F = ⌊(n − 1)/3⌋ is tight at 4, 7 and 10, and a run is cheap. */
function drawSize(draw: SwarmDraw): number {
  const share = draw.fraction();
  if (share < 0.5) return 4;
  if (share < 0.82) return draw.integer(5, 7);
  return share < 0.97 ? draw.integer(8, 10) : draw.integer(11, 16);
}

function drawStakes(draw: SwarmDraw, size: number): readonly number[] | undefined {
  return draw.chance(0.12) ? Array.from({ length: size }, () => draw.integer(1, 5)) : undefined;
}

type FaultyNodes = Pick<ScenarioPlan, "doomed" | "roaming" | "honest" | "spareStake">;

function drawFaulty(
  draw: SwarmDraw,
  committee: { readonly size: number; readonly stakes: readonly number[] | undefined },
): FaultyNodes {
  const { size, stakes } = committee;
  const stakeOf = (node: number): number => stakes?.[node] ?? 1;
  const order = draw.shuffled(Array.from({ length: size }, (_, node) => node));
  const total = order.reduce((sum, node) => sum + stakeOf(node), 0);
  // As many as can be, half of the time: the bound itself is where mistakes show.
  const budget = Math.floor(faultyStakeMaxOf(total) * (draw.chance(0.5) ? 1 : draw.fraction()));
  let left = budget;
  const roaming = stakes === undefined && left > 0 && draw.chance(0.1) ? draw.integer(1, left) : 0;
  left -= roaming;
  const doomed = new Map<number, Doom>();
  for (const node of order) {
    if (stakeOf(node) > left) continue;
    left -= stakeOf(node);
    doomed.set(node, draw.pick(["corrupted", "corrupted", "corrupted", "corrupted", "gone", "broken"]));
  }
  const honest = order.filter((node) => !doomed.has(node)).sort((one, other) => one - other);
  return { doomed, roaming, honest, spareStake: faultyStakeMaxOf(total) - budget + left };
}
