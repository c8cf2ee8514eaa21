// The append-only record of what this validator signed last: (epoch, round, digest), fsynced before a signature leaves.
// Each line carries a checksum chained over the line before it, so a hole in the middle is found; a torn last line is
// what a crash leaves and is dropped (its signature never left, because the sync had not returned).

import { createHash } from "node:crypto";
import { type FileHandle, open, readFile } from "node:fs/promises";
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
    const text = await readSafetyText(path, options.create);
    const { last, chain, validBytes } = parseSafetyText(path, text);
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

async function readSafetyText(path: string, create: boolean): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (!isSystemError(cause, "ENOENT")) throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
    if (create) return "";
    throw new NodeError("DATA_CORRUPT", `the safety file ${path} is missing: refusing to sign without it`);
  }
}

function parseSafetyText(path: string, text: string): { last: SafetyRecord | null; chain: string; validBytes: number } {
  let last: SafetyRecord | null = null;
  let chain = CHAIN_START;
  let validBytes = 0;
  const lines = text.split("\n");
  // What follows the last newline is a torn write, or empty.
  for (const line of lines.slice(0, -1)) {
    const record = parseLine(line, chain);
    if (record === undefined)
      throw new NodeError("DATA_CORRUPT", `the safety file ${path} is damaged at byte ${validBytes}`);
    last = record.record;
    chain = record.chain;
    validBytes += line.length + 1;
  }
  return { last, chain, validBytes };
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
