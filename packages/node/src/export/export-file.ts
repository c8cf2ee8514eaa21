// Writes lines to a file so that an interrupted export goes on where it stopped: what is torn at the end is cut off, and
// with it all lines of the number that may be incomplete.

import { createReadStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError, isSystemError } from "../errors.ts";
import type { ExportKind, ExportLine } from "./export-lines.ts";

const WRITE_BYTES: number = 1024 * 1024;

const LINE = Type.Object({
  kind: Type.String(),
  at: Type.Integer({ minimum: 0 }),
  position: Type.Optional(Type.Integer({ minimum: 0 })),
  of: Type.Optional(Type.Integer({ minimum: 0 })),
});

export interface ExportPlace {
  /** Bytes of whole groups of lines. */
  readonly keepBytes: number;
  /** The last number that is complete, or undefined if none is. */
  readonly lastAt: number | undefined;
}

/** Undefined if there is no such file. */
export async function placeOf(path: string, kind: ExportKind): Promise<ExportPlace | undefined> {
  try {
    return await scan(path, kind);
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return undefined;
    if (cause instanceof NodeError) throw cause;
    throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  }
}

async function scan(path: string, kind: ExportKind): Promise<ExportPlace> {
  let place: ExportPlace = { keepBytes: 0, lastAt: undefined };
  let offset = 0;
  for await (const { text, isEnded } of linesOf(path)) {
    const line = isEnded ? parsed(text) : undefined;
    if (line === undefined) break;
    if (line.kind !== kind) throw new NodeError("FILE_MALFORMED", `${path} is an export of ${line.kind}`);
    offset += Buffer.byteLength(text) + 1;
    const isWhole = line.of === undefined || line.position === line.of - 1;
    if (isWhole) place = { keepBytes: offset, lastAt: line.at };
  }
  return place;
}

/** Lines of a file; the last one may lack its end. */
export async function* linesOf(path: string): AsyncGenerator<{ readonly text: string; readonly isEnded: boolean }> {
  let rest = "";
  for await (const part of createReadStream(path, { encoding: "utf8", highWaterMark: WRITE_BYTES })) {
    const lines = (rest + String(part)).split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) yield { text, isEnded: true };
  }
  if (rest !== "") yield { text: rest, isEnded: false };
}

function parsed(text: string): { kind: string; at: number; position?: number; of?: number } | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Value.Check(LINE, value) ? value : undefined;
  } catch {
    // A torn line: cut off and written anew.
    return undefined;
  }
}

export interface ExportResult {
  readonly lines: number;
  readonly lastAt: number | undefined;
}

export async function writeExport(
  path: string,
  lines: AsyncIterable<ExportLine>,
  options: { readonly keepBytes: number; readonly signal: AbortSignal },
): Promise<ExportResult> {
  const file = await openAt(path, options.keepBytes);
  try {
    return await writeLines(file, lines, options.signal);
  } finally {
    await file.sync();
    await file.close();
  }
}

async function openAt(path: string, keepBytes: number): Promise<FileHandle> {
  try {
    const file = await open(path, "a", 0o640);
    await file.truncate(keepBytes);
    return file;
  } catch (cause) {
    throw new NodeError("IO_FAILED", `cannot write ${path}`, { cause });
  }
}

async function writeLines(
  file: FileHandle,
  lines: AsyncIterable<ExportLine>,
  signal: AbortSignal,
): Promise<ExportResult> {
  let buffered = "";
  let count = 0;
  let lastAt: number | undefined;
  for await (const line of lines) {
    buffered += `${JSON.stringify(line)}\n`;
    count += 1;
    lastAt = line.at;
    if (buffered.length < WRITE_BYTES) continue;
    await file.appendFile(buffered);
    buffered = "";
    if (signal.aborted) break;
  }
  await file.appendFile(buffered);
  return { lines: count, lastAt };
}
