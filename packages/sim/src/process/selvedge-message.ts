// What our nodes say to one another in the world, as bodies of envelopes. Blocks are shared objects that carry their bytes;
// a receiver takes none that does not pass `verifyBlock`. Sizes are those on the wire.

import type { FetchRangeEffect, NewestAnswer } from "@selvedge/consensus";
import type { BlockRef, Digest, VerifiedBlock } from "@selvedge/integrity";
import type { OutgoingMessage } from "../protocol/message.ts";

export type SelvedgeBody =
  /** Pushed, or an answer to the fetch with this id. */
  | { readonly type: "blocks"; readonly blocks: readonly VerifiedBlock[]; readonly fetchId: number | null }
  | { readonly type: "fetch"; readonly fetchId: number; readonly refs: readonly BlockRef[] }
  | { readonly type: "fetchRange"; readonly fetchId: number; readonly rounds: AskedRounds }
  /** For the newest blocks by the asker and by the asked. */
  | { readonly type: "newestRequest" }
  | ({ readonly type: "newest" } & NewestAnswer)
  | { readonly type: "payload"; readonly payload: Uint8Array }
  | { readonly type: "payloadRequest"; readonly root: Digest }
  /** Blocks as bytes that nobody has looked at: damaged on the way, or made up. */
  | { readonly type: "bytes"; readonly bytes: Uint8Array };

export type AskedRounds = Pick<FetchRangeEffect, "fromRound" | "toRound" | "author">;

const FRAME_BYTES = 24;
const REF_BYTES = 44;

export function isSelvedgeBody(body: unknown): body is SelvedgeBody {
  return typeof body === "object" && body !== null && "type" in body;
}

export function blocksMessage(
  to: number,
  blocks: readonly VerifiedBlock[],
  options: { readonly fetchId: number | null; readonly extraBytesOf: (block: VerifiedBlock) => number },
): OutgoingMessage {
  let sizeBytes = FRAME_BYTES;
  for (const block of blocks) sizeBytes += block.bytes.length + options.extraBytesOf(block);
  const body: SelvedgeBody = { type: "blocks", blocks, fetchId: options.fetchId };
  return { to, kind: options.fetchId === null ? "blocks" : "answer", sizeBytes, body };
}

export function fetchMessage(to: number, fetchId: number, refs: readonly BlockRef[]): OutgoingMessage {
  const body: SelvedgeBody = { type: "fetch", fetchId, refs };
  return { to, kind: "fetch", sizeBytes: FRAME_BYTES + refs.length * REF_BYTES, body };
}

export function rangeMessage(to: number, fetchId: number, rounds: AskedRounds): OutgoingMessage {
  const body: SelvedgeBody = { type: "fetchRange", fetchId, rounds };
  return { to, kind: "fetchRange", sizeBytes: FRAME_BYTES + 16, body };
}

export function newestRequestMessage(to: number): OutgoingMessage {
  const body: SelvedgeBody = { type: "newestRequest" };
  return { to, kind: "newestRequest", sizeBytes: FRAME_BYTES, body };
}

export function newestMessage(to: number, answer: NewestAnswer): OutgoingMessage {
  const body: SelvedgeBody = { type: "newest", ...answer };
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
