// The single-process reference, and what each update was worth: applies the certified updates of a stopped validator's
// home in the order of the version records, from version 0, without any network, and keeps of each update its norm and
// the scale that clipping gave it.

import {
  type Digest,
  type Genesis,
  type GenesisModel,
  type SealedVersionRecord,
  type SignedUpdate,
  decodeDelta,
  deviceIdOf,
  mustExist,
} from "@selvedge/integrity";
import { type ReplayOptions, type ReplayState, clipScales, normOf, replayVersion, startReplay } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import { type OpenedHome, recordsOf, withHome } from "./inspect-home.ts";

export interface StudiedUpdate {
  /** Position among the genesis' devices. */
  readonly device: number;
  readonly staleness: number;
  readonly norm: number;
  /** What clipping multiplied the delta with; 1 leaves it as it is. */
  readonly scale: number;
  /** Share in the weighted mean. */
  readonly weightShare: number;
}

export interface StudiedVersion {
  readonly version: number;
  readonly digest: string;
  readonly commitIndex: number;
  readonly weightsRoot: string;
  readonly updates: readonly StudiedUpdate[];
}

export interface LineageStudy {
  /** Version 1 first. */
  readonly versions: readonly StudiedVersion[];
  /** The reference's weights file of `version`, and the one in the validator's store. */
  readonly weightsAt: (version: number) => WeightsPair | undefined;
  /** Why the reference could not go on, or null. */
  readonly finding: string | null;
}

export interface WeightsPair {
  readonly replayed: Uint8Array;
  readonly stored: Uint8Array;
}

export function studyLineage(home: string, genesis: Genesis): Promise<LineageStudy> {
  const model = mustExist(genesis.models[0], "the demonstration trains one model");
  return withHome(home, genesis, (opened) => study(opened, genesis, model));
}

async function study(opened: OpenedHome, genesis: Genesis, model: GenesisModel): Promise<LineageStudy> {
  const options: ReplayOptions = { sha256, model, chunkBytes: genesis.params.payloadChunkBytes };
  const records = await recordsOf(opened.state, model);
  const start = startReplay(options, await mustPayload(opened, model.weightsRoot));
  const versions: StudiedVersion[] = [];
  const pairs = new Map<number, WeightsPair>();
  const answer = (finding: string | null): LineageStudy => ({
    versions,
    weightsAt: (version) => pairs.get(version),
    finding,
  });
  if (!start.ok) return answer(start.error.detail);
  let state: ReplayState = start.value;
  for (const record of records.slice(1)) {
    const updates = await loadUpdates(opened, record);
    const next = replayVersion(options, state, { record, updates });
    if (!next.ok) return answer(next.error.detail);
    versions.push(studyVersion(genesis, model, { record, updates, before: state.records }));
    state = next.value;
    pairs.set(record.record.version, {
      replayed: state.weights,
      stored: await mustPayload(opened, record.record.weightsRoot),
    });
  }
  return answer(null);
}

interface LoadedUpdate {
  readonly update: SignedUpdate;
  readonly payload: Uint8Array;
}

function loadUpdates(opened: OpenedHome, { record }: SealedVersionRecord): Promise<readonly LoadedUpdate[]> {
  return Promise.all(
    record.updates.map(async ({ update: digest }) => {
      const update = await opened.state.update(digest);
      if (update === undefined) throw new NodeError("DATA_CORRUPT", `the header of update ${digest} is missing`);
      return { update, payload: await mustPayload(opened, update.header.payloadRoot) };
    }),
  );
}

async function mustPayload({ payloads }: OpenedHome, root: Digest): Promise<Uint8Array> {
  const payload = await payloads.whole(root);
  if (payload === undefined) throw new NodeError("DATA_CORRUPT", `payload ${root} is missing`);
  return payload;
}

interface VersionParts {
  readonly record: SealedVersionRecord;
  readonly updates: readonly LoadedUpdate[];
  /** Records of the versions before. */
  readonly before: readonly SealedVersionRecord[];
}

function studyVersion(
  genesis: Genesis,
  model: GenesisModel,
  { record, updates, before }: VersionParts,
): StudiedVersion {
  const norms = updates.map(({ update, payload }) => {
    const delta = decodeDelta(payload, { codec: update.header.codec, model: model.tensors });
    return delta.ok ? normOf(delta.value.map(({ values }) => values)) : Number.NaN;
  });
  const scales = model.policy.aggregator.clip === "none" ? norms.map(() => 1) : clipScales(norms);
  const totalWeight = record.record.updates.reduce((sum, { weight }) => sum + weight, 0);
  return {
    version: record.record.version,
    digest: record.digest,
    commitIndex: record.record.commitIndex,
    weightsRoot: record.record.weightsRoot,
    updates: updates.map(({ update }, position) => ({
      device: genesis.devices.findIndex(({ publicKey }) => deviceIdOf(sha256, publicKey) === update.header.deviceId),
      staleness: before.length - 1 - before.findIndex(({ digest }) => digest === update.header.baseVersion),
      norm: norms[position] ?? Number.NaN,
      scale: scales[position] ?? 1,
      weightShare: (record.record.updates[position]?.weight ?? 0) / totalWeight,
    })),
  };
}
