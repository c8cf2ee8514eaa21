// One sentence on why nothing moves, for `status`, /readyz and /healthz. The first cause that explains the others is told.

import type { EngineStatus } from "@selvedge/consensus";
import { type Committee, StakeTally, type ValidatorIndex } from "@selvedge/integrity";
import type { PeerStatus } from "../network/transport.ts";

export interface HealthInputs {
  readonly committee: Committee;
  readonly self: ValidatorIndex | null;
  /** As the genesis or the epoch names them. */
  readonly nameOf: (validator: ValidatorIndex) => string;
  readonly peers: readonly PeerStatus[];
  readonly engine: EngineStatus;
  readonly sinceLastCommitMs: number | null;
  readonly executionLag: number;
  readonly executionLagMax: number;
  /** Commits that were executed before the last stop and are not executed again yet. */
  readonly reexecutingCount: number;
  /** The commit that catching up by ranges aims at, or null while none is under way. */
  readonly catchUpTarget: number | null;
  /** What may still be written, or null if it is not known. */
  readonly diskFreeBytes: number | null;
}

export interface Health {
  readonly state: "healthy" | "syncing" | "stalled";
  readonly reason: string;
}

/** Without a commit for this long, although even an idle network commits every few seconds, the node is stalled. */
const STALLED_AFTER_MS = 30_000;
/** Below it the next table may not fit: writing ends in exit 74. */
const DISK_LOW_BYTES: number = 256 * 1024 * 1024;

type Cause = (inputs: HealthInputs) => Health | undefined;

/** In the order in which one explains the next. */
const CAUSES: readonly Cause[] = [
  whyReexecuting,
  whyCatchingUp,
  whyNoQuorum,
  whyNotSigning,
  whyFetching,
  whyLagging,
  whyNoCommit,
];

export function healthOf(inputs: HealthInputs): Health {
  for (const cause of CAUSES) {
    const health = cause(inputs);
    if (health !== undefined) return health;
  }
  return { state: "healthy", reason: diskNote(inputs) ?? "ok" };
}

function whyReexecuting({ reexecutingCount }: HealthInputs): Health | undefined {
  if (reexecutingCount === 0) return undefined;
  return syncing(`re-executing ${reexecutingCount} commits since the last snapshot; views may be behind until then`);
}

function whyCatchingUp({ engine, catchUpTarget }: HealthInputs): Health | undefined {
  if (catchUpTarget === null || catchUpTarget <= engine.lastCommitIndex) return undefined;
  const missing = catchUpTarget - engine.lastCommitIndex;
  return syncing(`catching up ${missing} commits: at ${engine.lastCommitIndex} of ${catchUpTarget}`);
}

function whyFetching({ engine }: HealthInputs): Health | undefined {
  if (!engine.isCatchingUp) return undefined;
  // An engine that has just begun does not know yet how far the others are.
  if (engine.highestRound <= engine.round) return syncing("fetching rounds that it lacks");
  return syncing(`fetching rounds up to ${engine.highestRound}, now at ${engine.round}`);
}

function whyNoQuorum(inputs: HealthInputs): Health | undefined {
  const { committee } = inputs;
  const connected = connectedStake(inputs);
  if (connected >= committee.quorumStake) return undefined;
  return stalled(
    `validators with ${connected} of the ${committee.quorumStake} stake that a quorum needs are reachable; missing: ${missingValidators(inputs)}${diskTail(inputs)}`,
  );
}

function whyNotSigning({ engine: { signing }, committee, self }: HealthInputs): Health | undefined {
  switch (signing.standing) {
    case "signing":
      return undefined;
    case "asking":
      return syncing(`before its first signature it asks the others what they know of it: ${answeredOf(signing)}`);
    case "listening":
      return syncing(
        `recovered what it has signed; it listens for a second node with its key and signs from round ${signing.resumeRound} on`,
      );
    case "recovering":
      return stakeOfOthers(committee, self) < signing.neededStake
        ? stalled(
            `recovering what it has signed takes answers of others with stake ${signing.neededStake}, more than they have: it signs nothing in this epoch`,
          )
        : syncing(`recovering what it has signed from the others: ${answeredOf(signing)}`);
    case "stopped":
      return stalled("another process signs with this validator's key: it signs nothing any more");
  }
}

function stakeOfOthers({ totalStake, validators }: Committee, self: ValidatorIndex | null): number {
  return totalStake - (self === null ? 0 : (validators[self]?.stake ?? 0));
}

function answeredOf({ answeredStake, neededStake, resumeRound }: EngineStatus["signing"]): string {
  const round = resumeRound === null ? "" : `; it goes on at round ${resumeRound}`;
  return `stake ${answeredStake} of ${neededStake} has answered${round}`;
}

function whyLagging({ executionLag, executionLagMax }: HealthInputs): Health | undefined {
  if (executionLag <= executionLagMax) return undefined;
  return stalled(`execution lags by ${executionLag} commits, and the order waits for it`);
}

function whyNoCommit(inputs: HealthInputs): Health | undefined {
  const { engine, sinceLastCommitMs } = inputs;
  if ((sinceLastCommitMs ?? 0) <= STALLED_AFTER_MS) return undefined;
  const seconds = Math.round((sinceLastCommitMs ?? 0) / 1000);
  const waiting = engine.isClosed
    ? `the epoch ${engine.epoch} is closed and the next one has not begun`
    : `the output waits at slot ${engine.nextSlot}${engine.isEnding ? `, while epoch ${engine.epoch} ends` : ""}`;
  return stalled(`no commit for ${seconds} s; ${waiting}${diskTail(inputs)}`);
}

function diskNote({ diskFreeBytes }: HealthInputs): string | undefined {
  if (diskFreeBytes === null || diskFreeBytes >= DISK_LOW_BYTES) return undefined;
  return `ok, but only ${Math.floor(diskFreeBytes / 1024 / 1024)} MiB of disk are left`;
}

function diskTail(inputs: HealthInputs): string {
  const note = diskNote(inputs);
  return note === undefined ? "" : `; ${note.slice("ok, but ".length)}`;
}

function syncing(reason: string): Health {
  return { state: "syncing", reason };
}

function stalled(reason: string): Health {
  return { state: "stalled", reason };
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
    .map((index) => `${inputs.nameOf(index)} (${index})`)
    .join(", ");
}

function connectedValidators({ peers }: HealthInputs): ValidatorIndex[] {
  return peers.flatMap(({ remote, isConnected }) => (isConnected && remote.kind === "validator" ? [remote.index] : []));
}
