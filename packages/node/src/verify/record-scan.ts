// `verify --full`: every record of the database, also those that no commit and no version leads to: seals of all, blocks
// under P1 to P7, receipts under their signatures, payloads chunk by chunk.

import {
  type BlockContext,
  STORE_SPACES,
  type StoreEntry,
  type StoreSpace,
  chunkCount,
  decodeBlockHeader,
  decodeReceipt,
  digestFromHex,
  isDigestHex,
  verifyBlock,
  verifyReceipt,
} from "@selvedge/integrity";
import { epochOfKey, stateKey } from "../storage/keys.ts";
import { bytesField, decodeTuple } from "../storage/stored-tuple.ts";
import { FindingError, readingOf } from "./finding.ts";
import type { VerifiedHome, VerifyCounts } from "./verified-home.ts";

const MANIFEST_END = "/manifest";

export interface RecordScan {
  readonly home: VerifiedHome;
  readonly counts: VerifyCounts;
  readonly signal: AbortSignal;
  readonly onRecord: () => void;
}

/** False if it was interrupted. */
export async function scanRecords(scan: RecordScan): Promise<boolean> {
  for (const space of STORE_SPACES) {
    if (!(await readingOf(`a record of ${space}`, () => scanSpace(scan, space)))) return false;
  }
  return true;
}

async function scanSpace({ home, counts, signal, onRecord }: RecordScan, space: StoreSpace): Promise<boolean> {
  for await (const entry of home.store.iterate(space)) {
    if (signal.aborted) return false;
    await checkRecord(home, space, entry);
    counts.records += 1;
    onRecord();
  }
  return true;
}

async function checkRecord(home: VerifiedHome, space: StoreSpace, { key, value }: StoreEntry): Promise<void> {
  if (space === "blocks") checkBlock(home, key, value);
  if (space === "state" && key.startsWith("receipt/")) checkReceipt(home, key, value);
  if (space === "payload" && key.endsWith(MANIFEST_END)) await checkPayload(home, key.slice(0, -MANIFEST_END.length));
}

function checkBlock(home: VerifiedHome, key: string, value: Uint8Array): void {
  const [, bytes] = decodeTuple(value, "block", 2);
  const verified = verifyBlock(bytesField(bytes, "block"), contextFor(home, epochOfKey(key), key));
  if (!verified.ok) throw new FindingError(`block ${key}`, verified.error);
  if (!key.endsWith(verified.value.ref.digest))
    throw new FindingError(`block ${key}`, { code: "BLOCK_OTHER", detail: "another block stands in its place" });
}

function contextFor(home: VerifiedHome, epoch: number, subject: string): BlockContext {
  const context = home.contextIn(epoch);
  if (context !== undefined) return context;
  throw new FindingError(subject, {
    code: "EPOCH_RECORD_MISSING",
    detail: `of epoch ${epoch}, of which there is no record`,
  });
}

function checkReceipt(home: VerifiedHome, key: string, value: Uint8Array): void {
  const receipt = decodeReceipt(value);
  if (!receipt.ok) throw new FindingError(key, receipt.error);
  const [ack] = receipt.value.acks;
  const header = ack === undefined ? undefined : decodeBlockHeader(ack.headerBytes);
  const epoch = header?.ok === true ? header.value.epoch : 0;
  const verified = verifyReceipt(receipt.value, contextFor(home, epoch, key));
  if (!verified.ok) throw new FindingError(key, verified.error);
  if (key !== stateKey("receipt", receipt.value.update))
    throw new FindingError(key, { code: "RECEIPT_OTHER", detail: "the receipt of another update stands in its place" });
}

async function checkPayload({ payloads }: VerifiedHome, rootHex: string): Promise<void> {
  const isDigest: boolean = isDigestHex(rootHex);
  if (!isDigest) throw new FindingError(`payload ${rootHex}`, { code: "RECORD_KEY", detail: "no digest" });
  const manifest = await payloads.manifest(digestFromHex(rootHex));
  if (manifest === undefined) return;
  for (let index = 0; index < chunkCount(manifest); index += 1) {
    await readingOf(`chunk ${index} of payload ${rootHex}`, () => payloads.mustChunk(manifest, index));
  }
}
