// By what name results tell of each fault and each adversary. No two have the same: an act of one must not pass for an act of
// another that did nothing.

import type { FaultSpec } from "../scenario/schema.ts";

/** Kind and position in the scenario. */
export function faultName({ type }: FaultSpec, position: number): string {
  return `${type}#${position}`;
}

/**
 * Of adversaries of these names, in their order: the scenario's behaviours first, then those of one's own. With its
 * position added where the name alone would not do.
 */
export function actorNames(names: readonly string[], faults: readonly FaultSpec[]): readonly string[] {
  const given = new Set(faults.map((fault, position) => faultName(fault, position)));
  const isOnly = (name: string): boolean => names.indexOf(name) === names.lastIndexOf(name);
  return names.map((name, position) => {
    let actor = name;
    // What the network itself does is told under such names.
    if (!isOnly(name) || given.has(name) || name.startsWith("network.")) actor = `${name}#${position}`;
    while (given.has(actor) || (actor !== name && names.includes(actor))) actor = `${actor}#${position}`;
    given.add(actor);
    return actor;
  });
}
