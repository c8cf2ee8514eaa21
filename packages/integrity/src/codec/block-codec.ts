// Blocks as bytes: building one's own, and decoding what claims to be one (shape, ranges and canonical bytes only; the
// rules P1–P7 are in verify-block.ts). A block's digest is that of its header's bytes as received.

import type { BlockBody, BlockHeader, BlockRef, SignedBlock, VerifiedBlock } from "../block.ts";
import { mint } from "../brand.ts";
import type { Sha256, Signer } from "../crypto/port.ts";
import { type BlockDigest, type ChainId, type Digest, digestFromBytes, digestOf, digestToBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import { type Epoch, type ValidatorIndex, round, validatorIndex } from "../ids.ts";
import { BLOCK_HEADER_MAX_BYTES, BLOCK_MAX_BYTES } from "../limits.ts";
import { rootOfLeaves } from "../merkle/tree.ts";
import { type Result, err, ok } from "../result.ts";
import type { SignedUpdate } from "../update.ts";
import {
  ACK_SHAPE,
  CONTROL_SHAPE,
  ackWire,
  controlWire,
  decodeBlockHeader,
  headerWire,
  readAck,
  readControl,
} from "./block-wire.ts";
import { FieldReader } from "./fields.ts";
import { decode, encode, wireInteger } from "./msgpack.ts";
import { UPDATE_SHAPE, type UpdateEnvelope, completeUpdate, readUpdateEnvelope, updateWire } from "./update-codec.ts";

const SIGNATURE_BYTES = 64;
const GENESIS_ROUND = round(0);
/** Every entry is at least two bytes long on the wire, so no list that fits a block is longer. */
const ENTRIES_MAX: number = BLOCK_MAX_BYTES / 2;

export type BlockRoots = Pick<BlockHeader, "acksRoot" | "updatesRoot" | "transactionsRoot" | "controlRoot">;

export interface BlockDraft {
  /** The header without what follows from the body. */
  readonly header: Omit<BlockHeader, keyof BlockRoots>;
  readonly body: BlockBody;
}

/** Makes and signs an own block. The caller keeps P1–P6: it is the author who answers for them. */
export function buildBlock(draft: BlockDraft, signer: Signer, sha256: Sha256): VerifiedBlock {
  const { body } = draft;
  const header: BlockHeader = { ...draft.header, ...bodyRoots(body, sha256) };
  const headerBytes = encode(headerWire(header));
  const ref = refOf(header, headerBytes, sha256);
  const signature = signer.sign(digestToBytes(ref.digest));
  const bytes = encode([
    headerBytes,
    signature,
    [body.acks.map(ackWire), body.updates.map(updateWire), body.transactions, body.control.map(controlWire)],
  ]);
  return mint<VerifiedBlock>({ header, body, ref, headerBytes, signature, bytes });
}

/** The RFC 6962 roots over the canonical bytes of each entry, as they must stand in the header. */
export function bodyRoots(body: BlockBody, sha256: Sha256): BlockRoots {
  const rootOf = (leaves: readonly Uint8Array[]): Digest => digestFromBytes(rootOfLeaves(sha256, leaves));
  return {
    acksRoot: rootOf(body.acks.map((ack) => encode(ackWire(ack)))),
    updatesRoot: rootOf(body.updates.map(({ bytes }) => bytes)),
    transactionsRoot: rootOf(body.transactions),
    controlRoot: rootOf(body.control.map((entry) => encode(controlWire(entry)))),
  };
}

/** Untrusted bytes to a block of the right shape. Keeps a copy of the bytes, never a view of the receive buffer. */
export function decodeBlock(received: Uint8Array, sha256: Sha256): Result<SignedBlock, Rejection> {
  const wire = decode(received, { bytesMax: BLOCK_MAX_BYTES });
  if (!wire.ok) return wire;
  const fields = FieldReader.open(wire.value, { name: "block", fieldCount: 3 });
  const headerBytes = fields.bytesUpTo("header", BLOCK_HEADER_MAX_BYTES);
  const signature = fields.bytes("signature", SIGNATURE_BYTES);
  const raw = fields.record({ name: "block body", fieldCount: 4 }, readBody);
  const shape = fields.finish(() => raw);
  if (!shape.ok) return shape;
  const header = decodeBlockHeader(headerBytes);
  if (!header.ok) return header;
  const updates = completeUpdates(raw.updates, sha256);
  if (!updates.ok) return updates;
  return ok({
    header: header.value,
    body: { ...raw, updates: updates.value },
    ref: refOf(header.value, headerBytes, sha256),
    headerBytes,
    signature,
    bytes: new Uint8Array(received),
  });
}

/** A block that this node verified before and kept where damage shows: decoded, not verified again. */
export function restoreBlock(stored: Uint8Array, sha256: Sha256): Result<VerifiedBlock, Rejection> {
  const block = decodeBlock(stored, sha256);
  return block.ok ? ok(mint<VerifiedBlock>(block.value)) : block;
}

/** Where the blocks of an epoch begin. */
export interface BlockOrigin {
  readonly chainId: ChainId;
  readonly epoch: Epoch;
  /** Digest of the epoch's start (§11); absent in the first epoch, which the chain id already names. */
  readonly startDigest?: Digest | undefined;
}

/** P5: the block of round 0 that everybody takes an author to have made. It exists as a reference only. */
export function genesisRef(origin: BlockOrigin & { readonly author: ValidatorIndex }, sha256: Sha256): BlockRef {
  const { chainId, epoch, author, startDigest } = origin;
  const start = startDigest === undefined ? [] : [digestToBytes(startDigest)];
  const preimage = encode([digestToBytes(chainId), wireInteger(epoch), author, ...start]);
  const digest = digestOf<BlockDigest>(sha256, "genesis-block", preimage);
  return { round: GENESIS_ROUND, author: origin.author, digest };
}

/** One reference for each of the first `size` validators. */
export function genesisRefs(origin: BlockOrigin & { readonly size: number }, sha256: Sha256): readonly BlockRef[] {
  return Array.from({ length: origin.size }, (_, author) =>
    genesisRef({ ...origin, author: validatorIndex(author) }, sha256),
  );
}

function refOf(header: BlockHeader, headerBytes: Uint8Array, sha256: Sha256): BlockRef {
  return { round: header.round, author: header.author, digest: digestOf<BlockDigest>(sha256, "block", headerBytes) };
}

type RawBody = Omit<BlockBody, "updates"> & { readonly updates: readonly UpdateEnvelope[] };

function readBody(fields: FieldReader): RawBody {
  return {
    acks: fields.records({ ...ACK_SHAPE, entriesMax: ENTRIES_MAX }, readAck),
    updates: fields.records({ ...UPDATE_SHAPE, entriesMax: ENTRIES_MAX }, readUpdateEnvelope),
    transactions: fields.bytesList("transactions", {
      entriesMax: ENTRIES_MAX,
      size: { min: 0, max: BLOCK_MAX_BYTES },
    }),
    control: fields.records({ ...CONTROL_SHAPE, entriesMax: ENTRIES_MAX }, readControl),
  };
}

function completeUpdates(
  envelopes: readonly UpdateEnvelope[],
  sha256: Sha256,
): Result<readonly SignedUpdate[], Rejection> {
  const updates: SignedUpdate[] = [];
  for (const [position, envelope] of envelopes.entries()) {
    const update = completeUpdate(envelope, sha256);
    if (!update.ok) return err(rejection(update.error.code, `update ${position}: ${update.error.detail}`));
    updates.push(update.value);
  }
  return ok(updates);
}
