// A device as the benchmark simulates it: signs updates to the newest version that it heard of and uploads them. Each
// payload differs from every other in one element, so nothing is ever deduplicated.

import {
  type ChainId,
  type GenesisModel,
  type Signer,
  type SignedUpdate,
  type VersionDigest,
  encodeDelta,
  hexFromBytes,
  leafHashes,
  mustExist,
  payloadRoot,
  sequenceNumber,
  signUpdateClaim,
  weightsOf,
} from "@selvedge/integrity";
import { sha256 } from "@selvedge/node";

export interface DeviceSetup {
  readonly chainId: ChainId;
  readonly model: GenesisModel;
  readonly chunkBytes: number;
  readonly signer: Signer;
  readonly number: number;
}

export interface MadeUpdate {
  readonly update: SignedUpdate;
  readonly chunkHashes: readonly Uint8Array[];
  readonly payload: Uint8Array;
}

export class Device {
  readonly #setup: DeviceSetup;
  #sequence = 0;

  constructor(setup: DeviceSetup) {
    this.#setup = setup;
  }

  nextUpdate(baseVersion: VersionDigest): MadeUpdate {
    const { chainId, model, chunkBytes, signer } = this.#setup;
    this.#sequence += 1;
    const payload = this.#payload();
    const update = signUpdateClaim(
      {
        chainId,
        modelId: model.id,
        baseVersion,
        sequence: sequenceNumber(this.#sequence),
        payloadRoot: payloadRoot(sha256, payload, chunkBytes),
        payloadBytes: payload.length,
        codec: "f32",
        sampleCount: 1,
      },
      signer,
      sha256,
    );
    return { update, chunkHashes: leafHashes(sha256, chunksOf(payload, chunkBytes)), payload };
  }

  #payload(): Uint8Array {
    const { model, number } = this.#setup;
    const { name, shape } = mustExist(model.tensors[0], "the model has one tensor");
    const values = new Float32Array(shape[0] ?? 0).fill(1e-3);
    values[0] = number + 1;
    values[1] = this.#sequence;
    const payload = encodeDelta(weightsOf([{ name, shape, values }]), "f32");
    if (!payload.ok) throw new Error(payload.error.detail);
    return payload.value;
  }
}

function chunksOf(payload: Uint8Array, chunkBytes: number): Uint8Array[] {
  const count = Math.ceil(payload.length / chunkBytes);
  return Array.from({ length: count }, (_, index) => payload.subarray(index * chunkBytes, (index + 1) * chunkBytes));
}

/** Uploads header and payload; rejects with what the gateway said. */
export async function upload(apiUrl: string, { update, chunkHashes, payload }: MadeUpdate): Promise<void> {
  const submission = JSON.stringify({ update: hexFromBytes(update.bytes), chunkHashes: chunkHashes.map(hexFromBytes) });
  await send(`${apiUrl}/v1/updates`, { method: "POST", type: "application/json", body: submission });
  const body = new Uint8Array(payload);
  await send(`${apiUrl}/v1/updates/${update.digest}/payload`, {
    method: "PUT",
    type: "application/octet-stream",
    body,
  });
}

interface Sending {
  readonly method: string;
  readonly type: string;
  readonly body: string | Uint8Array<ArrayBuffer>;
}

async function send(url: string, { method, type, body }: Sending): Promise<void> {
  const response = await fetch(url, { method, headers: { "content-type": type }, body });
  const text = await response.text();
  if (!response.ok) throw new Error(`HTTP ${response.status}: ${text.slice(0, 200)}`);
}
