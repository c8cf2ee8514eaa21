// Payloads and weights on disk: chunks under their root, with the manifest beside them once all chunks are there. A
// manifest on disk therefore means a whole payload. Every chunk read is checked against the manifest again.

import {
  type Digest,
  type Sha256,
  type Store,
  StoreError,
  type StoreOp,
  type VerifiedManifest,
  chunkCount,
  chunkOf,
  digestFromBytes,
  digestToBytes,
  payloadManifest,
  verifyChunk,
  verifyManifest,
  wireInteger,
} from "@selvedge/integrity";
import { chunkKey, manifestKey } from "./keys.ts";
import { bytesField, countField, decodeTuple, encodeTuple } from "./stored-tuple.ts";

export class PayloadStore {
  readonly #store: Store;
  readonly #sha256: Sha256;

  constructor(store: Store, sha256: Sha256) {
    this.#store = store;
    this.#sha256 = sha256;
  }

  async putChunk(root: Digest, index: number, bytes: Uint8Array): Promise<void> {
    await this.#store.batch([{ type: "put", space: "payload", key: chunkKey(root, index), value: bytes }], {
      sync: false,
    });
  }

  /** Marks the payload as whole; all its chunks were put before. */
  async putManifest(manifest: VerifiedManifest): Promise<void> {
    const value = encodeTuple([
      wireInteger(manifest.sizeBytes),
      wireInteger(manifest.chunkBytes),
      manifest.chunkHashes.map(digestToBytes),
    ]);
    await this.#store.batch([{ type: "put", space: "payload", key: manifestKey(manifest.root), value }], {
      sync: false,
    });
  }

  /** Stores bytes of our own making (weights) under their root. */
  async putWhole(bytes: Uint8Array, chunkBytes: number): Promise<VerifiedManifest> {
    const manifest = payloadManifest(this.#sha256, bytes, chunkBytes);
    const ops: StoreOp[] = manifest.chunkHashes.map((_, index) => ({
      type: "put",
      space: "payload",
      key: chunkKey(manifest.root, index),
      value: chunkOf(bytes, manifest, index).bytes,
    }));
    await this.#store.batch(ops, { sync: false });
    await this.putManifest(manifest);
    return manifest;
  }

  /** Undefined unless the payload is whole. */
  async manifest(root: Digest): Promise<VerifiedManifest | undefined> {
    const stored = await this.#store.get("payload", manifestKey(root));
    if (stored === undefined) return undefined;
    const [sizeBytes, chunkBytes, hashes] = decodeTuple(stored, "payload manifest", 3);
    const chunkHashes = (Array.isArray(hashes) ? hashes : []).map((hash) =>
      digestFromBytes(bytesField(hash, "payload manifest")),
    );
    const manifest = verifyManifest(this.#sha256, {
      root,
      sizeBytes: countField(sizeBytes, "payload manifest"),
      chunkBytes: countField(chunkBytes, "payload manifest"),
      chunkHashes,
    });
    if (!manifest.ok)
      throw damaged(manifestKey(root), `the manifest of payload ${root} does not hold: ${manifest.error.detail}`);
    return manifest.value;
  }

  /** One chunk, checked; undefined if it is not there. */
  async chunk(manifest: VerifiedManifest, index: number): Promise<Uint8Array | undefined> {
    const bytes = await this.#store.get("payload", chunkKey(manifest.root, index));
    if (bytes === undefined) return undefined;
    const verdict = verifyChunk(this.#sha256, manifest, { index, bytes });
    if (!verdict.ok)
      throw damaged(
        chunkKey(manifest.root, index),
        `chunk ${index} of payload ${manifest.root} does not hold: ${verdict.error.detail}`,
      );
    return bytes;
  }

  /** The whole payload, checked chunk by chunk; undefined if it is not whole. */
  async whole(root: Digest): Promise<Uint8Array | undefined> {
    const manifest = await this.manifest(root);
    if (manifest === undefined) return undefined;
    const payload = new Uint8Array(manifest.sizeBytes);
    for (let index = 0; index < chunkCount(manifest); index += 1) {
      payload.set(await this.mustChunk(manifest, index), index * manifest.chunkBytes);
    }
    return payload;
  }

  /** A chunk of a payload that is whole: its absence is damage. */
  async mustChunk(manifest: VerifiedManifest, index: number): Promise<Uint8Array> {
    const bytes = await this.chunk(manifest, index);
    if (bytes === undefined)
      throw damaged(chunkKey(manifest.root, index), `chunk ${index} of payload ${manifest.root} is missing`);
    return bytes;
  }
}

/** As if the seal were broken: the next start has it given back by others. */
function damaged(key: string, message: string): StoreError {
  return new StoreError("STORE_CORRUPT", message, { space: "payload", key });
}
