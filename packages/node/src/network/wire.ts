// The frames of the network: block pushes, payload offers and chunks, requests and responses. Fixed-width fields, every
// list and length bounded; decoders answer a Result and copy what they keep. Framing itself is frame-stream.ts.

import {
  BLOCK_MAX_BYTES,
  type BlockDigest,
  type BlockRef,
  DIGEST_SIZE_BYTES,
  PAYLOAD_CHUNK_MAX_BYTES,
  type Digest,
  type Rejection,
  type Result,
  SIGNED_UPDATE_MAX_BYTES,
  type SignedUpdate,
  digestFromBytes,
  digestToBytes,
  err,
  ok,
  rejection,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { ByteReader, ByteWriter } from "./byte-cursor.ts";
import {
  BLOCKS_PER_RESPONSE_MAX,
  BLOCK_FRAME_MAX_BYTES,
  CHUNKS_PER_PAYLOAD_MAX,
  REFS_PER_REQUEST_MAX,
} from "./limits.ts";
import type {
  BlockRequest,
  ChainAnswer,
  ChainRequest,
  PayloadChunk,
  PayloadOffer,
  PayloadPortion,
  PayloadRequest,
} from "./transport.ts";
import { encodeChainAnswer, readChainAnswer, readChainRequest } from "./wire-chain.ts";

export type DecodeUpdate = (bytes: Uint8Array) => Result<SignedUpdate, Rejection>;

export type PayloadMessage =
  | { readonly type: "offer"; readonly offer: PayloadOffer }
  | { readonly type: "chunk"; readonly chunk: PayloadChunk };

export type WireRequest =
  | { readonly type: "blocks"; readonly request: BlockRequest }
  | { readonly type: "payload"; readonly request: PayloadRequest }
  | { readonly type: "chain"; readonly request: ChainRequest };

export type WireResponse =
  | { readonly type: "blocks"; readonly blocks: readonly Uint8Array[] }
  | { readonly type: "payload"; readonly portion: PayloadPortion }
  | { readonly type: "chain"; readonly answer: ChainAnswer }
  /** Nothing under that name here. */
  | { readonly type: "empty" }
  | { readonly type: "busy" };

const OFFER = 1;
const CHUNK = 2;
const BLOCKS_BY_REF = 1;
const BLOCKS_BY_ROUND = 2;
const PAYLOAD = 3;
const EMPTY = 4;
const BUSY = 5;
/** Those between are wire-chain.ts'. */
const BLOCKS_OF_AUTHOR = 11;

/** What may be pushed, gossiped or served: a peer would be right to score anything else down. */
export function isBlockSized(block: Uint8Array): boolean {
  return block.length > 0 && block.length <= BLOCK_MAX_BYTES;
}

export function encodeBlocks(blocks: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  return writer.list(blocks, (block) => writer.block(block)).finish();
}

export function decodeBlocks(bytes: Uint8Array): Result<readonly Uint8Array[], Rejection> {
  const reader = new ByteReader(bytes);
  // No more blocks than a frame of empty ones could hold; each is at least its length field.
  const blocks = reader.list(BLOCK_FRAME_MAX_BYTES / 4, () => reader.block(BLOCK_MAX_BYTES));
  if (blocks.some((block) => block.length === 0)) return malformed("an empty block");
  return reader.isComplete ? ok(blocks) : malformed("a block list that does not fill its frame");
}

export function encodeOffer(offer: PayloadOffer): Uint8Array {
  const writer = new ByteWriter().uint8(OFFER).block(offer.update.bytes);
  return writer.list(offer.chunkHashes, (hash) => writer.bytes(hash)).finish();
}

export function encodeChunk(chunk: PayloadChunk): Uint8Array {
  const writer = new ByteWriter().uint8(CHUNK);
  return writer.bytes(digestToBytes(chunk.root)).uint32(chunk.index).block(chunk.bytes).finish();
}

export function decodePayloadMessage(bytes: Uint8Array, decodeUpdate: DecodeUpdate): Result<PayloadMessage, Rejection> {
  const reader = new ByteReader(bytes);
  const kind = reader.uint8();
  if (kind === OFFER) return decodeOffer(reader, decodeUpdate);
  if (kind !== CHUNK) return malformed(`payload message of kind ${kind}`);
  const chunk = readChunk(reader);
  if (!reader.isComplete || chunk === undefined) return malformed("a chunk that does not fill its frame");
  return ok({ type: "chunk", chunk });
}

function decodeOffer(reader: ByteReader, decodeUpdate: DecodeUpdate): Result<PayloadMessage, Rejection> {
  const updateBytes = reader.block(SIGNED_UPDATE_MAX_BYTES);
  const chunkHashes = readHashes(reader);
  if (!reader.isComplete) return malformed("an offer that does not fill its frame");
  const update = decodeUpdate(updateBytes);
  if (!update.ok) return update;
  return ok({ type: "offer", offer: { update: update.value, chunkHashes } });
}

export function encodeBlockRequest(request: BlockRequest): Uint8Array {
  const writer = new ByteWriter();
  if (request.type === "rounds") {
    return writer.uint8(BLOCKS_BY_ROUND).count(request.fromRound).count(request.toRound).finish();
  }
  if (request.type === "roundsOf") {
    writer.uint8(BLOCKS_OF_AUTHOR).uint32(request.author);
    return writer.count(request.fromRound).count(request.toRound).finish();
  }
  writer.uint8(BLOCKS_BY_REF);
  return writer
    .list(request.refs, (ref) => writer.count(ref.round).uint32(ref.author).bytes(digestToBytes(ref.digest)))
    .finish();
}

export function encodePayloadRequest(request: PayloadRequest): Uint8Array {
  const writer = new ByteWriter().uint8(PAYLOAD).bytes(digestToBytes(request.root));
  return writer.uint32(request.fromChunk).uint32(request.count).finish();
}

export function decodeRequest(bytes: Uint8Array): Result<WireRequest, Rejection> {
  const reader = new ByteReader(bytes);
  const request = readRequest(reader, reader.uint8());
  return request !== undefined && reader.isComplete ? ok(request) : malformed("a request");
}

function readRequest(reader: ByteReader, kind: number): WireRequest | undefined {
  if (kind === BLOCKS_BY_REF) {
    const refs = reader.list(REFS_PER_REQUEST_MAX, () => readRef(reader));
    const known = refs.filter((ref) => ref !== undefined);
    return known.length === refs.length ? { type: "blocks", request: { type: "refs", refs: known } } : undefined;
  }
  if (kind === BLOCKS_BY_ROUND || kind === BLOCKS_OF_AUTHOR) return readRoundsRequest(reader, kind);
  if (kind !== PAYLOAD) {
    const request = readChainRequest(reader, kind);
    return request === undefined ? undefined : { type: "chain", request };
  }
  const root = readDigest(reader);
  const fromChunk = reader.uint32();
  const count = reader.uint32();
  return root === undefined ? undefined : { type: "payload", request: { root, fromChunk, count } };
}

function readRoundsRequest(reader: ByteReader, kind: number): WireRequest | undefined {
  const author = kind === BLOCKS_OF_AUTHOR ? validatorIndex(reader.uint32()) : undefined;
  const fromRound = round(reader.count());
  const toRound = round(reader.count());
  if (fromRound > toRound) return undefined;
  if (author === undefined) return { type: "blocks", request: { type: "rounds", fromRound, toRound } };
  return { type: "blocks", request: { type: "roundsOf", author, fromRound, toRound } };
}

export function encodeResponse(response: WireResponse): Uint8Array {
  switch (response.type) {
    case "empty":
      return Uint8Array.of(EMPTY);
    case "busy":
      return Uint8Array.of(BUSY);
    case "chain":
      return encodeChainAnswer(response.answer);
    case "blocks":
      return new ByteWriter().uint8(BLOCKS_BY_REF).bytes(encodeBlocks(response.blocks)).finish();
    case "payload": {
      const writer = new ByteWriter().uint8(PAYLOAD);
      writer.list(response.portion.chunkHashes, (hash) => writer.bytes(hash));
      return writer
        .list(response.portion.chunks, ({ root, index, bytes }) =>
          writer.bytes(digestToBytes(root)).uint32(index).block(bytes),
        )
        .finish();
    }
  }
}

export function decodeResponse(bytes: Uint8Array): Result<WireResponse, Rejection> {
  const reader = new ByteReader(bytes);
  const kind = reader.uint8();
  switch (kind) {
    case EMPTY:
      return reader.isComplete ? ok({ type: "empty" }) : malformed("an empty response with content");
    case BUSY:
      return reader.isComplete ? ok({ type: "busy" }) : malformed("a busy response with content");
    case BLOCKS_BY_REF: {
      const blocks = reader.list(BLOCKS_PER_RESPONSE_MAX, () => reader.block(BLOCK_MAX_BYTES));
      return reader.isComplete ? ok({ type: "blocks", blocks }) : malformed("a response of blocks");
    }
    case PAYLOAD: {
      const chunkHashes = readHashes(reader);
      const read = reader.list(CHUNKS_PER_PAYLOAD_MAX, () => readChunk(reader));
      const chunks = read.filter((chunk) => chunk !== undefined);
      if (!reader.isComplete || chunks.length !== read.length) return malformed("a portion of payload");
      return ok({ type: "payload", portion: { chunkHashes, chunks } });
    }
    default: {
      const answer = readChainAnswer(reader, kind);
      return answer !== undefined && reader.isComplete
        ? ok({ type: "chain", answer })
        : malformed("a response of unknown kind");
    }
  }
}

function readHashes(reader: ByteReader): Uint8Array[] {
  return reader.list(CHUNKS_PER_PAYLOAD_MAX, () => reader.bytes(DIGEST_SIZE_BYTES));
}

function readChunk(reader: ByteReader): PayloadChunk | undefined {
  const root = readDigest(reader);
  const index = reader.uint32();
  const bytes = reader.block(PAYLOAD_CHUNK_MAX_BYTES);
  return root === undefined ? undefined : { root, index, bytes };
}

function readRef(reader: ByteReader): BlockRef | undefined {
  const blockRound = round(reader.count());
  const author = validatorIndex(reader.uint32());
  const digest = readDigest<BlockDigest>(reader);
  return digest === undefined ? undefined : { round: blockRound, author, digest };
}

function readDigest<Kind extends Digest = Digest>(reader: ByteReader): Kind | undefined {
  const bytes = reader.bytes(DIGEST_SIZE_BYTES);
  return reader.isSound ? digestFromBytes<Kind>(bytes) : undefined;
}

function malformed(detail: string): { readonly ok: false; readonly error: Rejection } {
  return err(rejection("FRAME_MALFORMED", detail));
}
