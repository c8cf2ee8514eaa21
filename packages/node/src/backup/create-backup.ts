// Makes a backup folder out of a stream of records, a node's genesis, its initial weights and its configuration. Takes
// these files by name and nothing else: keys, passwords and the safety record cannot come into a backup.

import { createHash } from "node:crypto";
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Genesis, PAYLOAD_MAX_BYTES, chainIdOf, genesisFromJson } from "@selvedge/integrity";
import type { HomePaths } from "../config/home.ts";
import { sha256 } from "../crypto.ts";
import { NodeError } from "../errors.ts";
import { readBounded } from "../storage/bounded-read.ts";
import { readTextIfThere, syncFolder, writeFileAtomically } from "../storage/files.ts";
import { MARK_KEY, decodePruneMark } from "../storage/prune-mark.ts";
import type { BackupRecord } from "./frames.ts";
import { type BackupFile, type BackupManifest, MANIFEST_FILE, manifestText } from "./manifest.ts";
import { RecordFiles } from "./record-files.ts";

const TEXT_MAX_BYTES: number = 64 * 1024 * 1024;

export interface BackupSource {
  readonly paths: HomePaths;
  readonly records: AsyncIterable<BackupRecord>;
  readonly software: string;
  readonly createdAt: string;
}

export interface MadeBackup {
  readonly manifest: BackupManifest;
  /** SHA-256 of manifest.json. */
  readonly digest: string;
}

/** Refuses a folder that is not empty; removes what it wrote if it does not come to its end. */
export async function createBackup(folder: string, source: BackupSource): Promise<MadeBackup> {
  await makeEmpty(folder);
  const files = new RecordFiles(folder);
  try {
    return await write(folder, source, files);
  } catch (error) {
    await files.abandon();
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function write(folder: string, source: BackupSource, files: RecordFiles): Promise<MadeBackup> {
  const genesisText = await readTextIfThere(source.paths.genesis, TEXT_MAX_BYTES);
  const genesis = genesisText === undefined ? undefined : genesisFromJson(genesisText);
  if (genesisText === undefined || genesis?.ok !== true)
    throw new NodeError("HOME_MISSING", `${source.paths.root} has no genesis that can be read`);
  const seen = { lastCommit: 0, executedCommit: 0, prunedTo: 0 };
  for await (const record of source.records) {
    noteHeights(seen, record);
    await files.add(record);
  }
  await files.end();
  const others = await copyTexts(folder, source.paths, { genesisText, genesis: genesis.value });
  const manifest: BackupManifest = {
    format: "selvedge-backup/1",
    chainId: chainIdOf(genesis.value, sha256),
    network: genesis.value.name,
    software: source.software,
    createdAt: source.createdAt,
    ...seen,
    records: files.records,
    files: [...others, ...files.files],
  };
  const { text, digest } = manifestText(manifest);
  // Last: without it the folder is no backup.
  await writeFileAtomically(join(folder, MANIFEST_FILE), text, 0o600);
  await syncFolder(folder);
  return { manifest, digest };
}

async function makeEmpty(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await readdir(folder)).length === 0) return;
  } catch (cause) {
    throw new NodeError("IO_FAILED", `cannot make ${folder}`, { cause });
  }
  throw new NodeError("HOME_EXISTS", `${folder} is not empty`);
}

/** From the records themselves, so that the same stream gives the same manifest wherever it comes from. */
function noteHeights(
  seen: { lastCommit: number; executedCommit: number; prunedTo: number },
  { space, key, value }: BackupRecord,
): void {
  if (space === "commits") {
    const index = Number.parseInt(key.split("/").at(-1) ?? "", 16);
    seen.lastCommit = Math.max(seen.lastCommit, index);
  }
  if (space === "meta" && key === MARK_KEY) seen.prunedTo = decodePruneMark(value).base;
  if (space === "state" && key.startsWith("root/"))
    seen.executedCommit = Math.max(seen.executedCommit, Number.parseInt(key.split("/").at(-1) ?? "", 16));
}

async function copyTexts(
  folder: string,
  paths: HomePaths,
  { genesisText, genesis }: { readonly genesisText: string; readonly genesis: Genesis },
): Promise<readonly BackupFile[]> {
  const files = [await put(folder, "network.json", Buffer.from(genesisText, "utf8"))];
  const config = await readTextIfThere(paths.config, TEXT_MAX_BYTES);
  if (config !== undefined) files.push(await put(folder, "config.toml", Buffer.from(config, "utf8")));
  await mkdir(join(folder, "genesis-weights"), { mode: 0o700 });
  for (const root of new Set(genesis.models.map(({ weightsRoot }) => weightsRoot))) {
    const name = `${root}.safetensors`;
    files.push(await put(folder, `genesis-weights/${name}`, await readWeights(join(paths.genesisWeights, name))));
  }
  return files;
}

async function readWeights(path: string): Promise<Uint8Array> {
  const bytes = await readBounded(path, PAYLOAD_MAX_BYTES);
  if (bytes === undefined) throw new NodeError("DATA_CORRUPT", `there are no initial weights ${path}`);
  return bytes;
}

async function put(folder: string, name: string, bytes: Uint8Array): Promise<BackupFile> {
  await writeFileAtomically(join(folder, name), bytes, 0o600);
  return { name, sizeBytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
