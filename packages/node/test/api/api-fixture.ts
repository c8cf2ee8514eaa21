// One API server over one node in memory, a raw socket for what no HTTP client would send, and an update to submit.

import { connect } from "node:net";
import {
  type DeltaCodec,
  type SignedUpdate,
  encodeDelta,
  hexFromBytes,
  mustExist,
  payloadManifest,
  portableCrypto,
  sequenceNumber,
  signUpdate,
} from "@selvedge/integrity";
import type { ApiLimits } from "../../src/api/limits.ts";
import { type ApiServer, createApiServer } from "../../src/api/server.ts";
import { SILENT_LOGGER } from "../../src/network/logger.ts";
import { CHUNK_BYTES, MODEL, MemoryNode, deviceName, deviceSigner, weightsAt } from "./memory-node.ts";

export interface ApiFixture {
  readonly node: MemoryNode;
  readonly server: ApiServer;
  readonly get: (path: string, init?: RequestInit) => Promise<Response>;
}

export async function openApi(
  options: { limits?: Partial<ApiLimits>; token?: string; node?: MemoryNode } = {},
): Promise<ApiFixture> {
  const node = options.node ?? new MemoryNode();
  const server = await createApiServer({
    services: node,
    metrics: { text: async () => "selvedge_up 1\n" },
    host: "127.0.0.1",
    port: 0,
    token: options.token ?? null,
    logger: SILENT_LOGGER,
    crypto: portableCrypto,
    limits: { closeGraceMs: 50, ...options.limits },
  });
  return { node, server, get: (path, init) => fetch(`${server.url}${path}`, init) };
}

export interface TestUpdate {
  readonly update: SignedUpdate;
  readonly payload: Uint8Array;
  /** Body of POST /v1/updates. */
  readonly submission: { readonly update: string; readonly chunkHashes: readonly string[] };
}

export function testUpdate(
  node: MemoryNode,
  { device = 0, sequence = 1, value = 1, codec = "f32" as DeltaCodec } = {},
): TestUpdate {
  const delta = encodeDelta(weightsAt(value), codec);
  if (!delta.ok) throw new Error(delta.error.detail);
  const manifest = payloadManifest(portableCrypto.sha256, delta.value, CHUNK_BYTES);
  const signer = deviceSigner(device);
  const update = signUpdate(
    {
      version: 1,
      chainId: node.chainId,
      deviceId: deviceName(device),
      devicePublicKey: signer.publicKey,
      modelId: MODEL,
      baseVersion: mustExist(node.ledger.versions(MODEL).at(0), "version 0 exists").digest,
      sequence: sequenceNumber(sequence),
      payloadRoot: manifest.root,
      payloadBytes: delta.value.length,
      codec,
      sampleCount: 10,
      dataSetRoot: null,
      privacy: null,
    },
    signer,
    portableCrypto.sha256,
  );
  return {
    update,
    payload: delta.value,
    submission: { update: hexFromBytes(update.bytes), chunkHashes: manifest.chunkHashes },
  };
}

export const jsonPost = (body: unknown): RequestInit => ({
  method: "POST",
  headers: { "content-type": "application/json" },
  body: typeof body === "string" ? body : JSON.stringify(body),
});

export const bytesOf = (
  method: "POST" | "PUT",
  body: Uint8Array,
  headers: Record<string, string> = {},
): RequestInit => ({
  method,
  headers: { "content-type": "application/octet-stream", ...headers },
  body: new Uint8Array(body),
});

/** Sends text as it is and resolves with all that came back once the server closed the connection. */
export async function rawExchange(port: number, text: string, keepSending?: string): Promise<string> {
  return new Promise((resolve) => {
    let received = "";
    const socket = connect({ host: "127.0.0.1", port });
    const pump = (): void => {
      if (keepSending === undefined || socket.destroyed || !socket.writable) return;
      if (socket.write(keepSending)) setImmediate(pump);
      else socket.once("drain", pump);
    };
    socket.on("data", (piece) => (received += piece.toString("latin1")));
    socket.on("error", () => undefined);
    socket.on("close", () => resolve(received));
    socket.write(text);
    pump();
  });
}
