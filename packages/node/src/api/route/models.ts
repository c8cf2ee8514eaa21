// Routes of models, their versions, weights and proofs, and of stored payloads.

import {
  type DeviceId,
  type Digest,
  type ModelId,
  type Result,
  type SealedVersionRecord,
  type VersionNumber,
  err,
  mustExist,
  ok,
  versionNumber,
} from "@selvedge/integrity";
import type { ModelInfo, VersionList } from "@selvedge/ledger";
import { Type } from "typebox";
import type { NodeServices } from "../../daemon/services.ts";
import { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX } from "../limits.ts";
import { type Refusal, badRequest, notFound, refusalOf } from "../problem.ts";
import { modelJson, proofJson, versionJson, versionSummaryJson } from "../record-json.ts";
import { type Answer, BYTES_TYPE, type Exchange, JSON_TYPE, type Route, jsonResponse } from "../route.ts";
import { serveStoredBytes } from "../stored-bytes.ts";
import { parseCount, parseDigest, parseModelId } from "../values.ts";

const LATEST = "latest";

const PAGE_QUERY = Type.Object(
  {
    limit: Type.Optional(Type.String({ pattern: "^[1-9][0-9]{0,2}$" })),
    cursor: Type.Optional(Type.String({ maxLength: 512 })),
    order: Type.Optional(Type.Union([Type.Literal("newest"), Type.Literal("oldest")])),
  },
  { additionalProperties: false },
);

export const MODEL_ROUTES: readonly Route[] = [
  {
    method: "GET",
    path: "/v1/models",
    summary: "All models with their current version",
    produces: [JSON_TYPE],
    handle: async ({ context }) => jsonResponse({ models: context.services.models().map(modelJson) }),
  },
  {
    method: "GET",
    path: "/v1/models/{model}",
    summary: "One model: shape, policy, current version",
    produces: [JSON_TYPE],
    handle: async (exchange) => {
      const model = modelOf(exchange);
      return model.ok ? jsonResponse(modelJson(model.value)) : model.error;
    },
  },
  {
    method: "GET",
    path: "/v1/models/{model}/versions",
    summary: "Versions of a model, newest first unless asked otherwise, a page at a time",
    query: PAGE_QUERY,
    produces: [JSON_TYPE],
    handle: listVersions,
  },
  {
    method: "GET",
    path: "/v1/models/{model}/versions/{version}",
    summary: 'One version record with its canonical bytes; "latest" is the newest that this node executed',
    produces: [JSON_TYPE],
    handle: async (exchange) => {
      const found = versionOf(exchange);
      return found.ok ? jsonResponse(versionJson(found.value)) : found.error;
    },
  },
  {
    method: "GET",
    path: "/v1/models/{model}/versions/{version}/weights",
    summary: "The weights of a version as a safetensors file, whole or one range",
    produces: [BYTES_TYPE],
    handle: async (exchange) => {
      const found = versionOf(exchange);
      if (!found.ok) return found.error;
      const isImmutable = exchange.param("version") !== LATEST;
      return serveStoredBytes(exchange, { root: found.value.record.weightsRoot, isImmutable });
    },
  },
  {
    method: "GET",
    path: "/v1/models/{model}/versions/{version}/proof",
    summary: 'Proof of a version under a certified state root; "latest" is the newest that a certificate covers',
    produces: [JSON_TYPE],
    handle: proveVersion,
  },
  {
    method: "GET",
    path: "/v1/payloads/{root}",
    summary: "A stored payload or weights file by its root, whole or one range",
    produces: [BYTES_TYPE],
    handle: async (exchange) => {
      const root = parseDigest<Digest>(exchange.param("root"), "root");
      return root.ok ? serveStoredBytes(exchange, { root: root.value, isImmutable: true }) : root.error;
    },
  },
  {
    method: "GET",
    path: "/v1/devices/{device}/models/{model}/sequence",
    summary: "Which sequence numbers of a device are closed, and the next to sign",
    produces: [JSON_TYPE],
    handle: showSequence,
  },
];

function modelOf({ context, param }: Exchange): Result<ModelInfo, Refusal> {
  const id = parseModelId(param("model"));
  if (!id.ok) return id;
  const model = context.services.model(id.value);
  return model === undefined ? err(notFound("MODEL_UNKNOWN", "there is no such model")) : ok(model);
}

function versionOf(exchange: Exchange): Result<SealedVersionRecord, Refusal> {
  const model = modelOf(exchange);
  if (!model.ok) return model;
  const text = exchange.param("version");
  if (text === LATEST) return ok(model.value.current);
  const number = parseCount(text, "a version");
  if (!number.ok) return number;
  const record = exchange.context.services.versions(model.value.id).at(number.value);
  return record === undefined ? err(notFound("VERSION_UNKNOWN", "the model has no such version yet")) : ok(record);
}

async function listVersions(exchange: Exchange): Promise<Answer> {
  const model = modelOf(exchange);
  if (!model.ok) return model.error;
  const { id } = model.value;
  const { context, query } = exchange;
  const versions = context.services.versions(id);
  const limit = Number(query["limit"] ?? PAGE_LIMIT_DEFAULT);
  if (limit > PAGE_LIMIT_MAX) return badRequest("QUERY_INVALID", `limit is at most ${PAGE_LIMIT_MAX}`);
  const order = query["order"] ?? "newest";
  const list = `versions/${id}/${order}`;
  const start = query["cursor"] === undefined ? undefined : context.cursors.open(list, query["cursor"]);
  if (start !== undefined && !start.ok) return start.error;
  const page = pageOf(versions, { limit, isNewestFirst: order === "newest", from: start?.value });
  const cursor = page.next === undefined ? null : context.cursors.seal(list, page.next);
  const next = cursor === null ? null : `/v1/models/${id}/versions?limit=${limit}&order=${order}&cursor=${cursor}`;
  return jsonResponse({ versions: page.records.map(versionSummaryJson), next });
}

interface Page {
  readonly records: readonly SealedVersionRecord[];
  /** Version number with which the next page starts. */
  readonly next: number | undefined;
}

function pageOf(
  versions: VersionList,
  {
    limit,
    isNewestFirst,
    from,
  }: { readonly limit: number; readonly isNewestFirst: boolean; readonly from: number | undefined },
): Page {
  if (isNewestFirst) {
    const last = Math.min(from ?? versions.length - 1, versions.length - 1);
    const first = Math.max(0, last - limit + 1);
    const records = recordsOf(versions, first, last + 1).toReversed();
    return { records, next: first > 0 ? first - 1 : undefined };
  }
  const first = from ?? 0;
  const end = Math.min(first + limit, versions.length);
  return { records: recordsOf(versions, first, end), next: end < versions.length ? end : undefined };
}

function recordsOf(versions: VersionList, begin: number, end: number): readonly SealedVersionRecord[] {
  return Array.from({ length: Math.max(0, end - begin) }, (_, index) =>
    mustExist(versions.at(begin + index), "a version of the list"),
  );
}

async function proveVersion(exchange: Exchange): Promise<Answer> {
  const found = versionOf(exchange);
  if (!found.ok) return found.error;
  const { modelId, version } = found.value.record;
  const { services } = exchange.context;
  const isLatest = exchange.param("version") === LATEST;
  const proven = isLatest
    ? await proveNewest(services, modelId, version)
    : await services.proveVersion(modelId, version);
  if (!proven.ok) return refusalOf(proven.error);
  return jsonResponse(proofJson(proven.value.proof, proven.value.certificate));
}

/** The newest version's certificate follows a few message delays after it; until then the one before is the newest proven. */
async function proveNewest(
  services: NodeServices,
  modelId: ModelId,
  version: VersionNumber,
): ReturnType<NodeServices["proveVersion"]> {
  const newest = await services.proveVersion(modelId, version);
  if (newest.ok || version === 0) return newest;
  return services.proveVersion(modelId, versionNumber(version - 1));
}

async function showSequence({ context, param }: Exchange): Promise<Answer> {
  const device = parseDigest<DeviceId>(param("device"), "device");
  if (!device.ok) return device.error;
  const model = parseModelId(param("model"));
  if (!model.ok) return model.error;
  const info = context.services.sequenceInfo(device.value, model.value);
  if (info === undefined) return notFound("DEVICE_UNKNOWN", "there is no such device or model");
  const { lastClosed, next, highest } = info;
  return jsonResponse({ lastClosed, next, highest });
}
