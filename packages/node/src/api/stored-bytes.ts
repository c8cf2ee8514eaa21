// Serves a stored payload or weights file by its root: whole or one range, chunk by chunk as the client reads. The root
// is the content's name, so it is a strong validator. The first piece is read before the status is sent: what is damaged
// on disk is an error, not a short file.

import type { Digest } from "@selvedge/integrity";
import { type ByteRange, parseByteRange } from "./byte-range.ts";
import { notFound } from "./problem.ts";
import { type Answer, BYTES_TYPE, type Exchange } from "./route.ts";

export interface StoredBytes {
  readonly root: Digest;
  /** False under a name whose content changes ("latest"). */
  readonly isImmutable: boolean;
}

export async function serveStoredBytes(exchange: Exchange, { root, isImmutable }: StoredBytes): Promise<Answer> {
  const { request } = exchange;
  const { services } = exchange.context;
  const sizeBytes = await services.payloadSize(root);
  if (sizeBytes === undefined) return { ...notFound("PAYLOAD_UNKNOWN", "not stored here"), retryable: true };
  const etag = `"${root}"`;
  const headers = {
    etag,
    "accept-ranges": "bytes",
    "cache-control": isImmutable ? "private, max-age=31536000, immutable" : "no-cache",
  };
  if (matchesEtag(request.headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers });
  const range = parseByteRange(rangeHeader(request.headers, etag), sizeBytes);
  if (!range.ok) return range.error;
  const { from, to } = range.value ?? { from: 0, to: sizeBytes };
  const lengths = { "content-type": BYTES_TYPE, "content-length": String(to - from) };
  const content = range.value === undefined ? {} : { "content-range": `bytes ${from}-${to - 1}/${sizeBytes}` };
  // A HEAD is answered without touching the disk.
  const body = request.method === "HEAD" ? null : await openStream(exchange, root, { from, to });
  return new Response(body, {
    status: range.value === undefined ? 200 : 206,
    headers: { ...headers, ...lengths, ...content },
  });
}

/** A range that is conditional on other content than ours asks for everything. */
function rangeHeader(headers: Headers, etag: string): string | null {
  const condition = headers.get("if-range");
  return condition === null || condition === etag ? headers.get("range") : null;
}

function matchesEtag(header: string | null, etag: string): boolean {
  if (header === null) return false;
  return header.split(",").some((candidate) => candidate.trim().replace(/^W\//u, "") === etag);
}

async function openStream(
  { context, abort }: Exchange,
  root: Digest,
  { from, to }: ByteRange,
): Promise<ReadableStream<Uint8Array> | null> {
  if (from === to) return null;
  const iterator = context.services.readPayload(root, from, to)[Symbol.asyncIterator]();
  let ready: IteratorResult<Uint8Array, unknown> | undefined = await iterator.next();
  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    const piece = ready ?? (await iterator.next());
    ready = undefined;
    if (piece.done === true) controller.close();
    else controller.enqueue(piece.value);
  };
  const breakOff = (cause: unknown): void => {
    context.logger.error({ root, cause: String(cause) }, "a stored payload could not be read to its end");
    abort();
  };
  return new ReadableStream<Uint8Array>(
    {
      pull: (controller) => pull(controller).catch(breakOff),
      cancel: async () => {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
