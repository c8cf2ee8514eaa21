// The number of the newest batch that LevelDB acknowledged as durable, in a small file beside the database. A log that
// lost its tail looks to LevelDB like the log of a crash; here the missing batches are counted. Written after the sync
// returned and not synced itself, so that it never claims more than the database holds. Two copies, each with a checksum:
// one may rot.

import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import { NodeError, isSystemError } from "../errors.ts";
import { syncFolder } from "./files.ts";

const COPY = /^(?<number>\d{16}) (?<check>[0-9a-f]{16})\n$/u;
const COPY_BYTES = 34;

export class BatchMark {
  readonly #file: FileHandle;
  readonly #path: string;
  readonly number: number;

  private constructor(file: FileHandle, path: string, number: number) {
    this.#file = file;
    this.#path = path;
    this.number = number;
  }

  static async create(path: string): Promise<BatchMark> {
    const mark = new BatchMark(await openFile(path, "w+"), path, 0);
    await mark.write(0);
    await mark.sync();
    await syncFolder(dirname(path));
    return mark;
  }

  /** DATA_CORRUPT if it is missing or neither copy holds: what the database lacks could not be told. */
  static async open(path: string): Promise<BatchMark> {
    const file = await openFile(path, "r+");
    try {
      return new BatchMark(file, path, await readNumber(file, path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async write(number: number): Promise<void> {
    const copy = copyOf(number);
    try {
      await this.#file.write(Buffer.from(copy + copy, "latin1"), 0, 2 * COPY_BYTES, 0);
    } catch (cause) {
      throw new NodeError("IO_FAILED", `cannot write ${this.#path}`, { cause });
    }
  }

  async sync(): Promise<void> {
    try {
      await this.#file.datasync();
    } catch (cause) {
      throw new NodeError("IO_FAILED", `cannot sync ${this.#path}`, { cause });
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function openFile(path: string, flags: "w+" | "r+"): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) throw new NodeError("DATA_CORRUPT", `${path} is missing`, { cause });
    throw new NodeError("IO_FAILED", `cannot open ${path}`, { cause });
  }
}

async function readNumber(file: FileHandle, path: string): Promise<number> {
  const bytes = Buffer.alloc(2 * COPY_BYTES);
  const { bytesRead } = await file.read(bytes, 0, bytes.length, 0);
  const text = bytes.subarray(0, bytesRead).toString("latin1");
  const numbers = [text.slice(0, COPY_BYTES), text.slice(COPY_BYTES)].flatMap((copy) => numberOf(copy) ?? []);
  if (numbers.length === 0) throw new NodeError("DATA_CORRUPT", `${path} is damaged`);
  return Math.max(...numbers);
}

function numberOf(copy: string): number | undefined {
  const digits = COPY.exec(copy)?.groups?.["number"];
  if (digits === undefined || copyOf(Number(digits)) !== copy) return undefined;
  return Number(digits);
}

function copyOf(number: number): string {
  const digits = String(number).padStart(16, "0");
  return `${digits} ${createHash("sha256").update(`batch ${digits}`).digest("hex").slice(0, 16)}\n`;
}
