// Random mishaps of whole disks (docs/protocol.md §11): wiped, without the store, without the record of what was signed, or
// of an older day. Who comes back from one asks the others before it signs, and recovers if it has forgotten.
//
// What may be asked of the protocol: whoever recovers waits for stake Q of others who answer and vouch for themselves, so
// faulty validators and those that recover may have stake F together, at any time. How long a recovery takes in a network
// that is parted nobody knows beforehand; so a disk that is lost counts as faulty for the whole run, beside those that are
// corrupted, gone or broken. (The same sum keeps what has a receipt in honest hands: of its ackers' stake Q, at most F is
// lost or lies.) A validator with an empty or older disk can know of nothing that it lacks: such a mishap is borne only
// where validators ask before they sign, which `doppelgangerRounds` above 0 has them do.

import type { FaultSpec, Scenario } from "../scenario/schema.ts";
import { isSilentLoss } from "../shrink/fault-load.ts";
import { type Window, drawWindow } from "./fault-window.ts";
import type { ScenarioPlan } from "./scenario-plan.ts";
import type { SwarmDraw } from "./swarm-draw.ts";

const LOSSES = ["wiped", "rolledBack", "rolledBack", "safetyLost", "storeLost"] as const;
/** Of runs in which the stake allows one; half of them do. Those with faulty nodes besides are rare, and show the most. */
const LOSS_PROBABILITY = 0.45;
const LOSS_PROBABILITY_BESIDE = 0.9;
/** Of runs without such a mishap, in which asking and listening must do no harm. */
const ASKING_PROBABILITY = 0.15;

/** While others are down, or cannot hear, a block may be known to its author alone. */
const SILENT_FAULTS: ReadonlySet<string> = new Set(["partition", "pause", "link", "crash"]);
/** For so long after a silence, what was said in it may still be on its way. */
const UNHEARD_MS = 500;

export function randomLosses(
  draw: SwarmDraw,
  plan: ScenarioPlan,
  { nodes, density }: { readonly nodes: readonly number[]; readonly density: number },
): FaultSpec[] {
  const probability = plan.doomed.size === 0 ? LOSS_PROBABILITY : LOSS_PROBABILITY_BESIDE;
  if (!draw.chance(Math.min(1, probability * density))) return [];
  const faults: FaultSpec[] = [];
  let left = plan.spareStake;
  for (const node of nodes) {
    const stake = plan.stakes?.[node] ?? 1;
    if (stake > left || (faults.length > 0 && draw.chance(0.4))) continue;
    left -= stake;
    const window = drawWindow(draw, plan);
    faults.push(
      { type: "crash", nodes: [node], ...window, disk: draw.pick(LOSSES) },
      ...relapse(draw, plan, { node, window }),
    );
  }
  return faults;
}

/** Down once more, soon after it came back: while it asks, recovers or listens, or has only just begun to sign again. */
function relapse(
  draw: SwarmDraw,
  { roundMs, durationMs }: ScenarioPlan,
  { node, window }: { readonly node: number; readonly window: Window },
): FaultSpec[] {
  if (!draw.chance(0.4)) return [];
  const fromMs = window.toMs + Math.ceil(roundMs * draw.scaled(0.5, 25));
  const toMs = fromMs + Math.ceil(roundMs * draw.scaled(1, 20));
  const disk = draw.chance(0.3) ? draw.pick(LOSSES) : draw.pick(["clean", "unsynced", "torn"]);
  return toMs > durationMs * 0.95 ? [] : [{ type: "crash", nodes: [node], fromMs, toMs, disk }];
}

/**
 * A disk that goes back to an older day forgets blocks that others know of, or asking would be in vain: while the node could
 * not be heard, and nobody else moved on, its last block is known to that disk alone (docs/protocol.md §11). Where others were
 * cut off, stood still or were down just before, the disk is emptied in place of it.
 */
export function withHeardPasts(faults: readonly FaultSpec[]): FaultSpec[] {
  const silences = faults.filter(({ type }) => SILENT_FAULTS.has(type));
  return faults.map((fault) => {
    if (fault.type !== "crash" || fault.disk !== "rolledBack") return fault;
    const { fromMs = 0 } = fault;
    const isBefore = (silence: FaultSpec): boolean =>
      (silence.fromMs ?? 0) <= fromMs && fromMs <= (silence.toMs ?? Infinity) + UNHEARD_MS;
    const isUnheard = silences.some((silence) => silence !== fault && isBefore(silence));
    return isUnheard ? { ...fault, disk: "wiped" } : fault;
  });
}

/** Asking before the first signature: always where a disk may be empty or old without showing it. */
export function randomAsking(
  draw: SwarmDraw,
  faults: readonly FaultSpec[],
): NonNullable<Scenario["protocol"]["local"]> {
  const isAsking = draw.chance(ASKING_PROBABILITY) || faults.some(isSilentLoss);
  return isAsking ? { doppelgangerRounds: draw.integer(1, 8) } : {};
}
