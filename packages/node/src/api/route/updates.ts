// Routes of a device's update: header in, payload in, where it stands, receipt out.

import {
  type AvailabilityReceipt,
  type Rejection,
  type Result,
  SIGNED_UPDATE_MAX_BYTES,
  type SignedUpdate,
  type UpdateDigest,
  bytesFromHex,
  decodeSignedUpdate,
  encodeReceipt,
  err,
  ok,
  verifyUpdate,
} from "@selvedge/integrity";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import type { PayloadStream, UpdateView } from "../../daemon/services.ts";
import { BodyReader } from "../body-reader.ts";
import { type Refusal, badRequest, notFound, refusalOf } from "../problem.ts";
import { receiptJson } from "../record-json.ts";
import {
  type Answer,
  type ApiContext,
  BYTES_TYPE,
  type Exchange,
  JSON_TYPE,
  type Route,
  jsonResponse,
} from "../route.ts";
import { parseStrictJson } from "../strict-json.ts";
import { parseDigest } from "../values.ts";

const SUBMISSION = Type.Object(
  {
    /** Canonical bytes of the signed update. */
    update: Type.String({ pattern: "^([0-9a-f]{2})+$", maxLength: 2 * SIGNED_UPDATE_MAX_BYTES }),
    /** RFC 6962 leaf hashes of the payload's chunks, in order. */
    chunkHashes: Type.Array(Type.String({ pattern: "^[0-9a-f]{64}$" })),
  },
  { additionalProperties: false },
);

/** Hex, quotes and a comma of one chunk hash, with room for white space. */
const CHUNK_HASH_CHARS = 72;
const SUBMISSION_EXTRA_CHARS = 4096;

export const UPDATE_ROUTES: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/updates",
    summary:
      "Submits the signed header of an update and the hashes of its payload's chunks; the same again is harmless",
    body: { mediaType: JSON_TYPE, bytesMax: submissionBytesMax, schema: SUBMISSION },
    produces: [JSON_TYPE],
    handle: submitHeader,
  },
  {
    method: "PUT",
    path: "/v1/updates/{digest}/payload",
    summary: "Sends the payload of a submitted header, from byte 0",
    body: { mediaType: BYTES_TYPE, bytesMax: ({ services }) => services.genesis.params.payloadMaxBytes },
    produces: [JSON_TYPE],
    handle: sendPayload,
  },
  {
    method: "GET",
    path: "/v1/updates/{digest}",
    summary: "Where an update stands, from its first byte to the version that holds it",
    produces: [JSON_TYPE],
    handle: showUpdate,
  },
  {
    method: "GET",
    path: "/v1/updates/{digest}/receipt",
    summary: "The availability receipt: canonical bytes, or a summary if JSON is asked for",
    produces: [BYTES_TYPE, JSON_TYPE],
    handle: showReceipt,
  },
];

function submissionBytesMax({ services }: ApiContext): number {
  const { payloadMaxBytes, payloadChunkBytes } = services.genesis.params;
  const chunksMax = Math.ceil(payloadMaxBytes / payloadChunkBytes);
  return 2 * SIGNED_UPDATE_MAX_BYTES + chunksMax * CHUNK_HASH_CHARS + SUBMISSION_EXTRA_CHARS;
}

async function submitHeader({ context, incoming }: Exchange): Promise<Answer> {
  const body = await new BodyReader(incoming, context.limits, submissionBytesMax(context)).whole();
  if (!body.ok) return body.error;
  const submission = parseSubmission(body.value);
  if (!submission.ok) return submission.error;
  const update = signedUpdateOf(submission.value.update, context);
  if (!update.ok) return refusalOf(update.error);
  const hashes = submission.value.chunkHashes.map(bytesFromHex);
  const view = await context.services.submitUpdate(update.value, hashes);
  if (!view.ok) return refusalOf(view.error);
  return viewResponse(update.value.digest, view.value, 202);
}

function parseSubmission(body: Uint8Array): Result<Static<typeof SUBMISSION>, Refusal> {
  const json = parseStrictJson(body);
  if (!json.ok) return json;
  if (Value.Check(SUBMISSION, json.value)) return ok(json.value);
  const [first] = Value.Errors(SUBMISSION, json.value);
  return err(badRequest("BODY_INVALID", `${first?.instancePath ?? ""} ${first?.message ?? "does not fit"}`.trim()));
}

function signedUpdateOf(hex: string, { crypto }: ApiContext): Result<SignedUpdate, Rejection> {
  const update = decodeSignedUpdate(bytesFromHex(hex), crypto.sha256);
  return update.ok ? verifyUpdate(update.value, crypto) : update;
}

async function sendPayload({ context, incoming, param }: Exchange): Promise<Answer> {
  const digest = parseDigest<UpdateDigest>(param("digest"), "digest");
  if (!digest.ok) return digest.error;
  const { services, limits } = context;
  const known = await services.updateView(digest.value);
  // Whole already, by an earlier request or through another gateway: sending it again is harmless.
  if (known.state !== "unknown" && known.state !== "receiving" && known.state !== "refused") {
    return viewResponse(digest.value, known, 200);
  }
  const stream = await services.openPayload(digest.value);
  if (!stream.ok) return refusalOf(stream.error);
  const reader = new BodyReader(incoming, limits, services.genesis.params.payloadMaxBytes);
  const view = await pump(reader, stream.value);
  return view.ok ? viewResponse(digest.value, view.value, 200) : view.error;
}

/** Each piece is taken by the node before the next is read from the socket. */
async function pump(reader: BodyReader, stream: PayloadStream): Promise<Result<UpdateView, Refusal>> {
  for (;;) {
    const piece = await reader.next();
    if (!piece.ok) return piece;
    if (piece.value === undefined) break;
    const written = await stream.write(piece.value);
    if (!written.ok) return err(refusalOf(written.error));
  }
  const view = await stream.finish();
  return view.ok ? view : err(refusalOf(view.error));
}

async function showUpdate({ context, param }: Exchange): Promise<Answer> {
  const digest = parseDigest<UpdateDigest>(param("digest"), "digest");
  if (!digest.ok) return digest.error;
  const view = await context.services.updateView(digest.value);
  if (view.state === "unknown") return notFound("UPDATE_UNKNOWN", "no such update is known here");
  return viewResponse(digest.value, view, 200);
}

async function showReceipt({ context, param, request }: Exchange): Promise<Answer> {
  const digest = parseDigest<UpdateDigest>(param("digest"), "digest");
  if (!digest.ok) return digest.error;
  const receipt = await context.services.receipt(digest.value);
  if (receipt === undefined) {
    return { ...notFound("RECEIPT_UNKNOWN", "there is no receipt here, or not yet"), retryable: true };
  }
  return receiptResponse(receipt, request.headers.get("accept"));
}

function receiptResponse(receipt: AvailabilityReceipt, accept: string | null): Response {
  const headers = { "cache-control": "no-store", vary: "accept" };
  const wantsJson = accept !== null && accept.includes(JSON_TYPE) && !accept.includes(BYTES_TYPE);
  if (wantsJson) return jsonResponse(receiptJson(receipt), { headers });
  const bytes = new Uint8Array(encodeReceipt(receipt));
  return new Response(bytes, { headers: { ...headers, "content-type": BYTES_TYPE } });
}

function viewResponse(digest: UpdateDigest, view: UpdateView, status: number): Response {
  const headers = status === 202 ? { location: `/v1/updates/${digest}` } : {};
  return jsonResponse({ digest, ...view }, { status, headers });
}
