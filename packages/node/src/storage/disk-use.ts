// How much room a folder takes, and how much its file system has left.

import { lstat, readdir, statfs } from "node:fs/promises";
import { join } from "node:path";
import { isSystemError } from "../errors.ts";

const STAT_BLOCK_BYTES = 512;

/** Bytes that the files of a folder take on the disk, as `du` counts them. Files that vanish meanwhile count nothing. */
export async function diskUse(folder: string): Promise<number> {
  let sizeBytes = 0;
  for (const name of await readdir(folder, { recursive: true })) {
    try {
      const { blocks } = await lstat(join(folder, name));
      sizeBytes += blocks * STAT_BLOCK_BYTES;
    } catch (error) {
      if (!isSystemError(error, "ENOENT")) throw error;
    }
  }
  return sizeBytes;
}

export interface DiskRoom {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** What an ordinary process may still write to the folder's file system. */
export async function diskRoom(folder: string): Promise<DiskRoom> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}
