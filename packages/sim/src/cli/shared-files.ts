// A command that writes over what it reads, or writes two things into one file, spoils both. Told before anything is
// opened for writing: opening alone empties a file.

import { type Stats, readlinkSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { SimInputError } from "../scenario/sim-error.ts";

export interface NamedFile {
  /** As the user knows it: an option, or what the argument is. */
  readonly name: string;
  /** Undefined: not asked for. */
  readonly path: string | undefined;
}

/** Throws USAGE if a file to be written is one that is read, or one that is written besides, however it is spelled. */
export function refuseSharedFiles({ read, written }: Readonly<Record<"read" | "written", readonly NamedFile[]>>): void {
  const owners = new Map<string, string>();
  const claim = ({ name, path }: NamedFile, isWritten: boolean): void => {
    const identity = path === undefined ? undefined : identityOf(path);
    if (identity === undefined) return;
    const owner = owners.get(identity);
    if (isWritten && owner !== undefined)
      throw new SimInputError("USAGE", `${owner} and ${name} are the same file (${path}): name another one`);
    owners.set(identity, name);
  };
  for (const file of read) claim(file, false);
  for (const file of written) claim(file, true);
}

/** Undefined for what is no file with a content of its own, such as /dev/null. */
function identityOf(path: string): string | undefined {
  const stat = statIfThere(path);
  if (stat === undefined) return placeOf(path);
  return stat.isFile() ? `${stat.dev}:${stat.ino}` : undefined;
}

const LINKS_MAX = 40;

/** Where a file that is not there would be made: links that lead nowhere are followed when it is. */
function placeOf(path: string): string {
  let place = resolve(path);
  for (let links = 0; links < LINKS_MAX; links += 1) {
    const target = linkTarget(place);
    if (target === undefined) break;
    place = resolve(dirname(place), target);
  }
  return join(realFolder(dirname(place)), basename(place));
}

function statIfThere(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    // Not there, or not to be looked at: opening it will tell.
    return undefined;
  }
}

function linkTarget(path: string): string | undefined {
  try {
    return readlinkSync(path);
  } catch {
    // No link.
    return undefined;
  }
}

function realFolder(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    // Not there: opening the file will tell.
    return folder;
  }
}
