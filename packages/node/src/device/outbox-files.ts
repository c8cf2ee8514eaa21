// The folder of an outbox as named byte strings, each written whole or not at all, and the form of what is in them. The
// outbox itself (outbox.ts) knows no file system, so that its tests can end the process at any step.

import { mkdir, readFile, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type ModelId,
  PAYLOAD_MAX_BYTES,
  type UpdateHeader,
  decode,
  decodeUpdateHeader,
  encode,
  isSameBytes,
} from "@selvedge/integrity";
import { sha256 } from "../crypto.ts";
import { NodeError, isSystemError } from "../errors.ts";
import { syncFolder, writeFileAtomically } from "../storage/files.ts";

/** Every call is durable when it resolves; a crash leaves the old or the new state of the one name. */
export interface OutboxFiles {
  readonly names: () => Promise<readonly string[]>;
  readonly read: (name: string) => Promise<Uint8Array>;
  readonly write: (name: string, bytes: Uint8Array) => Promise<void>;
  readonly rename: (name: string, to: string) => Promise<void>;
  readonly remove: (name: string) => Promise<void>;
}

const FILE_MODE = 0o600;

export async function openOutboxFolder(folder: string): Promise<OutboxFiles> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const guarded = async <Value>(action: () => Promise<Value>): Promise<Value> => {
    try {
      return await action();
    } catch (cause) {
      throw cause instanceof NodeError
        ? cause
        : new NodeError("IO_FAILED", `the outbox ${folder} cannot be used`, { cause });
    }
  };
  const changed = async (action: () => Promise<void>): Promise<void> =>
    guarded(async () => {
      await action();
      await syncFolder(folder);
    });
  return {
    names: async () => guarded(async () => readdir(folder)),
    read: async (name) => guarded(async () => new Uint8Array(await readFile(join(folder, name)))),
    write: async (name, bytes) => writeFileAtomically(join(folder, name), bytes, FILE_MODE),
    rename: async (name, to) => changed(async () => rename(join(folder, name), join(folder, to))),
    remove: async (name) => changed(async () => removeIfThere(join(folder, name))),
  };
}

async function removeIfThere(path: string): Promise<void> {
  try {
    await rm(path);
  } catch (cause) {
    if (!isSystemError(cause, "ENOENT")) throw cause;
  }
}

/** What the name of an update's file says, so that even a damaged file keeps its sequence taken. */
export interface UpdateName {
  /** Position in the queue. */
  readonly order: number;
  readonly sequence: number;
  readonly modelId: string;
}

const UPDATE_NAME = /^([0-9]{16})-([0-9]{16})-([a-z0-9][a-z0-9._-]{0,63})\.(?:update|damaged|dropped)$/u;
const COUNTER_NAME = /^next-([a-z0-9][a-z0-9._-]{0,63})\.counter$/u;

export function updateFileName({ order, sequence, modelId }: UpdateName): string {
  return `${String(order).padStart(16, "0")}-${String(sequence).padStart(16, "0")}-${modelId}.update`;
}

/** Beside an update's file, without content: the sequence was given up and is not closed in the ledger for all we know. */
export function droppedFileName(updateName: string): string {
  return updateName.replace(/\.update$/u, ".dropped");
}

export function parseUpdateName(name: string): UpdateName | undefined {
  const match = UPDATE_NAME.exec(name);
  return match === null ? undefined : { order: Number(match[1]), sequence: Number(match[2]), modelId: match[3] ?? "" };
}

export function counterFileName(modelId: ModelId | string): string {
  return `next-${modelId}.counter`;
}

export function parseCounterName(name: string): string | undefined {
  return COUNTER_NAME.exec(name)?.[1];
}

const FORMAT = 1;
const OVERHEAD_MAX_BYTES = 4096;

export interface StoredUpdate {
  readonly header: UpdateHeader;
  readonly payload: Uint8Array;
}

export function encodeStoredUpdate(headerBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return encode([FORMAT, headerBytes, payload, checksumOf(headerBytes, payload)]);
}

/** Undefined if the file is not what was written. */
export function decodeStoredUpdate(bytes: Uint8Array): StoredUpdate | undefined {
  const wire = decode(bytes, { bytesMax: PAYLOAD_MAX_BYTES + OVERHEAD_MAX_BYTES });
  const fields: unknown = wire.ok ? wire.value : undefined;
  if (!isList(fields)) return undefined;
  const [format, headerBytes, payload, checksum] = fields;
  if (format !== FORMAT || !(headerBytes instanceof Uint8Array)) return undefined;
  if (!(payload instanceof Uint8Array) || !(checksum instanceof Uint8Array)) return undefined;
  if (!isSameBytes(checksum, checksumOf(headerBytes, payload))) return undefined;
  const header = decodeUpdateHeader(headerBytes);
  return header.ok ? { header: header.value, payload: payload.slice() } : undefined;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

export function encodeCounter(next: number): Uint8Array {
  const text = Buffer.from(String(next), "utf8");
  return new Uint8Array(Buffer.concat([text, Buffer.from(` ${Buffer.from(sha256(text)).toString("hex")}\n`, "utf8")]));
}

export function decodeCounter(bytes: Uint8Array): number | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const next = Number(text.split(" ")[0]);
  const isOurs =
    Number.isSafeInteger(next) && next >= 1 && text === Buffer.from(encodeCounter(next)).toString("latin1");
  return isOurs ? next : undefined;
}

function checksumOf(headerBytes: Uint8Array, payload: Uint8Array): Uint8Array {
  return sha256(Buffer.concat([headerBytes, payload]));
}
