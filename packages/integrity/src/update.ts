// A device's signed statement "this payload is my delta to that version" (docs/protocol.md §8, U1). The payload itself
// never stands here: only its root, size and codec.

import type { ChainId, DeviceId, Digest, UpdateDigest, VersionDigest } from "./digest.ts";
import type { ModelId, SequenceNumber } from "./ids.ts";

export type DeltaCodec = "f32" | "f16" | "bf16" | "int8" | "topk";

/** Position is the wire code. */
export const DELTA_CODECS: readonly DeltaCodec[] = ["f32", "f16", "bf16", "int8", "topk"];

export interface UpdateHeader {
  readonly version: 1;
  readonly chainId: ChainId;
  readonly deviceId: DeviceId;
  /** The ed25519 key that signs, so that a header is checked without any state; the ledger checks that it is the device's. */
  readonly devicePublicKey: Uint8Array;
  readonly modelId: ModelId;
  /** Digest of the version record that the delta is relative to. */
  readonly baseVersion: VersionDigest;
  readonly sequence: SequenceNumber;
  /** RFC 6962 root over the payload's chunks. */
  readonly payloadRoot: Digest;
  readonly payloadBytes: number;
  readonly codec: DeltaCodec;
  /** Number of training samples behind the delta; ≥ 1. */
  readonly sampleCount: number;
  /** Salted commitment to the data set, or null. */
  readonly dataSetRoot: Digest | null;
  /** Free-form privacy statement of at most 256 UTF-8 bytes, or null. */
  readonly privacy: string | null;
}

export interface SignedUpdate {
  readonly header: UpdateHeader;
  /** Canonical bytes of the header: what is hashed and signed. */
  readonly headerBytes: Uint8Array;
  readonly digest: UpdateDigest;
  readonly signature: Uint8Array;
  /** Canonical bytes of [headerBytes, signature]: the leaf in a block's updates tree. */
  readonly bytes: Uint8Array;
}

/** Two updates with one key conflict: at most one of them can ever have a receipt. */
export type UpdateKey = string;

export function updateKeyOf(header: UpdateHeader): UpdateKey {
  return `${updateStreamOf(header)}/${header.sequence}`;
}

/** What the keys of one device and model have in common: all before the last slash. */
export function updateStreamOf({ deviceId, modelId }: Pick<UpdateHeader, "deviceId" | "modelId">): string {
  return `${deviceId}/${modelId}`;
}

export interface UpdateKeyParts {
  /** As `updateStreamOf`. */
  readonly stream: string;
  readonly sequence: number;
}

export function updateKeyParts(key: UpdateKey): UpdateKeyParts {
  const end = key.lastIndexOf("/");
  return { stream: key.slice(0, end), sequence: Number(key.slice(end + 1)) };
}

/** The ledger has decided every sequence of the device for the model up to this one: none is ever certified any more. */
export interface ClosedSequences {
  readonly deviceId: DeviceId;
  readonly modelId: ModelId;
  readonly upTo: number;
}
