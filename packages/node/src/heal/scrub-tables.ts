// Reads the tables of a database that is open, and names those that do not hold. LevelDB replaces its tables and never
// writes into one, so reading beside it is safe; a table that is gone meanwhile was replaced and is no finding.

import { access } from "node:fs/promises";
import { checkTableFile, readVersion, sentenceOf } from "../storage/leveldb/check-database.ts";

export interface TableScrub {
  /** Awaited after each table: here the rate is kept. */
  readonly onRead?: (bytes: number) => Promise<void>;
  readonly isStopped?: () => boolean;
}

export interface TableFinding {
  readonly file: string;
  readonly sentence: string;
}

export async function scrubTables(folder: string, scrub: TableScrub = {}): Promise<readonly TableFinding[]> {
  const version = await readVersion(folder);
  // LevelDB may be changing from one manifest to the next: the next pass sees it settled.
  if ("kind" in version) return [];
  const findings: TableFinding[] = [];
  for (const table of version.tables) {
    if (scrub.isStopped?.() === true) return findings;
    const damages = await checkTableFile(folder, table);
    for (const damage of damages)
      if (await isThere(damage.file)) findings.push({ file: damage.file, sentence: sentenceOf(damage) });
    await scrub.onRead?.(table.sizeBytes);
  }
  return findings;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
