// Several adversaries at once: what one makes of a message goes on to the next, in the order in which they were named.
// The world's ports differ from one to the next (streams, powers, budgets), so each comes with its own. What becomes of a message under way is decided by the world's traffic.

import type { Adversary, AdversaryWorld, Emission, MessageView } from "./adversary.ts";

export interface Seated {
  readonly adversary: Adversary;
  readonly world: AdversaryWorld;
}

/** What leaves the node in the end. */
export function emittedThrough(seats: readonly Seated[], node: number, emission: Emission): readonly Emission[] {
  let emissions: readonly Emission[] = [emission];
  for (const { adversary, world } of seats) {
    const { onEmit } = adversary;
    if (onEmit === undefined) continue;
    emissions = emissions.flatMap((each) => onEmit(node, each, world) ?? [each]);
  }
  return emissions;
}

/** False if one of them keeps the message from the node's process; all of them see it. */
export function receivedThrough(seats: readonly Seated[], node: number, message: MessageView): boolean {
  let isPassed = true;
  for (const { adversary, world } of seats) {
    if (adversary.onReceive?.(node, message, world) === false) isPassed = false;
  }
  return isPassed;
}
