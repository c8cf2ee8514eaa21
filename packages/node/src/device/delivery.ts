// Brings one waiting update to the network: header, payload, and then the receipt, which alone ends the waiting. A
// gateway's word that it took the update ends nothing; its word that the update is refused does, if no other gateway
// takes it.

import {
  type AvailabilityReceipt,
  RECEIPT_MAX_BYTES,
  type Rejection,
  type Result,
  type SignedUpdate,
  type VersionNumber,
  decodeBlockHeader,
  decodeReceipt,
  err,
  hexFromBytes,
  ok,
  payloadManifest,
  rejection,
  verifyReceipt,
  versionNumber,
} from "@selvedge/integrity";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { type GatewayClient, type GatewayResult, invalidAnswer, refusedAnswer } from "./gateway-client.ts";
import type { DeviceLimits } from "./limits.ts";
import {
  type DeviceTrust,
  type VerifiedVersion,
  type WantedVersion,
  following,
  unknownEpoch,
} from "./verified-version.ts";

const VIEW = Type.Object({
  state: Type.String({ maxLength: 32 }),
  code: Type.Optional(Type.String({ maxLength: 128 })),
  detail: Type.Optional(Type.String({ maxLength: 1000 })),
  version: Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
});
type View = Static<typeof VIEW>;

/** Refusals that pass by themselves. */
const PASSING_CODES: ReadonlySet<string> = new Set(["UPDATE_BASE_UNKNOWN", "UPDATE_SEQUENCE_AHEAD"]);
const POLL_GROWTH = 1.5;
const POLL_MAX_MS = 1000;

export type Delivery =
  | { readonly state: "delivered"; readonly receipt: AvailabilityReceipt }
  /** Proven to be part of a version, though no gateway had the receipt. */
  | { readonly state: "applied"; readonly version: VersionNumber }
  | { readonly state: "waiting"; readonly cause: Rejection }
  | { readonly state: "dropped"; readonly cause: Rejection };

export interface DeliverySetup {
  readonly client: GatewayClient;
  readonly trust: DeviceTrust;
  readonly limits: DeviceLimits;
  readonly chunkBytes: number;
  /** Follows the committee's changes up to an epoch. */
  readonly follow: (gateway: string, epoch: number, signal: AbortSignal) => Promise<GatewayResult<true>>;
  readonly verifiedVersion: (wanted: WantedVersion, signal: AbortSignal) => Promise<Result<VerifiedVersion, Rejection>>;
}

export interface Parcel {
  readonly update: SignedUpdate;
  readonly payload: Uint8Array;
}

export async function deliver(setup: DeliverySetup, parcel: Parcel, signal: AbortSignal): Promise<Delivery> {
  const taken = await setup.client.anywhere(async (gateway) => submitAt(setup, { parcel, gateway, signal }), signal);
  if (!taken.ok) {
    const { cause, isVerdict } = taken.error;
    return { state: isVerdict ? "dropped" : "waiting", cause };
  }
  return awaitReceipt(setup, parcel.update, signal);
}

interface Errand {
  readonly parcel: Parcel;
  readonly gateway: string;
  readonly signal: AbortSignal;
}

async function submitAt(
  { client, trust, limits, chunkBytes }: DeliverySetup,
  errand: Errand,
): Promise<GatewayResult<View>> {
  const { parcel, gateway, signal } = errand;
  const { chunkHashes } = payloadManifest(trust.crypto.sha256, parcel.payload, chunkBytes);
  const submission = { update: hexFromBytes(parcel.update.bytes), chunkHashes };
  const answer = await client.sendJson(
    gateway,
    {
      method: "POST",
      path: "/v1/updates",
      headers: { "content-type": "application/json" },
      body: new TextEncoder().encode(JSON.stringify(submission)),
      bytesMax: limits.jsonBytesMax,
    },
    signal,
  );
  const view = checkedView(answer);
  if (!view.ok || view.value.state !== "receiving") return view;
  const sent = await client.sendJson(
    gateway,
    {
      method: "PUT",
      path: `/v1/updates/${parcel.update.digest}/payload`,
      headers: { "content-type": "application/octet-stream" },
      body: parcel.payload,
      bytesMax: limits.jsonBytesMax,
    },
    signal,
  );
  return checkedView(sent);
}

function checkedView(answer: GatewayResult<unknown>): GatewayResult<View> {
  if (!answer.ok) return answer;
  if (!Value.Check(VIEW, answer.value)) return err(invalidAnswer("the answer does not say where the update stands"));
  const { state, code = "UPDATE_REFUSED", detail = "" } = answer.value;
  if (state !== "refused") return ok(answer.value);
  const isPassing = PASSING_CODES.has(code);
  return err({ cause: rejection(code, detail), isRetryable: isPassing, isVerdict: !isPassing });
}

async function awaitReceipt(setup: DeliverySetup, update: SignedUpdate, signal: AbortSignal): Promise<Delivery> {
  const { client, limits } = setup;
  let cause = rejection("RECEIPT_UNKNOWN", "there is no receipt yet");
  for (let poll = 0; poll < limits.receiptPollsMax && !signal.aborted; poll += 1) {
    if (poll > 0) await client.pause(Math.min(POLL_MAX_MS, limits.receiptPollMs * POLL_GROWTH ** (poll - 1)), signal);
    const outcome = await askOnce(setup, update, signal);
    if (outcome.state !== "waiting") return outcome;
    ({ cause } = outcome);
  }
  return { state: "waiting", cause };
}

async function askOnce(setup: DeliverySetup, update: SignedUpdate, signal: AbortSignal): Promise<Delivery> {
  // One sweep: polling has its own pauses.
  const receipt = await setup.client.anywhere(
    async (gateway) => withoutRetry(await receiptAt(setup, { update, gateway, signal })),
    signal,
  );
  if (receipt.ok) return { state: "delivered", receipt: receipt.value };
  const view = await setup.client.anywhere(
    async (gateway) =>
      withoutRetry(checkedView(await setup.client.json(gateway, `/v1/updates/${update.digest}`, signal))),
    signal,
  );
  if (!view.ok) return { state: view.error.isVerdict ? "dropped" : "waiting", cause: view.error.cause };
  const { state, version } = view.value;
  if (state !== "applied" || version === undefined) return { state: "waiting", cause: receipt.error.cause };
  return confirmApplied(setup, { update, version: versionNumber(version) }, signal);
}

interface AppliedClaim {
  readonly update: SignedUpdate;
  readonly version: VersionNumber;
}

async function confirmApplied(
  { verifiedVersion }: DeliverySetup,
  { update, version }: AppliedClaim,
  signal: AbortSignal,
): Promise<Delivery> {
  const proven = await verifiedVersion({ model: update.header.modelId, version }, signal);
  if (!proven.ok) return { state: "waiting", cause: proven.error };
  const isApplied = proven.value.record.record.updates.some((applied) => applied.update === update.digest);
  if (isApplied) return { state: "applied", version };
  return { state: "waiting", cause: rejection("UPDATE_NOT_IN_VERSION", `version ${version} does not hold the update`) };
}

async function receiptAt(
  { client, trust, follow }: DeliverySetup,
  {
    update,
    gateway,
    signal,
  }: { readonly update: SignedUpdate; readonly gateway: string; readonly signal: AbortSignal },
): Promise<GatewayResult<AvailabilityReceipt>> {
  const headers = { accept: "application/octet-stream" };
  const request = { path: `/v1/updates/${update.digest}/receipt`, headers, bytesMax: RECEIPT_MAX_BYTES };
  const bytes = await client.bytes(gateway, request, signal);
  if (!bytes.ok) return bytes;
  const decoded = decodeReceipt(bytes.value);
  if (!decoded.ok) return err(refusedAnswer(rejection("RECEIPT_MALFORMED", decoded.error.detail)));
  if (decoded.value.update !== update.digest) {
    return err(refusedAnswer(rejection("RECEIPT_OTHER_UPDATE", "the receipt is another update's")));
  }
  const receipt = decoded.value;
  return following(
    () => verifyReceiptIn(receipt, trust),
    (epoch) => follow(gateway, epoch, signal),
  );
}

/** By the committee of the epoch in which it was given: its blocks say which. */
function verifyReceiptIn(receipt: AvailabilityReceipt, trust: DeviceTrust): Result<AvailabilityReceipt, Rejection> {
  const [first] = receipt.acks;
  const header = first === undefined ? undefined : decodeBlockHeader(first.headerBytes);
  const epoch = header?.ok === true ? header.value.epoch : 0;
  const committee = trust.committeeIn(epoch);
  return committee === undefined ? err(unknownEpoch(epoch)) : verifyReceipt(receipt, { ...trust, committee });
}

function withoutRetry<Value>(result: GatewayResult<Value>): GatewayResult<Value> {
  return result.ok ? result : err({ ...result.error, isRetryable: false });
}
