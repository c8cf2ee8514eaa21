// One process a home: held from before the first look at the data until the store is closed. Node offers no file locks, so
// an empty LevelDB database serves as one: its lock is on the file itself, holds through any other path to the folder,
// and goes with the process.

import { mkdir, realpath, rm } from "node:fs/promises";
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
    if (!isDamaged(error)) throw lockFailure(path, error);
  }
  try {
    // Nothing is kept in it, so what is damaged is made anew.
    await rm(path, { recursive: true, force: true });
    return await openLock(path);
  } catch (cause) {
    throw lockFailure(path, cause);
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
  // Not left to the database, which takes a folder that it may not make for one that it did not find.
  await mkdir(path, { mode: 0o700 }).catch((cause: unknown) => {
    if (!isSystemError(cause, "EEXIST")) throw lockFailure(path, cause);
  });
  const database = new Level(path);
  await database.open();
  return () => database.close();
}

function lockFailure(path: string, cause: unknown): NodeError {
  if (cause instanceof NodeError) return cause;
  if (isHeld(cause)) return new NodeError("HOME_IN_USE", `${path} is held by another process`, { cause });
  return new NodeError("IO_FAILED", `cannot lock ${path}: ${reasonOf(cause).message}`, { cause });
}

function isHeld(error: unknown): boolean {
  const reason = reasonOf(error);
  return "code" in reason && reason.code === "LEVEL_LOCKED";
}

/** A file in it is missing or has a wrong content. A disk that is read-only, full or failing has damaged nothing. */
function isDamaged(error: unknown): boolean {
  if (error instanceof NodeError || isHeld(error)) return false;
  const { message } = reasonOf(error);
  return !message.includes("IO error: ") || /: (?:No such file or|Not a) directory/u.test(message);
}

function reasonOf(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  return error.cause instanceof Error ? error.cause : error;
}
