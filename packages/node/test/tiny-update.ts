// A device's update to the tiny model of the tests' networks, as a gateway takes it: signed header, payload, chunks.

import {
  type ChainId,
  type PayloadManifest,
  type SignedUpdate,
  type UpdateClaim,
  bytesFromHex,
  encodeDelta,
  payloadManifest,
  sequenceNumber,
  signUpdateClaim,
} from "@selvedge/integrity";
import type { ModelInfo } from "@selvedge/ledger";
import { createNodeSigner, sha256 } from "../src/crypto.ts";
import type { NodeServices } from "../src/daemon/services.ts";
import { tinyWeights } from "./daemon/local-network.ts";

export interface TinyUpdate {
  readonly update: SignedUpdate;
  readonly payload: Uint8Array;
  readonly manifest: PayloadManifest;
  readonly hashes: Uint8Array[];
}

export interface TinyUpdateDraft {
  readonly chainId: ChainId;
  readonly model: ModelInfo;
  readonly chunkBytes: number;
  /** Secret signing key of the device, in hexadecimal. */
  readonly secret: string;
  /** Every element of the delta. */
  readonly value: number;
  readonly sequence?: number;
  readonly claim?: Partial<UpdateClaim>;
}

export function tinyUpdate(draft: TinyUpdateDraft): TinyUpdate {
  const encoded = encodeDelta(tinyWeights(draft.value), "f32");
  if (!encoded.ok) throw new Error(encoded.error.detail);
  const payload = encoded.value;
  const manifest = payloadManifest(sha256, payload, draft.chunkBytes);
  const claim: UpdateClaim = {
    chainId: draft.chainId,
    modelId: draft.model.id,
    baseVersion: draft.model.current.digest,
    sequence: sequenceNumber(draft.sequence ?? 1),
    payloadRoot: manifest.root,
    payloadBytes: manifest.sizeBytes,
    codec: "f32",
    sampleCount: 10,
    ...draft.claim,
  };
  const update = signUpdateClaim(claim, createNodeSigner(bytesFromHex(draft.secret)), sha256);
  return { update, payload, manifest, hashes: manifest.chunkHashes.map((hash) => bytesFromHex(hash)) };
}

/** Hands it to a gateway, payload and all. */
export async function submitTinyUpdate(services: NodeServices, made: TinyUpdate): Promise<void> {
  const taken = await services.submitUpdate(made.update, made.hashes);
  if (!taken.ok) throw new Error(taken.error.detail);
  const stream = await services.openPayload(made.update.digest);
  if (!stream.ok) throw new Error(stream.error.detail);
  await stream.value.write(made.payload);
  const finished = await stream.value.finish();
  if (!finished.ok) throw new Error(finished.error.detail);
}
