// The append-only record of what this validator signed last: (epoch, round, digest), fsynced before a signature leaves.
// Each line carries a checksum chained over the line before it, so a hole in the middle is found; a torn last line is
// what a crash leaves and is dropped (its signature never left, because the sync had not returned). Once it is long, it
// is replaced by one that begins with the chain so far and keeps its last line: only the newest record means anything.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { SafetyRecord } from "@selvedge/consensus";
import { type Digest, digestFromHex, epoch, isDigestHex, round } from "@selvedge/integrity";
import { NodeError, isSystemError } from "../errors.ts";
import { syncFolder } from "./files.ts";

/** For a safety file that is missing, damaged or of an older day. */
export const SAFETY_WAY_OUT =
  "import an export of it (selvedge safety import FILE), or go on without it (selvedge safety recover --help)";

const LINE = /^(\d{1,16}) (\d{1,16}) ([0-9a-f]{64}) ([0-9a-f]{16})$/;
/** First line of a file whose older lines were dropped: the chain before its first record, and a checksum of its own. */
const BASE_LINE = /^since ([0-9a-f]{16}) ([0-9a-f]{16})$/;
const CHAIN_START = "0".repeat(16);
/** Beginnings of a line, shorter than a whole one. */
const TORN_LINE =
  /^(\d{0,16}|\d{1,16} \d{0,16}|\d{1,16} \d{1,16} [0-9a-f]{0,64}|\d{1,16} \d{1,16} [0-9a-f]{64} [0-9a-f]{0,15})$/;
/** About 10,000 records. */
const COMPACT_ABOVE_BYTES: number = 1024 * 1024;

export interface SafetyFileOptions {
  /** Otherwise a missing file is DATA_CORRUPT: it must never be made up anew. */
  readonly create: boolean;
  readonly compactAboveBytes?: number;
}

export class SafetyFile {
  readonly #path: string;
  readonly #compactAboveBytes: number;
  #file: FileHandle;
  #tail: SafetyTail;
  #failure: NodeError | undefined;

  private constructor(path: string, file: FileHandle, opened: { tail: SafetyTail; compactAboveBytes: number }) {
    this.#path = path;
    this.#file = file;
    this.#tail = opened.tail;
    this.#compactAboveBytes = opened.compactAboveBytes;
  }

  static async open(path: string, options: SafetyFileOptions): Promise<SafetyFile> {
    const tail = await readTail(path, options.create);
    const file = await open(path, "a", 0o600);
    await file.truncate(tail.validBytes);
    if (tail.lacksNewline === true) await file.appendFile("\n");
    await file.sync();
    await syncFolder(dirname(path));
    return new SafetyFile(path, file, { tail, compactAboveBytes: options.compactAboveBytes ?? COMPACT_ABOVE_BYTES });
  }

  get last(): SafetyRecord | null {
    return this.#tail.last;
  }

  /** Durable once resolved. Asserts nothing about order: the engine never signs a round twice, and this file proves it. */
  async append(record: SafetyRecord): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const { last } = this.#tail;
    if (last !== null && !isAbove(record, last)) {
      throw new NodeError("STATE_DIVERGED", `round ${record.round} was signed already (last: ${last.round})`);
    }
    try {
      await this.#write(record);
    } catch (cause) {
      // What is on the disk now is unknown: nothing is written after it, and nothing is signed.
      this.#failure = new NodeError("IO_FAILED", "cannot write the safety file", { cause });
      throw this.#failure;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #write(record: SafetyRecord): Promise<void> {
    const { line, chain } = formatLine(record, this.#tail.chain);
    if (this.#tail.validBytes >= this.#compactAboveBytes) return this.#replace(record, { line, chain });
    await this.#file.appendFile(line);
    await this.#file.datasync();
    this.#tail = { last: record, chain, validBytes: this.#tail.validBytes + line.length };
  }

  /** The new file holds the new record before it takes the place of the old one, so there is no moment without it. */
  async #replace(record: SafetyRecord, { line, chain }: FormattedLine): Promise<void> {
    const text = `${formatBase(this.#tail.chain)}${line}`;
    const beside = `${this.#path}.new`;
    const file = await open(beside, "w", 0o600);
    await file.appendFile(text);
    await file.sync();
    await rename(beside, this.#path);
    await syncFolder(dirname(this.#path));
    await this.#file.close();
    this.#file = file;
    this.#tail = { last: record, chain, validBytes: text.length };
  }
}

interface SafetyTail {
  readonly last: SafetyRecord | null;
  readonly chain: string;
  readonly validBytes: number;
  readonly lacksNewline?: boolean;
}

/** Line by line: after weeks of signing the file is longer than a string may be. */
async function readTail(path: string, create: boolean): Promise<SafetyTail> {
  let tail: SafetyTail = { last: null, chain: CHAIN_START, validBytes: 0 };
  let rest = "";
  try {
    for await (const piece of createReadStream(path, { encoding: "latin1" })) {
      const lines = `${rest}${piece}`.split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) tail = nextTail(path, tail, line);
    }
    tail = lastTail(path, tail, rest);
  } catch (cause) {
    if (cause instanceof NodeError) throw cause;
    if (!isSystemError(cause, "ENOENT")) throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
    if (!create)
      throw new NodeError(
        "DATA_CORRUPT",
        `the safety file ${path} is missing: refusing to sign without it; ${SAFETY_WAY_OUT}`,
      );
  }
  return tail;
}

/** What follows the last newline: nothing, a record that lacks its newline, or the beginning of one, which is dropped. */
function lastTail(path: string, before: SafetyTail, rest: string): SafetyTail {
  const parsed = parseLine(rest, before.chain);
  if (parsed !== undefined) {
    return {
      last: parsed.record,
      chain: parsed.chain,
      validBytes: before.validBytes + rest.length,
      lacksNewline: true,
    };
  }
  // Whatever a torn write cannot leave is damage: dropping it could forget a signature that left.
  const isEmptied = before.last === null && before.validBytes > 0;
  if (isEmptied || !TORN_LINE.test(rest)) throw damaged(path, before);
  return before;
}

function nextTail(path: string, before: SafetyTail, line: string): SafetyTail {
  const base = before.validBytes === 0 ? parseBase(line) : undefined;
  if (base !== undefined) return { last: null, chain: base, validBytes: line.length + 1 };
  const parsed = parseLine(line, before.chain);
  if (parsed === undefined) throw damaged(path, before);
  return { last: parsed.record, chain: parsed.chain, validBytes: before.validBytes + line.length + 1 };
}

function isAbove(record: SafetyRecord, last: SafetyRecord): boolean {
  return record.epoch === last.epoch ? record.round > last.round : record.epoch > last.epoch;
}

function damaged(path: string, { validBytes }: SafetyTail): NodeError {
  return new NodeError("DATA_CORRUPT", `the safety file ${path} is damaged at byte ${validBytes}; ${SAFETY_WAY_OUT}`);
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

interface FormattedLine {
  readonly line: string;
  readonly chain: string;
}

function formatLine(record: SafetyRecord, chainBefore: string): FormattedLine {
  const fields = `${record.epoch} ${record.round} ${record.digest}`;
  const chain = chainOf(chainBefore, fields);
  return { line: `${fields} ${chain}\n`, chain };
}

function chainOf(before: string, fields: string): string {
  return createHash("sha256").update(`${before} ${fields}`).digest("hex").slice(0, 16);
}

function formatBase(chain: string): string {
  return `since ${chain} ${chainOf(chain, "since")}\n`;
}

function parseBase(line: string): string | undefined {
  const [, chain = "", check = ""] = BASE_LINE.exec(line) ?? [];
  return chain !== "" && chainOf(chain, "since") === check ? chain : undefined;
}
