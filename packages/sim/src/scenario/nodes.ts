// Which nodes a scenario means: indices as listed, the last k, or all.

import type { NodeSet } from "./schema.ts";

/** Ascending, within the committee, each once. */
export function nodesOf(set: NodeSet, size: number): readonly number[] {
  if (set === "all") return Array.from({ length: size }, (_, index) => index);
  if ("last" in set)
    return Array.from({ length: Math.min(set.last, size) }, (_, index) => index + size - Math.min(set.last, size));
  return [...new Set(set)].filter((index) => index < size).sort((left, right) => left - right);
}
