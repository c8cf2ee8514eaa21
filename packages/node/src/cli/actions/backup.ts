// `backup create|verify|restore`. A running node is asked over its admin socket and goes on meanwhile; a stopped one's
// database is read here. Both give one moment's state.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { askAdmin } from "../../admin/admin-client.ts";
import { type MadeBackup, createBackup } from "../../backup/create-backup.ts";
import { type BackupRecord, readFrames } from "../../backup/frames.ts";
import { recordsOf } from "../../backup/node-records.ts";
import { type CheckedBackup, checkBackup, restoreBackup } from "../../backup/restore-backup.ts";
import { type HomePaths, fromUserFolder, homePaths } from "../../config/home.ts";
import { loadConfig } from "../../config/load.ts";
import { isThere, openStore, readGenesisBundle } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { packageVersion } from "../../package-version.ts";
import { verifyHome } from "../../verify/verify-home.ts";
import { homeOf } from "../context.ts";
import { type Output, formatBytes, jsonLine, table } from "../output.ts";

export interface BackupCreateOptions {
  readonly home?: string;
  readonly out: string;
  readonly json?: boolean;
}

export async function runBackupCreate(options: BackupCreateOptions, output: Output): Promise<number> {
  const home = homeOf(options);
  const paths = homePaths(home);
  if (!(await isThere(paths.genesis))) throw new NodeError("HOME_MISSING", `${home} is not initialised`);
  const folder = fromUserFolder(options.out, process.env);
  const { records, isOnline, close } = await openRecords(home);
  let made: MadeBackup;
  try {
    made = await createBackup(folder, {
      paths,
      records,
      software: `selvedge ${packageVersion()}`,
      createdAt: new Date().toISOString(),
    });
  } finally {
    await close();
  }
  const { manifest, digest } = made;
  const source = isOnline ? "the running node" : "the stopped node";
  await output.data(
    options.json === true
      ? jsonLine({ folder, digest, isOnline, ...manifest })
      : backupText({ manifest, digest }, [["backup", `${folder}, of ${source}`]]),
  );
  return EXIT.ok;
}

interface OpenedRecords {
  readonly records: AsyncIterable<BackupRecord>;
  readonly isOnline: boolean;
  readonly close: () => Promise<void>;
}

async function openRecords(home: string): Promise<OpenedRecords> {
  const answer = await askAdmin(home, { method: "GET", path: "/v1/admin/records" });
  if (answer !== undefined) {
    return { records: readFrames(answer), isOnline: true, close: async () => void answer.destroy() };
  }
  const paths = homePaths(home);
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  const store = await openStore(paths, genesis);
  return { records: recordsOf(store), isOnline: false, close: () => store.close() };
}

export interface BackupVerifyOptions {
  readonly argument: string;
  readonly full?: boolean;
  readonly json?: boolean;
}

export async function runBackupVerify(options: BackupVerifyOptions, output: Output): Promise<number> {
  const backup = await checkBackup(fromUserFolder(options.argument, process.env));
  if (options.full === true) await verifyWhole(backup);
  const { manifest, digest } = backup;
  await output.data(
    options.json === true
      ? jsonLine({ ok: true, digest, ...manifest })
      : backupText(backup, [
          [
            "holds",
            options.full === true ? "every hash, every record, the whole chain" : "every hash and every record",
          ],
        ]),
  );
  return EXIT.ok;
}

/** Restored beside, checked like any home, thrown away. */
async function verifyWhole(backup: CheckedBackup): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-backup-"));
  try {
    const home = join(folder, "home");
    await restoreBackup(backup, home);
    await verifyHome({ home, full: true, restart: true });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export interface BackupRestoreOptions {
  readonly argument: string;
  readonly home?: string;
  readonly digest?: string;
  readonly json?: boolean;
}

export async function runBackupRestore(options: BackupRestoreOptions, output: Output): Promise<number> {
  const backup = await checkBackup(fromUserFolder(options.argument, process.env));
  if (options.digest !== undefined && options.digest !== backup.digest)
    throw new NodeError("DATA_CORRUPT", `the manifest's digest is ${backup.digest}, not the one that was given`);
  const home = homeOf(options);
  const paths = await restoreBackup(backup, home);
  const { manifest, digest } = backup;
  if (options.json === true) {
    await output.data(jsonLine({ home, digest, ...manifest }));
    return EXIT.ok;
  }
  await output.data(backupText(backup, [["restored", home]]));
  const missing = await whatIsMissing(paths);
  if (missing !== undefined) output.note(missing);
  return EXIT.ok;
}

/** What a backup never holds and its home needs; undefined if it lies there. */
async function whatIsMissing(paths: HomePaths): Promise<string | undefined> {
  const { role } = await loadConfig({ file: paths.config, environment: {}, flags: {} });
  if (role === "observer") {
    if (await isThere(paths.nodeKey)) return undefined;
    return `an observer's key is in no backup: copy keys/node.json and secrets/password of its home, or put a password into ${paths.password} (mode 600) and run: selvedge key new --kind node --out ${paths.nodeKey} --password-file ${paths.password}`;
  }
  if (await isThere(paths.safety)) return undefined;
  return "a validator's key and safety record are in no backup: copy the key to keys/validator.json, import the newest safety export, then start; it asks the other validators what it signed and recovers";
}

function backupText({ manifest, digest }: MadeBackup, rows: readonly (readonly [string, string])[]): string {
  const sizeBytes = manifest.files.reduce((sum, file) => sum + file.sizeBytes, 0);
  return table([
    ...rows,
    ["chain", `${manifest.network}, ${manifest.chainId}`],
    ["made", `${manifest.createdAt} by ${manifest.software}`],
    [
      "commits",
      `up to ${manifest.lastCommit}, executed up to ${manifest.executedCommit}${manifest.prunedTo > 0 ? `, pruned up to ${manifest.prunedTo}` : ""}`,
    ],
    ["content", `${manifest.records} records in ${manifest.files.length} files, ${formatBytes(sizeBytes)}`],
    ["digest", digest],
  ]);
}
