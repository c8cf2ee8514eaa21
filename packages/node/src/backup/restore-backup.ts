// A fresh home out of a backup. It has data and neither key nor safety record: those come from the operator, and what was
// signed after the backup is asked from the other validators (docs/protocol.md §11). Nothing of an existing home is
// touched.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Genesis, type StoreOp, chainIdOf } from "@selvedge/integrity";
import { type HomePaths, homePaths } from "../config/home.ts";
import { sha256 } from "../crypto.ts";
import { type GenesisBundle, isThere, readGenesisBundle } from "../daemon/home.ts";
import { EpochStore } from "../epoch/epoch-store.ts";
import { NodeError } from "../errors.ts";
import { ChainStore } from "../storage/chain-store.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";
import { writeFormat } from "../storage/format-file.ts";
import { LevelStore } from "../storage/level-store.ts";
import { type BackupManifest, checkFiles, readManifest } from "./manifest.ts";
import { readRecordFiles } from "./record-files.ts";

const BATCH_BYTES: number = 4 * 1024 * 1024;
const CONFIG_MAX_BYTES: number = 1024 * 1024;

export interface CheckedBackup {
  readonly folder: string;
  readonly manifest: BackupManifest;
  readonly digest: string;
  readonly bundle: GenesisBundle;
}

/** Every file by its hash, every record's frame, and that genesis and chain are what the manifest says. */
export async function checkBackup(folder: string): Promise<CheckedBackup> {
  const { manifest, digest } = await readManifest(folder);
  await checkFiles(folder, manifest);
  const bundle = await readGenesisBundle(join(folder, "network.json"), join(folder, "genesis-weights"));
  if (chainIdOf(bundle.genesis, sha256) !== manifest.chainId)
    throw new NodeError("WRONG_CHAIN", "the backup's genesis is of another chain than its manifest says");
  let records = 0;
  for await (const _ of readRecordFiles(folder, manifest.files)) records += 1;
  if (records !== manifest.records)
    throw new NodeError("DATA_CORRUPT", `the backup has ${records} records, its manifest says ${manifest.records}`);
  return { folder, manifest, digest, bundle };
}

/** HOME_EXISTS if the home has a genesis or a database. A safety file and keys that lie there already are left alone. */
export async function restoreBackup(backup: CheckedBackup, root: string): Promise<HomePaths> {
  const paths = homePaths(root);
  if ((await isThere(paths.genesis)) || (await isThere(paths.chainData)))
    throw new NodeError("HOME_EXISTS", `${root} holds data already`);
  for (const folder of [root, join(root, "keys"), paths.secrets, join(root, "safety"), join(root, "data")])
    await mkdir(folder, { recursive: true, mode: 0o700 });
  await mkdir(paths.genesisWeights, { recursive: true, mode: 0o750 });
  for (const [weightsRoot, bytes] of backup.bundle.weights)
    await writeFileAtomically(join(paths.genesisWeights, `${weightsRoot}.safetensors`), bytes, 0o640);
  await restoreConfig(backup.folder, paths);
  await restoreData(backup, paths);
  await writeFormat(paths.formatFile, { chainId: backup.manifest.chainId, nodes: [] });
  // Last, because its presence is what makes a home initialised.
  await writeFileAtomically(paths.genesis, backup.bundle.text, 0o640);
  return paths;
}

async function restoreConfig(folder: string, paths: HomePaths): Promise<void> {
  const config = await readTextIfThere(join(folder, "config.toml"), CONFIG_MAX_BYTES);
  // One that the operator has put there is the one to be used.
  if (config !== undefined && !(await isThere(paths.config))) await writeFileAtomically(paths.config, config, 0o640);
}

async function lastEpoch(store: LevelStore, genesis: Genesis): Promise<number> {
  const epochs = new EpochStore(store);
  let last = 0;
  while ((await epochs.start(last + 1, genesis)) !== undefined) last += 1;
  return last;
}

async function restoreData({ folder, manifest, bundle }: CheckedBackup, paths: HomePaths): Promise<void> {
  const store = await LevelStore.open({ folder: paths.chainData, sha256, create: true });
  try {
    let ops: StoreOp[] = [];
    let sizeBytes = 0;
    for await (const { space, key, value } of readRecordFiles(folder, manifest.files)) {
      ops.push({ type: "put", space, key, value });
      sizeBytes += value.length;
      if (sizeBytes < BATCH_BYTES) continue;
      await store.batch(ops, { sync: false });
      ops = [];
      sizeBytes = 0;
    }
    await store.batch(ops, { sync: true });
    // Acks given after the backup are not in it: whoever signs here vouches for nothing before the next epoch.
    const epoch = await lastEpoch(store, bundle.genesis);
    await (await ChainStore.open(store, sha256, { epoch, baseIndex: 0 })).past.markForgotten();
  } finally {
    await store.close();
  }
}
