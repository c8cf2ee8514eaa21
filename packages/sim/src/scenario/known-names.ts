// The names that a scenario may use, gathered from the parts that define them.

import { BEHAVIOURS } from "../adversary/registry.ts";
import { NETWORK_CATALOGUE } from "../network/catalogue.ts";
import { PROTOCOLS } from "../protocol/registry.ts";
import type { KnownNames } from "./scenario-faults.ts";

/** Protocols that run our engine and take its parameters. */
const ENGINE_PROTOCOLS: readonly string[] = ["selvedge", "p-only", "c-only"];

export function knownNames(): KnownNames {
  return {
    protocols: PROTOCOLS.map(({ name }) => name),
    engineProtocols: ENGINE_PROTOCOLS,
    behaviours: BEHAVIOURS.map(({ name }) => name),
    matrices: namesOf("matrix"),
    profiles: namesOf("access"),
  };
}

function namesOf(kind: "matrix" | "access"): readonly string[] {
  return NETWORK_CATALOGUE.filter((entry) => entry.kind === kind).map(({ name }) => name);
}
