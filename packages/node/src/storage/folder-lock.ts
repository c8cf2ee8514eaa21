// One process a home: held from before the first look at the data until the store is closed. Node offers no file locks, so
// an empty LevelDB database serves as one: its lock is on the file itself, holds through any other path to the folder,
// and goes with the process.

import { realpath, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { Level } from "level";
import { NodeError, isSystemError } from "../errors.ts";

export type ReleaseLock = () => Promise<void>;

/** HOME_IN_USE if another process (or this one) holds it. */
export async function lockFolder(lock: string): Promise<ReleaseLock> {
  const path = join(await realFolder(dirname(lock)), basename(lock));
  try {
    return await openLock(path);
  } catch (error) {
    if (isHeld(error)) throw new NodeError("HOME_IN_USE", `${path} is held by another process`, { cause: error });
    // Nothing is kept in it, so what cannot be opened is made anew.
    await rm(path, { recursive: true, force: true });
  }
  try {
    return await openLock(path);
  } catch (cause) {
    if (isHeld(cause)) throw new NodeError("HOME_IN_USE", `${path} is held by another process`, { cause });
    throw new NodeError("IO_FAILED", `cannot lock ${path}`, { cause });
  }
}

/** Within one process, locks go by the name of the path. */
async function realFolder(folder: string): Promise<string> {
  try {
    return await realpath(folder);
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) throw new NodeError("DATA_CORRUPT", `${folder} is missing`, { cause });
    throw new NodeError("IO_FAILED", `cannot open ${folder}`, { cause });
  }
}

async function openLock(path: string): Promise<ReleaseLock> {
  const database = new Level(path);
  await database.open();
  return () => database.close();
}

function isHeld(error: unknown): boolean {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return reason instanceof Error && "code" in reason && reason.code === "LEVEL_LOCKED";
}
