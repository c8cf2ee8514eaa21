// What whoever helps with a node in trouble needs, in one file: configuration, status, metrics, the end of the log, heights
// of the safety record, versions, the folder's sizes, the process's report. Every text passes through the redaction; keys,
// passwords, the environment and heap contents are not read at all.

import { type FileHandle, lstat, open, readdir } from "node:fs/promises";
import { arch, platform, release, totalmem } from "node:os";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import type { HomePaths } from "../config/home.ts";
import type { NodeConfig } from "../config/schema.ts";
import { isThere } from "../daemon/home.ts";
import { isSystemError } from "../errors.ts";
import { packageVersion } from "../package-version.ts";
import { diskRoom } from "../storage/disk-use.ts";
import { AddressNames } from "./address-names.ts";
import type { Secrets } from "./secrets.ts";
import { type TarEntry, tarOf } from "./tar.ts";

const LOG_LINES_MAX = 10_000;
const LOG_BYTES_MAX: number = 16 * 1024 * 1024;
const SAFETY_LINES = 3;

export interface BundleSources {
  readonly paths: HomePaths;
  readonly config: NodeConfig;
  readonly secrets: Secrets;
  /** Where the node's stderr was sent, if anywhere. */
  readonly logFile: string | undefined;
  /** Of the running node; a sentence of why not otherwise. */
  readonly status: () => Promise<string>;
  readonly metrics: () => Promise<string>;
  readonly report: () => Promise<string>;
  readonly nowMs: number;
}

/** A .tar.gz. */
export async function makeBundle(sources: BundleSources): Promise<Uint8Array> {
  const { paths, config, secrets, nowMs } = sources;
  const texts: readonly (readonly [string, string])[] = [
    ["config.json", json(redactedConfig(config))],
    ["status.json", await sources.status()],
    ["metrics.txt", await sources.metrics()],
    ["report.json", await sources.report()],
    ["log.jsonl", await logTail(sources.logFile)],
    ["safety.json", json(await safetyHeights(paths.safety))],
    ["versions.json", json(versionsOf())],
    ["files.json", json(await filesOf(paths.root))],
    ["disk.json", json(await diskRoom(paths.root))],
  ];
  const addresses = new AddressNames();
  const entries: TarEntry[] = texts.map(([name, text]) => ({
    name: `selvedge-debug/${name}`,
    bytes: Buffer.from(addresses.replaceIn(secrets.redact(text)), "utf8"),
  }));
  return gzipSync(tarOf(entries, Math.floor(nowMs / 1000)));
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

/** Which files hold secrets is said, not where. */
function redactedConfig(config: NodeConfig): object {
  return {
    ...config,
    api: { ...config.api, token_file: isSet(config.api.token_file) },
    keys: { ...config.keys, password_file: isSet(config.keys.password_file) },
    device: { ...config.device, gateways: config.device.gateways.map((_, position) => `[gateway ${position}]`) },
  };
}

function isSet(path: string): string {
  return path === "" ? "" : "[set]";
}

/** Epoch and round of the newest records: heights, no digests. */
async function safetyHeights(path: string): Promise<object> {
  const text = await tailOf(path, 4096);
  if (text === undefined) return { isThere: false };
  const newest = text
    .trimEnd()
    .split("\n")
    .slice(-SAFETY_LINES)
    .map((line) => line.split(" ").slice(0, 2).join(" "));
  return { isThere: true, newest };
}

async function logTail(path: string | undefined): Promise<string> {
  if (path === undefined) return "no log file was given or found\n";
  const text = await tailOf(path, LOG_BYTES_MAX);
  if (text === undefined) return `there is no log file\n`;
  return `${text.trimEnd().split("\n").slice(-LOG_LINES_MAX).join("\n")}\n`;
}

async function tailOf(path: string, bytesMax: number): Promise<string | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, "r");
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return undefined;
    throw error;
  }
  try {
    const { size } = await file.stat();
    const bytes = Buffer.alloc(Math.min(size, bytesMax));
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
    return bytes.subarray(0, bytesRead).toString("utf8");
  } finally {
    await file.close();
  }
}

function versionsOf(): object {
  const { node, v8, uv, openssl } = process.versions;
  return {
    selvedge: packageVersion(),
    node,
    v8,
    uv,
    openssl,
    system: `${platform()} ${release()} ${arch()}`,
    memoryBytes: totalmem(),
  };
}

/** Sizes and modes of all files; names of what may be a secret are of ours and known. */
async function filesOf(root: string): Promise<readonly object[]> {
  const found: object[] = [];
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    try {
      const { size, mode } = await lstat(path);
      if (!entry.isDirectory())
        found.push({ path: relative(root, path), sizeBytes: size, mode: (mode & 0o7777).toString(8) });
    } catch (error) {
      // LevelDB removes files while we look.
      if (!isSystemError(error, "ENOENT")) throw error;
    }
  }
  return found;
}

/** The home's log if there is one: of a development network, or what a supervisor writes there. */
export async function foundLog(paths: HomePaths): Promise<string | undefined> {
  for (const path of [join(paths.root, "node.log"), join(paths.root, "logs", "node.log")])
    if (await isThere(path)) return path;
  return undefined;
}
