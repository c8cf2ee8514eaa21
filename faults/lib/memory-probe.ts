// Loaded into a daemon with `--import` and `--expose-gc`, before anything else: four times a minute it collects all garbage and
// adds a line with what is left to FAULTS_MEMORY_FILE. What a collector has not got to yet says nothing about a leak.

import { appendFileSync } from "node:fs";

const EVERY_MS = 15_000;
const file = process.env["FAULTS_MEMORY_FILE"] ?? "";
const { gc } = globalThis;

function note(): void {
  // The second collection takes what finalisers of the first let go.
  gc?.();
  gc?.();
  const { heapUsed, external, rss } = process.memoryUsage();
  appendFileSync(file, `${process.uptime().toFixed(0)},${heapUsed},${external},${rss}\n`);
}

if (file !== "" && gc !== undefined) setInterval(note, EVERY_MS).unref();
