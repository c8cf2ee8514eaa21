// Which refusals of an update header are not the last word on it.

import type { Rejection } from "@selvedge/integrity";

/** Execution may lag behind the order: more executed commits may turn these into a permit. */
const TRANSIENT_CODES: ReadonlySet<string> = new Set(["UPDATE_BASE_UNKNOWN", "UPDATE_SEQUENCE_AHEAD"]);

export function isTransient({ code }: Rejection): boolean {
  return TRANSIENT_CODES.has(code);
}
