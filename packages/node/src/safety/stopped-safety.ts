// The safety file of a node that does not run: shown, exported, raised by an import, or started anew. The home is locked
// meanwhile, so that no record is read that a running node is about to outrun, and none is written beside it.

import { mkdir, rename } from "node:fs/promises";
import { dirname } from "node:path";
import type { SafetyRecord } from "@selvedge/consensus";
import { type ChainId, chainIdOf, epoch, genesisFromJson, round } from "@selvedge/integrity";
import { type HomePaths, homePaths } from "../config/home.ts";
import { sha256 } from "../crypto.ts";
import { isThere } from "../daemon/home.ts";
import { NodeError } from "../errors.ts";
import { inspectKeyFile } from "../keys/keystore.ts";
import { readTextIfThere } from "../storage/files.ts";
import { lockFolder } from "../storage/folder-lock.ts";
import { lockPath } from "../storage/open-store.ts";
import { SafetyFile } from "../storage/safety-file.ts";
import { type PortableSafety, isAbove } from "./portable-record.ts";
import { UNKNOWN_DIGEST } from "./safety-check.ts";

const GENESIS_MAX_BYTES: number = 64 * 1024 * 1024;

export interface StoppedSafety {
  readonly chainId: ChainId;
  /** Of the validator, hex. */
  readonly publicKey: string;
  readonly last: SafetyRecord | null;
}

/** HOME_IN_USE while the node runs, DATA_CORRUPT if the file is missing or damaged. */
export async function readStoppedSafety(home: string): Promise<StoppedSafety> {
  return inStoppedHome(home, async (paths) => {
    const file = await SafetyFile.open(paths.safety, { create: false });
    try {
      return { ...(await ownerOf(paths)), last: file.last };
    } finally {
      await file.close();
    }
  });
}

export interface ImportedSafety extends StoppedSafety {
  /** False if the file was as high already. */
  readonly isRaised: boolean;
}

/** Raises the record to the one imported for our key, or leaves it. WRONG_CHAIN for another chain's, or another key's. */
export async function importSafety(home: string, imported: PortableSafety): Promise<ImportedSafety> {
  return inStoppedHome(home, async (paths) => {
    const owner = await ownerOf(paths);
    if (imported.chainId !== owner.chainId)
      throw new NodeError("WRONG_CHAIN", `the export is of chain ${imported.chainId}, not of ${owner.chainId}`);
    const own = imported.records.filter(({ publicKey }) => publicKey === owner.publicKey);
    const [first] = own;
    if (first === undefined)
      throw new NodeError("WRONG_CHAIN", `the export has no record of this home's key ${owner.publicKey}`);
    const highest = own.reduce((best, { last }) => (isAbove(last, best) ? last : best), first.last);
    const file = await openOrCreate(paths);
    try {
      refuseRival(file.last, highest);
      const isRaised = isAbove(highest, file.last);
      // A file that was started anew has lost what it knew, and an older export does not bring that back.
      const isUnknown = file.last?.digest === UNKNOWN_DIGEST;
      if (isRaised) await file.append(isUnknown ? { ...highest, digest: UNKNOWN_DIGEST } : highest);
      return { ...owner, last: file.last, isRaised };
    } finally {
      await file.close();
    }
  });
}

/**
 * Starts the file anew with a record that says: what was signed is not known. The validator then recovers before it signs
 * (docs/protocol.md §11). A file that is there is kept beside; one that holds is only added to.
 */
export async function recoverSafety(home: string): Promise<StoppedSafety & { readonly keptAt: string | null }> {
  return inStoppedHome(home, async (paths) => {
    const owner = await ownerOf(paths);
    const keptAt = await setAsideDamaged(paths);
    const file = await openOrCreate(paths);
    try {
      const { last } = file;
      const next = { epoch: last?.epoch ?? epoch(0), round: round((last?.round ?? 0) + 1), digest: UNKNOWN_DIGEST };
      await file.append(next);
      return { ...owner, last: file.last, keptAt };
    } finally {
      await file.close();
    }
  });
}

/** Path of the damaged file; null if there was none. */
async function setAsideDamaged({ safety }: HomePaths): Promise<string | null> {
  if (!(await isThere(safety))) return null;
  try {
    await (await SafetyFile.open(safety, { create: false })).close();
    return null;
  } catch (error) {
    if (!(error instanceof NodeError) || error.code !== "DATA_CORRUPT") throw error;
  }
  for (let number = 1; ; number += 1) {
    const aside = `${safety}.damaged-${number}`;
    if (await isThere(aside)) continue;
    await rename(safety, aside);
    return aside;
  }
}

async function openOrCreate({ safety }: HomePaths): Promise<SafetyFile> {
  await mkdir(dirname(safety), { recursive: true, mode: 0o700 });
  return SafetyFile.open(safety, { create: true });
}

function refuseRival(last: SafetyRecord | null, imported: SafetyRecord): void {
  if (last === null || last.epoch !== imported.epoch || last.round !== imported.round) return;
  if (last.digest === imported.digest || last.digest === UNKNOWN_DIGEST || imported.digest === UNKNOWN_DIGEST) return;
  throw new NodeError(
    "DATA_CORRUPT",
    `round ${last.round} was signed twice: block ${last.digest} here, ${imported.digest} by the export`,
  );
}

async function ownerOf(paths: HomePaths): Promise<Omit<StoppedSafety, "last">> {
  const text = await readTextIfThere(paths.genesis, GENESIS_MAX_BYTES);
  const genesis = genesisFromJson(text ?? "");
  if (!genesis.ok) throw new NodeError("CONFIG_INVALID", `${paths.genesis}: ${genesis.error.detail}`);
  const { publicKey } = await inspectKeyFile(paths.validatorKey);
  return { chainId: chainIdOf(genesis.value, sha256), publicKey };
}

async function inStoppedHome<Value>(home: string, work: (paths: HomePaths) => Promise<Value>): Promise<Value> {
  const paths = homePaths(home);
  if (!(await isThere(paths.genesis))) throw new NodeError("HOME_MISSING", `${home} is not initialised`);
  if (!(await isThere(paths.validatorKey)))
    throw new NodeError("CONFIG_INVALID", `${home} is not a validator's: it signs nothing and has no safety record`);
  await mkdir(dirname(paths.chainData), { recursive: true, mode: 0o700 });
  const release = await lockFolder(lockPath(paths.chainData));
  try {
    return await work(paths);
  } finally {
    await release();
  }
}
