// Small files written so that a crash leaves the old or the new one, never half of one: write beside, fsync, rename,
// fsync the folder. Used for keys, configuration, reports; the safety file has its own append-only discipline.

import { open, readdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import { NodeError, isSystemError } from "../errors.ts";
import { readBounded } from "./bounded-read.ts";

export async function writeFileAtomically(path: string, data: string | Uint8Array, mode: number): Promise<void> {
  const beside = `${path}.new`;
  try {
    const file = await open(beside, "w", mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
    await syncFolder(dirname(path));
  } catch (cause) {
    throw new NodeError("IO_FAILED", `cannot write ${path}`, { cause });
  }
}

/** The file's text, or undefined if there is none. Refuses what is above `maxBytes`, and what is no file. */
export async function readTextIfThere(path: string, maxBytes: number): Promise<string | undefined> {
  const bytes = await readBounded(path, maxBytes);
  return bytes === undefined ? undefined : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8");
}

/** True where there is no folder, too. */
export async function isEmptyFolder(path: string): Promise<boolean> {
  try {
    return (await readdir(path)).length === 0;
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) return true;
    throw new NodeError("IO_FAILED", `cannot look into ${path}`, { cause });
  }
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
