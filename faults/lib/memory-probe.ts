// Loaded into a daemon with `--import` and `--expose-gc`, before anything else: four times a minute it collects all garbage and
// adds a line with what is left to FAULTS_MEMORY_FILE. What a collector has not got to yet says nothing about a leak.

import { appendFileSync, readFileSync } from "node:fs";
import { getHeapSpaceStatistics } from "node:v8";

const EVERY_MS = 15_000;
const file = process.env["FAULTS_MEMORY_FILE"] ?? "";
/** Machine code, bytecode and their tables: it grows for hours, as one function after the other is found to be hot. */
const CODE_SPACE = /^(?:code|trusted)_/u;
const { gc } = globalThis;
const BYTES_PER_KIB = 1024;

/** Without pages of files, as of tables that LevelDB maps: those the system takes back as it likes. All, where it is not told. */
function anonymousBytes(rss: number): number {
  const kib = /^RssAnon:\s+(\d+) kB$/mu.exec(statusText())?.[1];
  return kib === undefined ? rss : Number(kib) * BYTES_PER_KIB;
}

function statusText(): string {
  try {
    return readFileSync("/proc/self/status", "latin1");
  } catch {
    return "";
  }
}

function usedBytes(isWanted: (space: string) => boolean): number {
  return getHeapSpaceStatistics()
    .filter(({ space_name: name }) => isWanted(name))
    .reduce((sum, { space_used_size: bytes }) => sum + bytes, 0);
}

function note(): void {
  // The second collection takes what finalisers of the first let go.
  gc?.();
  gc?.();
  const { external, rss } = process.memoryUsage();
  const [data, code] = [false, true].map((isCode) => usedBytes((name) => CODE_SPACE.test(name) === isCode));
  const line = [process.uptime().toFixed(0), data, external, rss, code, anonymousBytes(rss)];
  appendFileSync(file, `${line.join(",")}\n`);
}

if (file !== "" && gc !== undefined) setInterval(note, EVERY_MS).unref();
