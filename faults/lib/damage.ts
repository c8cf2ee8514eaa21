// Damage to the files of a stopped node, as disks, operators and power cuts do it.

import { createHash } from "node:crypto";
import { cpSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { homePaths } from "@selvedge/node/testing";

const SECTOR_BYTES = 4096;

function databaseFiles(home: string, ending: string): string[] {
  const folder = homePaths(home).chainData;
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .toSorted((left, right) => (left < right ? -1 : 1));
}

export function newestLog(home: string): string {
  const log = databaseFiles(home, ".log").at(-1);
  if (log === undefined) throw new Error(`${home} has no write-ahead log`);
  return log;
}

export function tearOff(file: string, bytes: number): void {
  truncateSync(file, Math.max(0, statSync(file).size - bytes));
}

/** One sector in the middle becomes zeros. */
export function zeroSector(file: string): void {
  const content = readFileSync(file);
  const middle = Math.floor(content.length / 2 / SECTOR_BYTES) * SECTOR_BYTES;
  content.fill(0, middle, middle + SECTOR_BYTES);
  writeFileSync(file, content);
}

/** Two sectors change places, as a disk does that writes to the wrong one. */
export function swapSectors(file: string): void {
  const content = readFileSync(file);
  const sectors = Math.floor(content.length / SECTOR_BYTES);
  const [left, right] = [Math.floor(sectors / 3) * SECTOR_BYTES, Math.floor((2 * sectors) / 3) * SECTOR_BYTES];
  const first = Buffer.from(content.subarray(left, left + SECTOR_BYTES));
  content.copyWithin(left, right, right + SECTOR_BYTES);
  first.copy(content, right);
  writeFileSync(file, content);
}

export function removeFiles(home: string, prefix: string): void {
  const folder = homePaths(home).chainData;
  for (const name of readdirSync(folder)) if (name.startsWith(prefix)) rmSync(join(folder, name));
}

export function emptyFolder(folder: string): void {
  for (const name of readdirSync(folder)) rmSync(join(folder, name), { recursive: true });
}

export function copyFolder(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, preserveTimestamps: true });
}

/** What every attempt to open a database touches: its notes and its lock. */
const NOTES = /(^|\/)(LOG|LOG\.old|LOCK)(\/|$)/u;

/** One digest over the names and contents of all files below a folder that hold data. */
export function folderDigest(folder: string): string {
  const hash = createHash("sha256");
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted((left, right) =>
    left < right ? -1 : 1,
  );
  for (const name of names) {
    const path = join(folder, name);
    if (!NOTES.test(name) && statSync(path).isFile()) hash.update(`${name}\0`).update(readFileSync(path));
  }
  return hash.digest("hex");
}
