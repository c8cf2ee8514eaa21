// Who is cut off from whom, by the shape of a partition. A cut answers for one link at the present moment; shapes that do not
// change with time are laid out once as a table of links.

import type { Choices } from "../kernel/decisions.ts";
import { type Micros, microsOfMs } from "../kernel/time.ts";
import { nodesOf } from "../scenario/nodes.ts";
import type { NodeSet, PartitionSpec } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { PARTITION_PERIOD_MIN_MS } from "./limits.ts";

export type PartitionShape = PartitionSpec["shape"];

/** What shapes need to know about the run. */
export interface PartitionContext {
  readonly size: number;
  /** By node; equal stakes: all 1. */
  readonly stakes: readonly number[];
  readonly quorumStake: number;
  readonly nowUs: () => Micros;
  readonly highestRound: () => number;
  /** Leader of a round that is known beforehand; null: none. */
  readonly knownLeader: (round: number) => number | null;
  readonly choices: Choices;
}

/** True: nothing passes from the one to the other now. */
export type Cut = (from: number, to: number) => boolean;

export function cutOf(shape: PartitionShape, context: PartitionContext): Cut {
  const { size } = context;
  switch (shape.type) {
    case "sides":
      return separated(shape.sides, size);
    case "oneWay":
      return oneWay(shape, size);
    case "links":
      return links(shape.links, size);
    case "bridge":
      return bridge(shape.bridge, size);
    case "ring":
      return (from, to) => Math.min((from - to + size) % size, (to - from + size) % size) > shape.reach;
    case "quorum":
      return separated(quorumSides(shape.keeps, context), size);
    case "leader":
      return leaderCut(context);
    case "random":
      return randomCut(shape, context);
  }
}

/** Nodes that are on sides, but on none together. A node on two sides hears both; a node on none hears all. */
function separated(sides: readonly (readonly number[])[], size: number): Cut {
  const isTogether = new Uint8Array(size * size);
  const isOnSide = new Uint8Array(size);
  for (const side of sides) {
    const inside = side.filter((node) => node < size);
    for (const from of inside) {
      isOnSide[from] = 1;
      for (const to of inside) isTogether[from * size + to] = 1;
    }
  }
  return (from, to) => isOnSide[from] === 1 && isOnSide[to] === 1 && isTogether[from * size + to] !== 1;
}

function oneWay({ from, to }: { readonly from: NodeSet; readonly to: NodeSet }, size: number): Cut {
  const senders = new Set(nodesOf(from, size));
  const receivers = new Set(nodesOf(to, size));
  return (sender, receiver) => senders.has(sender) && receivers.has(receiver);
}

/** Each in the direction that it is listed in. */
function links(cut: readonly (readonly [number, number])[], size: number): Cut {
  const isCut = new Set(cut.map(([from, to]) => from * size + to));
  return (from, to) => isCut.has(from * size + to);
}

/** The others by index: a lower and an upper half. */
function bridge(node: number, size: number): Cut {
  const others = nodesOf("all", size).filter((other) => other !== node);
  const half = Math.floor(others.length / 2);
  return separated([others.slice(0, half), others.slice(half)], size);
}

/**
 * By index, each node that still fits: a side just below a quorum, or just at it; the rest is the other side. With uneven
 * stakes the rest may itself be a quorum only if one node alone outweighs all that fit.
 */
function quorumSides(keeps: boolean, { size, stakes, quorumStake }: PartitionContext): readonly (readonly number[])[] {
  const side: number[] = [];
  const rest: number[] = [];
  let stake = 0;
  for (const node of nodesOf("all", size)) {
    const own = stakes[node] ?? 1;
    const isTaken = keeps ? stake < quorumStake : stake + own < quorumStake;
    if (isTaken) stake += own;
    (isTaken ? side : rest).push(node);
  }
  return [side, rest];
}

/** Whoever leads the highest round is alone. */
function leaderCut({ highestRound, knownLeader }: PartitionContext): Cut {
  return (from, to) => {
    const leader = knownLeader(highestRound());
    return leader !== null && (from === leader || to === leader);
  };
}

/** All nodes fall on sides anew each period; a period in which nobody sends draws all the same, so that time alone decides. */
function randomCut(
  { sides, everyMs }: { readonly sides: number; readonly everyMs: number },
  context: PartitionContext,
): Cut {
  if (everyMs < PARTITION_PERIOD_MIN_MS)
    throw new SimInputError(
      "SIM_SCENARIO_INVALID",
      `partition.shape.everyMs must be at least ${PARTITION_PERIOD_MIN_MS}`,
    );
  const everyUs = microsOfMs(everyMs);
  const sideOf = new Uint8Array(context.size);
  let drawn = -1;
  return (from, to) => {
    const period = Math.floor(context.nowUs() / everyUs);
    for (; drawn < period; drawn += 1) for (const node of sideOf.keys()) sideOf[node] = context.choices.below(sides);
    return sideOf[from] !== sideOf[to];
  };
}
