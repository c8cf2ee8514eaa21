// May this update count? The stateful half of the check before an ack (U3), and the check of a header when it is output.
// Everything that needs no state (signature, canonical bytes) was checked when the block was.

import {
  type ChainId,
  DELTA_CODECS,
  type DeviceId,
  type ModelId,
  type ModelPolicy,
  NORM_UNIT,
  type ProtocolParams,
  type Rejection,
  type Result,
  type Sha256,
  type UpdateDigest,
  type UpdateHeader,
  digestOf,
  encodeUpdateHeader,
  err,
  isSameBytes,
  ok,
  rejection,
} from "@selvedge/integrity";
import { normOf } from "../aggregate/clip.ts";
import type { Delta } from "../aggregate/delta-set.ts";
import type { UpdatePermit } from "../query.ts";
import type { Account } from "./account.ts";
import type { Identity } from "./identity.ts";
import type { Model } from "./model.ts";

/** The parts of the state that authorisation reads. */
export interface AuthorisationView {
  readonly sha256: Sha256;
  readonly chainId: ChainId;
  readonly params: ProtocolParams;
  readonly identity: Identity;
  readonly models: ReadonlyMap<ModelId, Model>;
  readonly accountOf: (device: DeviceId, model: ModelId) => Account | undefined;
  /** It was refused when it was output, and has not been output with more luck since. */
  readonly isRefused: (update: UpdateDigest) => boolean;
}

/** U3: what an honest validator asks of a header before it looks at the payload. */
export function checkUpdate(view: AuthorisationView, header: UpdateHeader): Result<UpdatePermit, Rejection> {
  const model = authoriseHeader(view, header);
  if (!model.ok) return model;
  const sequence = checkSequence(view, header);
  if (!sequence.ok) return sequence;
  const digest = digestOf<UpdateDigest>(view.sha256, "update", encodeUpdateHeader(header));
  const reserved = view.accountOf(header.deviceId, header.modelId)?.reservedFor(header.sequence) ?? digest;
  if (reserved !== digest) return refuse("UPDATE_RESERVED", `of the sequence only update ${reserved} may count`);
  // §11: its header is in the output and does not wait, so an end marker would not list it.
  if (view.isRefused(digest)) return refuse("UPDATE_REFUSED_BEFORE", "it was refused when it was output");
  return permitOf(model.value, header);
}

/** What holds of a header whenever it is output, however late: device, key, model, base, size, codec. */
export function authoriseHeader(view: AuthorisationView, header: UpdateHeader): Result<Model, Rejection> {
  if (header.chainId !== view.chainId) return refuse("UPDATE_CHAIN_MISMATCH", "the update is for another chain");
  const device = view.identity.device(header.deviceId);
  if (device === undefined) return refuse("UPDATE_DEVICE_UNKNOWN", "the device is not enrolled");
  if (!isSameBytes(device.device.publicKey, header.devicePublicKey)) {
    return refuse("UPDATE_KEY_MISMATCH", "the key is not the one that the device is enrolled with");
  }
  const model = view.models.get(header.modelId);
  if (model === undefined) return refuse("UPDATE_MODEL_UNKNOWN", "there is no such model");
  if (model.recordOf(header.baseVersion) === undefined) {
    return refuse("UPDATE_BASE_UNKNOWN", "the base is no version of the model");
  }
  return checkPayloadClaim(view, header, model);
}

function checkPayloadClaim(view: AuthorisationView, header: UpdateHeader, model: Model): Result<Model, Rejection> {
  if (header.payloadBytes < 1 || header.payloadBytes > view.params.payloadMaxBytes) {
    return refuse("UPDATE_PAYLOAD_SIZE", `a payload has 1 to ${view.params.payloadMaxBytes} bytes`);
  }
  if (!DELTA_CODECS.includes(header.codec)) return refuse("UPDATE_CODEC_UNKNOWN", "the codec is not known");
  if (header.sampleCount < 1) return refuse("UPDATE_SAMPLE_COUNT", "an update stands for at least one sample");
  return ok(model);
}

/** U3: the sequence lies in (last closed, last closed + sequenceWindow] and is not closed itself. */
export function checkSequence(view: AuthorisationView, header: UpdateHeader): Result<true, Rejection> {
  const account = view.accountOf(header.deviceId, header.modelId);
  if (account?.isClosed(header.sequence) ?? header.sequence < 1) {
    return refuse("UPDATE_SEQUENCE_CLOSED", `sequence ${header.sequence} is closed`);
  }
  const highest = (account?.lastClosed ?? 0) + view.params.sequenceWindow;
  if (header.sequence > highest) {
    return refuse(
      "UPDATE_SEQUENCE_AHEAD",
      `sequence ${header.sequence} is beyond the window, which ends at ${highest}`,
    );
  }
  return ok(true);
}

function permitOf(model: Model, header: UpdateHeader): Result<UpdatePermit, Rejection> {
  const base = model.recordOf(header.baseVersion)?.record;
  if (base === undefined) return refuse("UPDATE_BASE_UNKNOWN", "the base is no version of the model");
  const { tensors, policy } = model.genesis;
  const currentVersion = model.current.record.version;
  if (currentVersion - base.version > policy.maxStaleness) {
    return refuse("UPDATE_TOO_STALE", `the base is more than ${policy.maxStaleness} versions behind`);
  }
  return ok({
    modelId: model.id,
    tensors,
    policy,
    baseVersion: base.version,
    currentVersion,
    baseWeightsRoot: base.weightsRoot,
  });
}

/** U3: the delta's norm, if it has the model's shape, is finite and respects the model's hard bound. */
export function checkDelta(model: Model | undefined, delta: Delta): Result<number, Rejection> {
  if (model === undefined) return refuse("UPDATE_MODEL_UNKNOWN", "there is no such model");
  const { tensors, policy } = model.genesis;
  const hasShape =
    delta.length === tensors.length &&
    tensors.every(({ shape }, index) => delta[index]?.length === shape.reduce((count, size) => count * size, 1));
  if (!hasShape) return refuse("DELTA_SHAPE", "the delta has other tensors than the model");
  const norm = normOf(delta);
  // Squares of float32 values never overflow float64: a sum that is not finite has a term that is not.
  if (!Number.isFinite(norm)) return refuse("DELTA_NOT_FINITE", "the delta holds NaN or infinity");
  return checkNorm(policy, norm);
}

/** U3, the last part alone: for a host whose worker has decoded the delta and taken its norm (`normOf`). */
export function checkNorm(policy: ModelPolicy, norm: number): Result<number, Rejection> {
  if (norm * NORM_UNIT > policy.normMax) return refuse("DELTA_NORM", "the delta's norm is beyond the model's bound");
  return ok(norm);
}

function refuse(code: string, detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection(code, detail));
}
