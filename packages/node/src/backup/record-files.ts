// Writes a stream of records into files of a bounded size, hashing what it writes, and reads them back.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import { NodeError } from "../errors.ts";
import { type BackupRecord, endFrame, readFrames, recordFrame } from "./frames.ts";
import type { BackupFile } from "./manifest.ts";

const FILE_BYTES_MAX: number = 256 * 1024 * 1024;
/** Frames gathered before they are written. */
const BUFFER_BYTES: number = 1024 * 1024;

export class RecordFiles {
  readonly files: BackupFile[] = [];
  readonly #folder: string;
  #open: { readonly name: string; readonly file: FileHandle; readonly hash: ReturnType<typeof createHash> } | undefined;
  #sizeBytes = 0;
  #buffered: Uint8Array[] = [];
  #bufferedBytes = 0;
  records = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async add(record: BackupRecord): Promise<void> {
    this.records += 1;
    await this.#append(recordFrame(record));
  }

  async end(): Promise<void> {
    await this.#append(endFrame(this.records));
    await this.#closeFile();
  }

  /** After a failure: nothing further is written. */
  async abandon(): Promise<void> {
    await this.#open?.file.close();
    this.#open = undefined;
  }

  async #append(frame: Uint8Array): Promise<void> {
    this.#buffered.push(frame);
    this.#bufferedBytes += frame.length;
    if (this.#bufferedBytes >= BUFFER_BYTES) await this.#write();
    if (this.#sizeBytes >= FILE_BYTES_MAX) await this.#closeFile();
  }

  async #write(): Promise<void> {
    this.#open ??= await this.#openFile();
    const bytes = Buffer.concat(this.#buffered);
    this.#buffered = [];
    this.#bufferedBytes = 0;
    this.#open.hash.update(bytes);
    await this.#open.file.appendFile(bytes);
    this.#sizeBytes += bytes.length;
  }

  async #openFile(): Promise<{ name: string; file: FileHandle; hash: ReturnType<typeof createHash> }> {
    const name = `records-${String(this.files.length + 1).padStart(6, "0")}.bin`;
    // Refuses one that is there.
    return { name, file: await open(join(this.#folder, name), "wx", 0o600), hash: createHash("sha256") };
  }

  async #closeFile(): Promise<void> {
    if (this.#bufferedBytes > 0) await this.#write();
    const ended = this.#open;
    if (ended === undefined) return;
    await ended.file.sync();
    await ended.file.close();
    this.files.push({ name: ended.name, sizeBytes: this.#sizeBytes, sha256: ended.hash.digest("hex") });
    this.#open = undefined;
    this.#sizeBytes = 0;
  }
}

/** The records of a backup, in order; DATA_CORRUPT if they are not those that were written. */
export async function* readRecordFiles(
  folder: string,
  files: readonly BackupFile[],
): AsyncGenerator<BackupRecord, void, undefined> {
  yield* readFrames(bytesOf(folder, files));
}

async function* bytesOf(folder: string, files: readonly BackupFile[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { name } of files) {
    if (!name.startsWith("records-")) continue;
    try {
      for await (const part of createReadStream(join(folder, name), { highWaterMark: BUFFER_BYTES })) yield part;
    } catch (cause) {
      throw new NodeError("IO_FAILED", `cannot read ${name} of the backup`, { cause });
    }
  }
}
