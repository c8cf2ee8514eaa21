// Reads a user's JSON file: bounded, as text, with line and column of what is wrong. Knows nothing of what the file means.

import { type FileHandle, open } from "node:fs/promises";
import { jsonFaultAt } from "./json-fault.ts";
import { INPUT_FILE_MAX_BYTES } from "./limits.ts";
import { SimInputError, type SimInputErrorCode } from "./sim-error.ts";

const READ_BYTES = 256 * 1024;

/** Text of a file of at most `maxBytes`; pipes and devices are read no further either. */
export async function readInputText(path: string, maxBytes: number = INPUT_FILE_MAX_BYTES): Promise<string> {
  const bytes = await readBounded(path, maxBytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new SimInputError("SIM_FILE_UNREADABLE", `${path} is not text (UTF-8)`, { cause });
  }
}

/** The value that a JSON text stands for, or an error that names the place. */
export function parseJson(text: string, origin: { readonly name: string; readonly code: SimInputErrorCode }): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const offset = jsonFaultAt(text);
    const before = text.slice(0, offset).split("\n");
    const column = (before.at(-1)?.length ?? 0) + 1;
    const what = offset >= text.length ? "the text ends too early" : `unexpected ${shown(text, offset)}`;
    throw new SimInputError(origin.code, `${origin.name}:${before.length}:${column}: not valid JSON: ${what}`, {
      cause,
    });
  }
}

function shown(text: string, offset: number): string {
  const character = String.fromCodePoint(text.codePointAt(offset) ?? 0);
  return /[\p{Cc}\p{Cs}]/u.test(character) ? "control character" : JSON.stringify(character);
}

async function readBounded(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    await using file = await open(path, "r");
    const stat = await file.stat();
    if (stat.isDirectory()) throw new SimInputError("SIM_FILE_UNREADABLE", `${path} is a directory`);
    if (stat.size > maxBytes) throw tooLarge(path, maxBytes);
    return await readAll(file, { path, maxBytes });
  } catch (error) {
    if (error instanceof SimInputError) throw error;
    throw new SimInputError("SIM_FILE_UNREADABLE", `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}

async function readAll(file: FileHandle, bounds: { path: string; maxBytes: number }): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(READ_BYTES), 0, READ_BYTES, null);
    if (bytesRead === 0) return Buffer.concat(parts);
    sizeBytes += bytesRead;
    if (sizeBytes > bounds.maxBytes) throw tooLarge(bounds.path, bounds.maxBytes);
    parts.push(buffer.subarray(0, bytesRead));
  }
}

function tooLarge(path: string, maxBytes: number): SimInputError {
  return new SimInputError("SIM_FILE_UNREADABLE", `${path} is larger than ${maxBytes} bytes`);
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  EACCES: "permission denied",
  ENOTDIR: "a part of the path is no directory",
  ELOOP: "too many links",
  ENAMETOOLONG: "the name is too long",
};

/** Why the system refused, in a few words. */
export function reasonOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  return REASONS[code] ?? (code === "" ? String(error) : code);
}
