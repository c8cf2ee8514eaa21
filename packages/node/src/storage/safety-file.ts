// The append-only record of what this validator signed last: (epoch, round, digest), fsynced before a signature leaves.
// Each line carries a checksum chained over the line before it, so a hole in the middle is found; a torn last line is
// what a crash leaves and is dropped (its signature never left, because the sync had not returned).

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { SafetyRecord } from "@selvedge/consensus";
import { type Digest, digestFromHex, epoch, isDigestHex, round } from "@selvedge/integrity";
import { NodeError, isSystemError } from "../errors.ts";
import { syncFolder } from "./files.ts";

const LINE = /^(\d{1,16}) (\d{1,16}) ([0-9a-f]{64}) ([0-9a-f]{16})$/;
const CHAIN_START = "0".repeat(16);

export class SafetyFile {
  readonly #file: FileHandle;
  #last: SafetyRecord | null;
  #chain: string;

  private constructor(file: FileHandle, last: SafetyRecord | null, chain: string) {
    this.#file = file;
    this.#last = last;
    this.#chain = chain;
  }

  /** Creates the file if `create`; otherwise a missing file is DATA_CORRUPT: it must never be made up anew. */
  static async open(path: string, options: { readonly create: boolean }): Promise<SafetyFile> {
    const { last, chain, validBytes } = await readTail(path, options.create);
    const file = await open(path, "a", 0o600);
    await file.truncate(validBytes);
    await file.sync();
    await syncFolder(dirname(path));
    return new SafetyFile(file, last, chain);
  }

  get last(): SafetyRecord | null {
    return this.#last;
  }

  /** Durable once resolved. Asserts nothing about order: the engine never signs a round twice, and this file proves it. */
  async append(record: SafetyRecord): Promise<void> {
    if (this.#last !== null && record.epoch === this.#last.epoch && record.round <= this.#last.round) {
      throw new NodeError("STATE_DIVERGED", `round ${record.round} was signed already (last: ${this.#last.round})`);
    }
    const { line, chain } = formatLine(record, this.#chain);
    try {
      await this.#file.appendFile(line);
      await this.#file.datasync();
    } catch (cause) {
      throw new NodeError("IO_FAILED", "cannot write the safety file", { cause });
    }
    this.#last = record;
    this.#chain = chain;
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

interface SafetyTail {
  readonly last: SafetyRecord | null;
  readonly chain: string;
  readonly validBytes: number;
}

/** Line by line: after weeks of signing the file is longer than a string may be. */
async function readTail(path: string, create: boolean): Promise<SafetyTail> {
  let tail: SafetyTail = { last: null, chain: CHAIN_START, validBytes: 0 };
  let rest = "";
  try {
    for await (const piece of createReadStream(path, { encoding: "latin1" })) {
      const lines = `${rest}${piece}`.split("\n");
      // What follows the last newline is the beginning of a line, a torn write, or empty.
      rest = lines.pop() ?? "";
      for (const line of lines) tail = nextTail(path, tail, line);
    }
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    if (!isSystemError(cause, "ENOENT")) throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
    if (!create) throw new NodeError("DATA_CORRUPT", `the safety file ${path} is missing: refusing to sign without it`);
  }
  return tail;
}

function nextTail(path: string, before: SafetyTail, line: string): SafetyTail {
  const parsed = parseLine(line, before.chain);
  if (parsed === undefined) throw damaged(path, before);
  return { last: parsed.record, chain: parsed.chain, validBytes: before.validBytes + line.length + 1 };
}

function damaged(path: string, { validBytes }: SafetyTail): NodeError {
  return new NodeError("DATA_CORRUPT", `the safety file ${path} is damaged at byte ${validBytes}`);
}

function parseLine(line: string, chainBefore: string): { record: SafetyRecord; chain: string } | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, epochText = "", roundText = "", digestHex = "", chain = ""] = match;
  if (!isDigestHex(digestHex) || chainOf(chainBefore, `${epochText} ${roundText} ${digestHex}`) !== chain)
    return undefined;
  const record = {
    epoch: epoch(Number(epochText)),
    round: round(Number(roundText)),
    digest: digestFromHex<Digest>(digestHex),
  };
  return { record, chain };
}

function formatLine(record: SafetyRecord, chainBefore: string): { line: string; chain: string } {
  const fields = `${record.epoch} ${record.round} ${record.digest}`;
  const chain = chainOf(chainBefore, fields);
  return { line: `${fields} ${chain}\n`, chain };
}

function chainOf(before: string, fields: string): string {
  return createHash("sha256").update(`${before} ${fields}`).digest("hex").slice(0, 16);
}
