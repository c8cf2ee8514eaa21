// One sentence on why nothing moves, for `status` and /healthz.

import type { EngineStatus } from "@selvedge/consensus";
import { type Committee, StakeTally, type ValidatorIndex } from "@selvedge/integrity";
import type { PeerStatus } from "../network/transport.ts";

export interface HealthInputs {
  readonly committee: Committee;
  readonly self: ValidatorIndex | null;
  readonly peers: readonly PeerStatus[];
  readonly engine: EngineStatus;
  readonly sinceLastCommitMs: number | null;
  readonly executionLag: number;
  readonly executionLagMax: number;
}

export interface Health {
  readonly state: "healthy" | "syncing" | "stalled";
  readonly reason: string;
}

/** Without a commit for this long, although even an idle network commits every few seconds, the node is stalled. */
const STALLED_AFTER_MS = 30_000;

export function healthOf(inputs: HealthInputs): Health {
  const { committee, engine } = inputs;
  if (engine.isCatchingUp)
    return { state: "syncing", reason: `fetching rounds up to ${engine.highestRound}, now at ${engine.round}` };
  const connected = connectedStake(inputs);
  if (connected < committee.quorumStake) {
    return {
      state: "stalled",
      reason: `validators with ${connected} of the ${committee.quorumStake} stake that a quorum needs are reachable; missing: ${missingValidators(inputs)}`,
    };
  }
  if (inputs.executionLag > inputs.executionLagMax) {
    return { state: "stalled", reason: `execution lags by ${inputs.executionLag} commits` };
  }
  if ((inputs.sinceLastCommitMs ?? 0) > STALLED_AFTER_MS) {
    return {
      state: "stalled",
      reason: `no commit for ${Math.round((inputs.sinceLastCommitMs ?? 0) / 1000)} s; the output waits at slot ${engine.nextSlot}`,
    };
  }
  return { state: "healthy", reason: "ok" };
}

function connectedStake(inputs: HealthInputs): number {
  const tally = new StakeTally(inputs.committee);
  if (inputs.self !== null) tally.add(inputs.self);
  for (const index of connectedValidators(inputs)) tally.add(index);
  return tally.stake;
}

function missingValidators(inputs: HealthInputs): string {
  const there = new Set(connectedValidators(inputs));
  return inputs.committee.validators
    .map(({ index }) => index)
    .filter((index) => index !== inputs.self && !there.has(index))
    .join(", ");
}

function connectedValidators({ peers }: HealthInputs): ValidatorIndex[] {
  return peers.flatMap(({ remote, isConnected }) => (isConnected && remote.kind === "validator" ? [remote.index] : []));
}
