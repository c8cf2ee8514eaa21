// Canonical bytes and digests of version records: the links of a model's lineage (chain/lineage.ts) and the leaves of its
// tree.

import type { Sha256 } from "../crypto/port.ts";
import { type UpdateDigest, type VersionDigest, digestOf, digestToBytes } from "../digest.ts";
import type { Rejection } from "../fault.ts";
import { SCORE_MAX, commitIndex, score, versionNumber } from "../ids.ts";
import { NAME_MAX_BYTES, VERSION_METRICS_MAX, VERSION_RECORD_MAX_BYTES, VERSION_UPDATES_MAX } from "../limits.ts";
import { type Result, ok } from "../result.ts";
import {
  AGGREGATOR_NAMES,
  type AggregatorSpec,
  type AppliedUpdate,
  CLIP_RULES,
  type SealedVersionRecord,
  type VersionMetric,
  type VersionRecord,
} from "../version-record.ts";
import { FieldReader } from "./fields.ts";
import { decode, encode, wireInteger } from "./msgpack.ts";
import { readModelId } from "./update-codec.ts";

const POSITIVE = { min: 1, max: Number.MAX_SAFE_INTEGER };
const ANY_INTEGER = { min: Number.MIN_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER };
const SCORE_RANGE = { min: -SCORE_MAX, max: SCORE_MAX };

export function sealVersionRecord(record: VersionRecord, sha256: Sha256): SealedVersionRecord {
  const bytes = encode([
    record.modelId,
    wireInteger(record.version),
    digestToBytes(record.parent),
    record.updates.map(({ update, weight, score: value }) => [
      digestToBytes(update),
      wireInteger(weight),
      value === null ? null : wireInteger(value),
    ]),
    [AGGREGATOR_NAMES.indexOf(record.aggregator.name), CLIP_RULES.indexOf(record.aggregator.clip)],
    digestToBytes(record.weightsRoot),
    wireInteger(record.weightsBytes),
    record.metrics.map(({ name, value }) => [name, wireInteger(value)]),
    wireInteger(record.commitIndex),
  ]);
  return { record, bytes, digest: digestOf<VersionDigest>(sha256, "version", bytes) };
}

export function decodeVersionRecord(received: Uint8Array, sha256: Sha256): Result<SealedVersionRecord, Rejection> {
  const wire = decode(received, { bytesMax: VERSION_RECORD_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "version record", fieldCount: 9 });
  const read = readRecord(fields);
  const record = fields.finish(() => read);
  if (!record.ok) return record;
  const bytes = new Uint8Array(received);
  return ok({ record: record.value, bytes, digest: digestOf<VersionDigest>(sha256, "version", bytes) });
}

function readRecord(fields: FieldReader): VersionRecord {
  return {
    modelId: readModelId(fields),
    version: versionNumber(fields.count("version")),
    parent: fields.digest<VersionDigest>("parent"),
    updates: fields.records({ name: "updates", fieldCount: 3, entriesMax: VERSION_UPDATES_MAX }, readApplied),
    aggregator: fields.record({ name: "aggregator", fieldCount: 2 }, readAggregator),
    weightsRoot: fields.digest("weightsRoot"),
    weightsBytes: fields.integer("weightsBytes", POSITIVE),
    metrics: fields.records({ name: "metrics", fieldCount: 2, entriesMax: VERSION_METRICS_MAX }, readMetric),
    commitIndex: commitIndex(fields.count("commitIndex")),
  };
}

function readApplied(fields: FieldReader): AppliedUpdate {
  const update = fields.digest<UpdateDigest>("update");
  const weight = fields.count("weight");
  const value = fields.integerOrNull("score", SCORE_RANGE);
  return { update, weight, score: value === null ? null : score(value) };
}

/** Also a part of a model's policy in the genesis. */
export function readAggregator(fields: FieldReader): AggregatorSpec {
  return {
    name: fields.choice("name", AGGREGATOR_NAMES, "weighted-mean"),
    clip: fields.choice("clip", CLIP_RULES, "none"),
  };
}

function readMetric(fields: FieldReader): VersionMetric {
  return { name: fields.text("name", NAME_MAX_BYTES), value: fields.integer("value", ANY_INTEGER) };
}
