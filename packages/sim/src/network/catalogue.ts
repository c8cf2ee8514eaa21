// What a scenario can name: matrices and access profiles that ship with the package, each with one line about it.

import { ACCESS_PROFILES } from "./data/access-profiles.ts";
import { BUILTIN_MATRICES } from "./matrix.ts";

export interface CatalogueEntry {
  readonly kind: "matrix" | "access";
  readonly name: string;
  readonly summary: string;
  /** Names that `network.latency.regions` may list; empty for access profiles. */
  readonly regions: readonly string[];
}

export const NETWORK_CATALOGUE: readonly CatalogueEntry[] = [
  ...BUILTIN_MATRICES.map(({ name, summary, regions }) => ({ kind: "matrix" as const, name, summary, regions })),
  ...ACCESS_PROFILES.map(({ name, summary }) => ({ kind: "access" as const, name, summary, regions: [] })),
];
