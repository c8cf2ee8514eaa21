// When a version of a model closes and over which updates (U7): FedBuff with a commit window. Pure over the model's
// waiting list; the ledger carries out what is decided here.

import {
  type CommitIndex,
  type DeviceId,
  type ModelPolicy,
  VERSION_UPDATES_MAX,
  versionNumber,
} from "@selvedge/integrity";
import type { AggregationJob } from "../aggregate/job.ts";
import { updateWeight } from "../aggregate/staleness.ts";
import type { Model } from "./model.ts";
import type { PendingUpdate } from "./pending-update.ts";

/** Takes updates out of the waiting list whose base is further behind than the policy allows (U7). */
export function dropStale(model: Model): readonly PendingUpdate[] {
  const isStale = ({ update }: PendingUpdate): boolean => {
    const staleness = model.stalenessOf(update.header.baseVersion);
    return staleness === undefined || staleness > model.genesis.policy.maxStaleness;
  };
  if (!model.waiting.some(isStale)) return [];
  const stale = model.waiting.filter(isStale);
  model.waiting = model.waiting.filter((pending) => !isStale(pending));
  return stale;
}

/**
 * Takes out what a device's newest certified update supersedes (U7): the one of its lowest sequence, if more of it wait
 * than the policy allows. Otherwise whoever signs fastest would make most of a version, and set the median that clips it.
 */
export function dropSuperseded(model: Model, deviceId: DeviceId): PendingUpdate | undefined {
  const ofDevice = model.waiting.filter(({ update }) => update.header.deviceId === deviceId);
  if (ofDevice.length <= model.genesis.policy.perDeviceMax) return undefined;
  const superseded = ofDevice.reduce((lowest, pending) =>
    pending.update.header.sequence < lowest.update.header.sequence ? pending : lowest,
  );
  model.waiting = model.waiting.filter((pending) => pending !== superseded);
  return superseded;
}

/** Takes the updates of the next version out of the waiting list; empty if it does not close at this commit. */
export function takeForVersion(model: Model, at: CommitIndex): readonly PendingUpdate[] {
  const { policy } = model.genesis;
  if (model.waiting.length < leastCount(policy, at - model.current.record.commitIndex)) return [];
  const count = Math.min(policy.bufferSize, VERSION_UPDATES_MAX);
  const taken = model.waiting.slice(0, count);
  model.waiting = model.waiting.slice(count);
  return taken;
}

/** U7: `bufferSize`, or the minimum once the window since the last version has passed. Never nothing. */
function leastCount(policy: ModelPolicy, commitsSinceVersion: number): number {
  const least =
    commitsSinceVersion >= policy.windowCommits ? Math.min(policy.minimum, policy.bufferSize) : policy.bufferSize;
  return Math.max(1, least);
}

export function jobOf(model: Model, taken: readonly PendingUpdate[], at: CommitIndex): AggregationJob {
  const { record } = model.current;
  const version = versionNumber(record.version + 1);
  return {
    id: `${model.id}/${version}`,
    modelId: model.id,
    version,
    commitIndex: at,
    tensors: model.genesis.tensors,
    aggregator: model.genesis.policy.aggregator,
    baseWeightsRoot: record.weightsRoot,
    baseWeightsBytes: record.weightsBytes,
    updates: taken.map(({ update: { digest, header } }) => ({
      update: digest,
      payloadRoot: header.payloadRoot,
      payloadBytes: header.payloadBytes,
      codec: header.codec,
      weight: updateWeight({
        sampleCount: header.sampleCount,
        sampleWeightMax: model.genesis.policy.sampleWeightMax,
        staleness: model.stalenessOf(header.baseVersion) ?? 0,
      }),
    })),
  };
}
