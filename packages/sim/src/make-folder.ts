// Folders that are to be written into. Node's own recursive mkdir asks for a missing parent again and again where the
// system says ENOENT of a folder whose parent is there (as /proc does), and never answers.

import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/** Makes the folder and those above it, as far as they are missing. Throws what the system says. */
export function makeFolder(folder: string): void {
  const missing: string[] = [];
  for (let path = resolve(folder); !isThere(path) && dirname(path) !== path; path = dirname(path)) missing.push(path);
  for (const path of missing.reverse()) {
    try {
      mkdirSync(path);
    } catch (error) {
      // Another process may have been faster.
      if (!isThere(path)) throw error;
    }
  }
}

/** A file in the way is there, too: what is to be made below it is refused by the system. */
function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
