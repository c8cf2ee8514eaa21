// Canonical bytes of signed update headers (docs/protocol.md §8, U1): made by devices, read by gateways, and as leaves of
// a block's updates tree by everybody. Whether the key is the device's is the ledger's question, not asked here.

import type { Crypto, Sha256, Signer } from "../crypto/port.ts";
import { type DeviceId, type UpdateDigest, digestOf, digestToBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { isModelId, modelId, sequenceNumber } from "../ids.ts";
import { PRIVACY_MAX_BYTES, SIGNED_UPDATE_MAX_BYTES } from "../limits.ts";
import { type Result, err, ok } from "../result.ts";
import { DELTA_CODECS, type SignedUpdate, type UpdateHeader } from "../update.ts";
import { FieldReader, type RecordShape } from "./fields.ts";
import { type WireValue, decode, encode, wireInteger } from "./msgpack.ts";

const PUBLIC_KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const MODEL_ID_MAX_BYTES = 64;
const POSITIVE = { min: 1, max: Number.MAX_SAFE_INTEGER };

export const UPDATE_SHAPE: RecordShape = { name: "signed update", fieldCount: 2 };
const HEADER_SHAPE: RecordShape = { name: "update header", fieldCount: 13 };

/** A device is named by the key it was enrolled with, for good: whoever counts its updates can tell from a header alone. */
export function deviceIdOf(sha256: Sha256, enrolmentKey: Uint8Array): DeviceId {
  return digestOf<DeviceId>(sha256, "device", enrolmentKey);
}

export function encodeUpdateHeader(header: UpdateHeader): Uint8Array {
  return encode([
    header.version,
    digestToBytes(header.chainId),
    digestToBytes(header.deviceId),
    header.devicePublicKey,
    header.modelId,
    digestToBytes(header.baseVersion),
    wireInteger(header.sequence),
    digestToBytes(header.payloadRoot),
    wireInteger(header.payloadBytes),
    DELTA_CODECS.indexOf(header.codec),
    wireInteger(header.sampleCount),
    header.dataSetRoot === null ? null : digestToBytes(header.dataSetRoot),
    header.privacy,
  ]);
}

/** Signs with the device's key; the signature is over the 32 bytes of the header's digest. */
export function signUpdate(header: UpdateHeader, signer: Signer, sha256: Sha256): SignedUpdate {
  const headerBytes = encodeUpdateHeader(header);
  const digest = digestOf<UpdateDigest>(sha256, "update", headerBytes);
  const signature = signer.sign(digestToBytes(digest));
  return { header, headerBytes, digest, signature, bytes: encode([headerBytes, signature]) };
}

/** What a device says in an update; the rest of the header follows from the key that it was enrolled with. */
export type UpdateClaim = Omit<UpdateHeader, "version" | "deviceId" | "devicePublicKey" | "dataSetRoot" | "privacy"> &
  Partial<Pick<UpdateHeader, "dataSetRoot" | "privacy">>;

/** The signed update of a device that still has the key it was enrolled with. */
export function signUpdateClaim(claim: UpdateClaim, signer: Signer, sha256: Sha256): SignedUpdate {
  const { publicKey } = signer;
  const own = { version: 1, deviceId: deviceIdOf(sha256, publicKey), devicePublicKey: publicKey } as const;
  return signUpdate({ dataSetRoot: null, privacy: null, ...claim, ...own }, signer, sha256);
}

export function decodeSignedUpdate(bytes: Uint8Array, sha256: Sha256): Result<SignedUpdate, Rejection> {
  const wire = decode(bytes, { bytesMax: SIGNED_UPDATE_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, UPDATE_SHAPE);
  const read = readUpdateEnvelope(fields);
  const envelope = fields.finish(() => read);
  return envelope.ok ? completeUpdate(envelope.value, sha256) : envelope;
}

/** [headerBytes, signature]: what a block's body carries. */
export interface UpdateEnvelope {
  readonly headerBytes: Uint8Array;
  readonly signature: Uint8Array;
}

export function readUpdateEnvelope(fields: FieldReader): UpdateEnvelope {
  return {
    headerBytes: fields.bytesUpTo("header", SIGNED_UPDATE_MAX_BYTES),
    signature: fields.bytes("signature", SIGNATURE_BYTES),
  };
}

/** Decodes the header inside an envelope that has the right shape. */
export function completeUpdate(envelope: UpdateEnvelope, sha256: Sha256): Result<SignedUpdate, Rejection> {
  const { headerBytes, signature } = envelope;
  const header = decodeUpdateHeader(headerBytes);
  if (!header.ok) return header;
  const digest = digestOf<UpdateDigest>(sha256, "update", headerBytes);
  return ok({ header: header.value, headerBytes, digest, signature, bytes: encode(updateWire(envelope)) });
}

export function updateWire({ headerBytes, signature }: UpdateEnvelope): WireValue {
  return [headerBytes, signature];
}

/** The signature alone: nothing here needs state. */
export function verifyUpdate(update: SignedUpdate, crypto: Crypto): Result<SignedUpdate, Rejection> {
  const isGood = crypto.verify(update.header.devicePublicKey, digestToBytes(update.digest), update.signature);
  return isGood ? ok(update) : err(rejection("UPDATE_SIGNATURE", `update ${update.digest} is not signed by its key`));
}

export function decodeUpdateHeader(bytes: Uint8Array): Result<UpdateHeader, Rejection> {
  const wire = decode(bytes, { bytesMax: SIGNED_UPDATE_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, HEADER_SHAPE);
  const header = readHeader(fields);
  return fields.finish(() => header);
}

function readHeader(fields: FieldReader): UpdateHeader {
  fields.integer("version", { min: 1, max: 1 });
  return {
    version: 1,
    chainId: fields.digest("chainId"),
    deviceId: fields.digest("deviceId"),
    devicePublicKey: fields.bytes("devicePublicKey", PUBLIC_KEY_BYTES),
    modelId: readModelId(fields),
    baseVersion: fields.digest("baseVersion"),
    sequence: sequenceNumber(fields.integer("sequence", POSITIVE)),
    payloadRoot: fields.digest("payloadRoot"),
    payloadBytes: fields.integer("payloadBytes", POSITIVE),
    codec: fields.choice("codec", DELTA_CODECS, "f32"),
    sampleCount: fields.integer("sampleCount", POSITIVE),
    dataSetRoot: fields.digestOrNull("dataSetRoot"),
    privacy: fields.textOrNull("privacy", PRIVACY_MAX_BYTES),
  };
}

/** Also used for the model ids of version records. */
export function readModelId(fields: FieldReader): UpdateHeader["modelId"] {
  const text = fields.text("modelId", MODEL_ID_MAX_BYTES);
  if (isModelId(text)) return modelId(text);
  fields.fail("FIELD_OUT_OF_RANGE", "modelId: not a model's slug");
  return modelId("none");
}
