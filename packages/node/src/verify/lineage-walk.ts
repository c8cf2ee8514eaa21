// Replays every model's lineage from version 0: records, links, signatures, chunks, and weights aggregated anew and
// compared to the last bit. The last record must be the one that executing the chain ended with.

import {
  type AuditCursor,
  type AuditSource,
  type GenesisModel,
  type Replay,
  type SealedVersionRecord,
  auditLineage,
  err,
  mustExist,
  ok,
  rejection,
} from "@selvedge/integrity";
import { type Ledger, type ModelInfo, replayVersion } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { chunkKey, stateKey, versionKey } from "../storage/keys.ts";
import { FindingError, readingOf } from "./finding.ts";
import type { VerifiedHome, VerifyCounts } from "./verified-home.ts";

export interface LineageWalkOptions {
  readonly home: VerifiedHome;
  readonly ledger: Ledger;
  readonly counts: VerifyCounts;
  /** By model id: versions that an interrupted run found good. */
  readonly resume: ReadonlyMap<string, AuditCursor>;
  /** The node never ran: it writes the record of version 0 at its first start. */
  readonly isUnstarted: boolean;
  readonly signal: AbortSignal;
  readonly onVersion: (model: string, cursor: AuditCursor, versionMax: number) => Promise<void>;
}

/** False if it was interrupted. */
export async function walkLineages(options: LineageWalkOptions): Promise<boolean> {
  for (const model of options.ledger.models()) {
    if (!(await walkLineage(options, model))) return false;
  }
  return true;
}

async function walkLineage(options: LineageWalkOptions, model: ModelInfo): Promise<boolean> {
  const { home, counts } = options;
  const { current, id } = model;
  const records = await storedRecords(home, model);
  const steps = auditLineage({
    modelId: id,
    crypto: home.ledgerOptions.crypto,
    chunkBytes: home.genesis.params.payloadChunkBytes,
    source: options.isUnstarted ? unstartedSource(home, model) : sourceOf(home, id),
    replay: replayOf(home, model, records),
    target: { version: current.record.version, digest: current.digest },
    resumeFrom: options.resume.get(id) ?? null,
    signal: options.signal,
  });
  for await (const step of readSteps(steps)) {
    if (step.type === "stopped") return false;
    if (step.type === "finding") throw new FindingError(`${step.finding.subject} of ${id}`, step.finding);
    if (step.type === "progress") {
      counts.versions += 1;
      counts.payloadBytes += step.cursor.weightsBytes + (await updateBytes(home, records[step.version]));
      await options.onVersion(id, step.cursor, step.versionMax);
    }
  }
  return true;
}

/** Damage that a store finds while the audit reads is a finding as well. */
async function* readSteps(steps: ReturnType<typeof auditLineage>): ReturnType<typeof auditLineage> {
  for (;;) {
    const next = await readingOf("a record of the lineage", () => steps.next());
    if (next.done === true) return;
    yield next.value;
  }
}

/** The model's records as stored, none beyond the one that the chain ends with. */
async function storedRecords(
  { state }: VerifiedHome,
  { id, current }: ModelInfo,
): Promise<readonly SealedVersionRecord[]> {
  return readingOf(`a version record of ${id}`, async () => {
    const records: SealedVersionRecord[] = [];
    for await (const sealed of state.versions(id)) {
      const { version } = sealed.record;
      if (version > current.record.version)
        throw new FindingError(`version ${version} record of ${id}`, {
          code: "VERSION_NOT_AGREED",
          detail: "no commit closes it",
        });
      records.push(sealed);
    }
    return records;
  });
}

function sourceOf({ store, payloads }: VerifiedHome, modelId: string): AuditSource {
  return {
    record: (version) =>
      readingOf(`version ${version} record of ${modelId}`, () => store.get("versions", versionKey(modelId, version))),
    update: (digest) => readingOf(`update ${digest}`, () => store.get("state", stateKey("update", digest))),
    manifest: (root) => readingOf(`manifest of payload ${root}`, () => payloads.manifest(root)),
    chunk: ({ root }, index) =>
      readingOf(`chunk ${index} of payload ${root}`, () => store.get("payload", chunkKey(root, index))),
  };
}

function unstartedSource(home: VerifiedHome, { id, current }: ModelInfo): AuditSource {
  return { ...sourceOf(home, id), record: async (version) => (version === 0 ? current.bytes : undefined) };
}

function replayOf({ genesis }: VerifiedHome, { id }: ModelInfo, records: readonly SealedVersionRecord[]): Replay {
  const model: GenesisModel = mustExist(
    genesis.models.find((one) => one.id === id),
    "the ledger's models are those of the genesis",
  );
  const options = { sha256, model, chunkBytes: genesis.params.payloadChunkBytes };
  // What an update of the version may be relative to: all records before it would make the walk quadratic.
  const reach = 1 + model.policy.maxStaleness;
  return async ({ record: { version }, previousWeights, updates }) => {
    const record = records[version];
    if (record === undefined) return err(rejection("AUDIT_RECORD_MISSING", `version ${version} is not in its place`));
    const replayed = replayVersion(
      options,
      { records: records.slice(Math.max(0, version - reach), version), weights: previousWeights },
      { record, updates },
    );
    return replayed.ok ? ok(replayed.value.weights) : replayed;
  };
}

async function updateBytes({ state }: VerifiedHome, sealed: SealedVersionRecord | undefined): Promise<number> {
  let sum = 0;
  for (const { update } of sealed?.record.updates ?? []) {
    sum += (await state.update(update))?.header.payloadBytes ?? 0;
  }
  return sum;
}
