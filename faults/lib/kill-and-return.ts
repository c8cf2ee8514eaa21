// A daemon is killed, stays away for a while, starts again and catches up: what half of the catalogue is about.

import type { TestDaemon } from "./daemon.ts";
import type { Checks } from "./fault.ts";
import type { FaultNetwork } from "./network.ts";
import { RECOVERY_MAX_MS } from "./under-load.ts";

export interface KillAndReturn {
  readonly net: FaultNetwork;
  readonly victim: TestDaemon;
  /** It starts again once this has resolved. */
  readonly whileAway: () => Promise<unknown>;
  readonly checks: Checks;
}

/** Milliseconds from its start's end until it has executed what was newest then; undefined if that took too long. */
export async function killAndReturn({ net, victim, whileAway, checks }: KillAndReturn): Promise<number | undefined> {
  const { name, index } = victim.place;
  await victim.kill("SIGKILL");
  checks.injections += 1;
  await whileAway();
  checks.expect("C7", await victim.start(), `${name} did not start again: ${JSON.stringify(victim.lastEnd)}`);
  const tookMs = await net.reach(await net.newest(), { maxMs: RECOVERY_MAX_MS, of: [index] });
  checks.expect("C4", tookMs !== undefined, `${name} did not catch up`);
  return tookMs;
}
