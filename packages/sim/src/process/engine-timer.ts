// The timers of a process that are its engine's.

import type { TimerId } from "@selvedge/consensus";

const NAMED: ReadonlySet<string> = new Set<TimerId>(["propose", "leader", "idle", "resend", "ask"]);

export function isEngineTimer(id: string): id is TimerId {
  return NAMED.has(id) || id.startsWith("fetch:");
}
