// Real files and published vectors, read where they lie: $SELVEDGE_DATA, or shared/data beside the repository. Nothing is
// copied in; a suite whose file is absent skips itself and says so.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, it } from "vitest";

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..");
const DATA = process.env["SELVEDGE_DATA"] ?? resolve(REPOSITORY, "../shared/data");

/** Unzipped where the name ends in .gz. */
export function readData(path: string): Uint8Array {
  const raw = readFileSync(join(DATA, path));
  return new Uint8Array(path.endsWith(".gz") ? gunzipSync(raw) : raw);
}

export function readText(path: string): string {
  return Buffer.from(readData(path)).toString("utf8");
}

export function readJson<Shape>(path: string): Shape {
  return JSON.parse(readText(path));
}

interface BundledFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Files of a .ndjson.gz bundle. */
export function readBundle(path: string): BundledFile[] {
  const lines = readText(path)
    .split("\n")
    .filter((line) => line !== "");
  return lines.map((line) => {
    const { path: name, b64 }: { path: string; b64: string } = JSON.parse(line);
    return { path: name, bytes: new Uint8Array(Buffer.from(b64, "base64")) };
  });
}

/** A suite over shared files; skipped, with the reason in its name, where one is absent. */
export function describeWithData(name: string, paths: readonly string[], suite: () => void): void {
  const absent = paths.filter((path) => !existsSync(join(DATA, path)));
  if (absent.length === 0) describe(name, suite);
  // Not the suite itself: it reads its files before its first test, and a skipped one is gone through all the same.
  else describe.skip(`${name} (no ${absent.join(", ")}; set SELVEDGE_DATA)`, () => it.skip("needs them"));
}

export function fromHex(hex: string): Uint8Array {
  return new Uint8Array(Buffer.from(hex, "hex"));
}

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
