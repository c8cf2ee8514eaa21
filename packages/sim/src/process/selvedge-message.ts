// What our nodes say to one another in the world, as bodies of envelopes. Blocks are shared objects that carry their bytes;
// a receiver takes none that does not pass `verifyBlock`. Sizes are those on the wire.

import type { FetchEffect, FetchRangeEffect, NewestAnswer } from "@selvedge/consensus";
import type { BlockRef, Digest, VerifiedBlock } from "@selvedge/integrity";
import type { OutgoingMessage } from "../protocol/message.ts";

export type SelvedgeBody =
  /** Pushed, or the answer to this request. */
  | { readonly type: "blocks"; readonly blocks: readonly VerifiedBlock[]; readonly request: RequestId | null }
  | { readonly type: "fetch"; readonly request: RequestId; readonly refs: readonly BlockRef[] }
  | { readonly type: "fetchRange"; readonly request: RequestId; readonly rounds: AskedRounds }
  /** For the newest blocks by the asker and by the asked. */
  | { readonly type: "newestRequest"; readonly life: number }
  | ({ readonly type: "newest"; readonly life: number } & NewestAnswer)
  | { readonly type: "payload"; readonly payload: Uint8Array }
  | { readonly type: "payloadRequest"; readonly root: Digest }
  /** Blocks as bytes that nobody has looked at: damaged on the way, or made up. */
  | { readonly type: "bytes"; readonly bytes: Uint8Array };

/**
 * An answer is for the process that asked, as the daemon's is for the stream of its request: neither for the same node
 * after a restart nor for its twin, whose requests have the same numbers.
 */
export interface RequestId {
  /** Of the process that asked: no two processes of a run have the same. */
  readonly life: number;
  readonly fetchId: number;
}

export type AskedRounds = Pick<FetchRangeEffect, "fromRound" | "toRound" | "author">;

const FRAME_BYTES = 24;
const REF_BYTES = 44;

export function isSelvedgeBody(body: unknown): body is SelvedgeBody {
  return typeof body === "object" && body !== null && "type" in body;
}

/** False for an answer to what another process asked: an earlier one of the node, or its twin. */
export function isFor(life: number, body: SelvedgeBody): boolean {
  if (body.type === "newest") return body.life === life;
  return body.type !== "blocks" || body.request === null || body.request.life === life;
}

export function blocksMessage(
  to: number,
  blocks: readonly VerifiedBlock[],
  options: { readonly request: RequestId | null; readonly extraBytesOf: (block: VerifiedBlock) => number },
): OutgoingMessage {
  let sizeBytes = FRAME_BYTES;
  for (const block of blocks) sizeBytes += block.bytes.length + options.extraBytesOf(block);
  const body: SelvedgeBody = { type: "blocks", blocks, request: options.request };
  return { to, kind: options.request === null ? "blocks" : "answer", sizeBytes, body };
}

/** Asks for blocks, on behalf of the process of this life. */
export function requestMessage(to: number, effect: FetchEffect | FetchRangeEffect, life: number): OutgoingMessage {
  const request = { life, fetchId: effect.fetchId };
  if (effect.type === "fetch") {
    const body: SelvedgeBody = { type: "fetch", request, refs: effect.refs };
    return { to, kind: "fetch", sizeBytes: FRAME_BYTES + effect.refs.length * REF_BYTES, body };
  }
  const body: SelvedgeBody = { type: "fetchRange", request, rounds: effect };
  return { to, kind: "fetchRange", sizeBytes: FRAME_BYTES + 16, body };
}

export function newestRequestMessage(to: number, life: number): OutgoingMessage {
  const body: SelvedgeBody = { type: "newestRequest", life };
  return { to, kind: "newestRequest", sizeBytes: FRAME_BYTES, body };
}

export function newestMessage(to: number, life: number, answer: NewestAnswer): OutgoingMessage {
  const body: SelvedgeBody = { type: "newest", life, ...answer };
  const blocks = [answer.ours, answer.theirs];
  const sizeBytes = blocks.reduce((sum, block) => sum + (block?.bytes.length ?? 0), FRAME_BYTES);
  return { to, kind: "newest", sizeBytes, body };
}

export function payloadMessage(to: number, payload: Uint8Array): OutgoingMessage {
  const body: SelvedgeBody = { type: "payload", payload };
  return { to, kind: "payload", sizeBytes: FRAME_BYTES + payload.length, body };
}

export function payloadRequestMessage(to: number, root: Digest): OutgoingMessage {
  const body: SelvedgeBody = { type: "payloadRequest", root };
  return { to, kind: "payloadRequest", sizeBytes: FRAME_BYTES + 32, body };
}

export function bytesMessage(to: number, bytes: Uint8Array): OutgoingMessage {
  const body: SelvedgeBody = { type: "bytes", bytes };
  return { to, kind: "bytes", sizeBytes: FRAME_BYTES + bytes.length, body };
}
