// The frame of most faults: a network under load, the injection, the end of everything, and the audit of what it left.

import { type AuditFigures, auditHomes } from "./audit.ts";
import type { Checks, RunContext } from "./fault.ts";
import { Load } from "./load.ts";
import { FaultNetwork, type FaultNetworkOptions } from "./network.ts";

/** Starts of whole processes on a busy machine take seconds; protocol time is far below. */
export const RECOVERY_MAX_MS = 90_000;

export interface UnderLoad {
  readonly context: RunContext;
  readonly checks: Checks;
  readonly network: FaultNetworkOptions;
  /** Members who are meant to equivocate. */
  readonly hostile?: readonly number[];
  /** How many homes C6 walks through; all unless given. */
  readonly verifiedMax?: number;
  readonly everyMs?: number;
  readonly bytes?: number;
  /** Members that get no transactions: an acknowledgement by one that is to be ruined says nothing. */
  readonly unloaded?: readonly number[];
}

export interface LoadedNetwork {
  readonly network: FaultNetwork;
  readonly load: Load;
  /** Homes that the audit leaves out: they were ruined on purpose and refused. */
  readonly ruined: Set<string>;
}

export async function underLoad(
  options: UnderLoad,
  run: (network: FaultNetwork, loaded: LoadedNetwork) => Promise<void>,
): Promise<AuditFigures> {
  const { context, checks, hostile = [], everyMs = 100, bytes = 256, unloaded = [] } = options;
  const network = await FaultNetwork.start(context, options.network);
  const gateways = network.daemons.filter(({ place }) => !unloaded.includes(place.index));
  const name = context.random.below(2 ** 32).toString(16);
  const load = new Load(gateways, { everyMs, bytes, name }).start();
  const ruined = new Set<string>();
  try {
    await run(network, { network, load, ruined });
  } finally {
    await load.stop();
    await network.stop();
  }
  const homes = network.daemons.map(({ place }) => place.home).filter((home) => !ruined.has(home));
  const figures = await auditHomes(
    { homes, acked: load.acked, hostile, verifiedMax: options.verifiedMax ?? homes.length },
    checks,
  );
  checks.remark(`${load.acked.size} acknowledged transactions, ${figures.commits} commits, ${figures.blocks} blocks`);
  if (hostile.length > 0) checks.remark(`${figures.twins} slots with two blocks of the hostile member`);
  return figures;
}
