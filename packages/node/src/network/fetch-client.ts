// Our requests: one stream each, one frame out, one frame in, a deadline, and the caller's signal. Answers that do not
// decode, or that answer something else, are RESPONSE_INVALID and cost the peer.

import { framed, FrameReader, writeBytes } from "./frame-stream.ts";
import { type NetworkLimits, RESPONSE_FRAME_MAX_BYTES } from "./limits.ts";
import type { Link } from "./link.ts";
import { NetworkError } from "./network-error.ts";
import { FETCH_PROTOCOL } from "./protocols.ts";
import { reasonOf } from "./supervise.ts";
import { type WireResponse, decodeResponse } from "./wire.ts";

export interface FetchOptions {
  readonly limits: NetworkLimits;
  readonly signal: AbortSignal;
}

export async function fetchFrom(link: Link, request: Uint8Array, options: FetchOptions): Promise<WireResponse> {
  const exchanged = link.requests.run(async () => {
    const timeout = AbortSignal.timeout(options.limits.requestTimeoutMs);
    const signal = AbortSignal.any([options.signal, timeout]);
    try {
      signal.throwIfAborted();
      return await exchange(link, request, { limits: options.limits, signal });
    } catch (error) {
      throw asNetworkError(error, { isTimeout: timeout.aborted, isAborted: options.signal.aborted });
    }
  }, options.signal);
  const response = await exchanged.catch((error: unknown) => {
    throw error instanceof NetworkError ? error : asNetworkError(error, { isTimeout: false, isAborted: true });
  });
  const decoded = decodeResponse(response);
  if (!decoded.ok) throw new NetworkError("RESPONSE_INVALID", decoded.error.detail);
  if (decoded.value.type === "busy") throw new NetworkError("PEER_BUSY", "the peer serves too many others now");
  return decoded.value;
}

async function exchange(link: Link, request: Uint8Array, { limits, signal }: FetchOptions): Promise<Uint8Array> {
  const { connection } = link;
  if (connection === null) throw new NetworkError("PEER_UNREACHABLE", `${link.key} is not connected`);
  const stream = await connection.newStream(FETCH_PROTOCOL, { signal });
  const onAbort = (): void => stream.abort(new Error("the request is over"));
  signal.addEventListener("abort", onAbort);
  try {
    const reader = new FrameReader(stream, RESPONSE_FRAME_MAX_BYTES);
    const bytes = framed(request);
    await writeBytes(stream, bytes, limits.requestTimeoutMs);
    const frame = await reader.next();
    link.exchangedBytes += bytes.length;
    link.receivedBytes += reader.receivedBytes;
    if (!frame.ok) throw new NetworkError("RESPONSE_INVALID", frame.error.detail);
    if (frame.value === null) throw new NetworkError("PEER_UNREACHABLE", `${link.key} ended the stream`);
    return frame.value;
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Nothing more is wanted; a reset frees both ends at once.
    if (stream.status === "open") stream.abort(new Error("the request is over"));
  }
}

function asNetworkError(error: unknown, cause: { isTimeout: boolean; isAborted: boolean }): NetworkError {
  if (cause.isAborted) return new NetworkError("REQUEST_ABORTED", "the caller gave up", { cause: error });
  if (cause.isTimeout) return new NetworkError("REQUEST_TIMEOUT", "no answer in time", { cause: error });
  if (error instanceof NetworkError) return error;
  return new NetworkError("PEER_UNREACHABLE", reasonOf(error), { cause: error });
}
