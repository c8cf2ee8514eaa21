// Random access networks: one of the profiles that ship with the package for all nodes or some of them, or two in one
// network. Rounds of a scenario become as much longer as the last mile takes, so that timeouts drawn from them still fit.

import type { AccessProfile } from "../network/access-profile.ts";
import { ACCESS_PROFILES } from "../network/data/access-profiles.ts";
import type { NetworkSpec } from "../scenario/schema.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

export interface PlannedAccess {
  readonly networks: NonNullable<NetworkSpec["access"]>;
  /** What the slower profile adds between two nodes that have it: its median round trip. */
  readonly delayMs: number;
  /** A shorter run would not see all that the profiles do. */
  readonly leastMs: number;
}

const ACCESS_PROBABILITY = 0.15;
/** Handovers and outages need runs of many seconds: only committees that are cheap to run have such access networks. */
const LONG_RUN_SIZE_MAX = 5;
/** Of the mean gap between two outages of a node. */
const OUTAGE_SHARE = 0.6;

export function drawAccess(draw: SwarmDraw, size: number): PlannedAccess | undefined {
  if (!draw.chance(ACCESS_PROBABILITY)) return undefined;
  const menu = ACCESS_PROFILES.filter((profile) => leastMsOf(profile) === 0 || size <= LONG_RUN_SIZE_MAX);
  const profiles = draw.shuffled(menu).slice(0, draw.chance(0.7) ? 1 : 2);
  const nodes = draw.shuffled(Array.from({ length: size }, (_, node) => node));
  const isForAll = profiles.length === 1 && (draw.chance(0.5) || profiles[0]?.outages !== null);
  const networks = profiles.map(({ name: profile }, place) => {
    const own = nodes.filter((_, position) => position % profiles.length === place);
    const some = own.slice(0, draw.integer(1, own.length)).sort((left, right) => left - right);
    return { nodes: isForAll ? ("all" as const) : some, profile };
  });
  return {
    networks,
    delayMs: Math.max(...profiles.map(medianMs)),
    leastMs: Math.max(...profiles.map(leastMsOf)),
  };
}

function medianMs({ roundTrip: { shares, ms } }: AccessProfile): number {
  return ms[shares.findIndex((share) => share >= 0.5)] ?? 0;
}

function leastMsOf({ handover, outages }: AccessProfile): number {
  if (outages !== null) return Math.ceil(outages.gapMeanMs * OUTAGE_SHARE);
  return handover === null ? 0 : handover.everyMs + 2 * handover.forMs;
}
