// Opens what a node keeps in its home folder, and makes it in `init`. Only `init` creates; a running node that finds
// something missing refuses to start, because a database made up anew is how a validator forgets what it signed.

import { access, mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import {
  type Digest,
  type Genesis,
  PAYLOAD_MAX_BYTES,
  type Store,
  chainIdOf,
  genesisFromJson,
  payloadRoot,
  digestToBytes,
} from "@selvedge/integrity";
import { type HomePaths, homePaths } from "../config/home.ts";
import { sha256 } from "../crypto.ts";
import { NodeError, isSystemError } from "../errors.ts";
import { readBounded } from "../storage/bounded-read.ts";
import { readTextIfThere, syncFolder, writeFileAtomically } from "../storage/files.ts";
import { NODE_KEYS_MAX, readFormat, writeFormat } from "../storage/format-file.ts";
import type { LevelStore } from "../storage/level-store.ts";
import { type OpenStoreOptions, type OpenedStore, openCheckedStore } from "../storage/open-store.ts";
import { SafetyFile } from "../storage/safety-file.ts";
import { makeDatabase, storedChainId } from "./new-database.ts";

const GENESIS_MAX_BYTES: number = 64 * 1024 * 1024;
/** Tables of payload alone are read at a start up to here, a few seconds' worth; the scrub reads the rest. */
const PAYLOAD_CHECK_BYTES_MAX: number = 4 * 1024 * 1024 * 1024;

export interface GenesisBundle {
  readonly genesis: Genesis;
  /** The genesis file's text, kept as it came. */
  readonly text: string;
  /** Initial weights by payload root. */
  readonly weights: ReadonlyMap<Digest, Uint8Array>;
}

/** Reads and checks a genesis file and the `genesis-weights` folder beside it. */
export async function readGenesisBundle(path: string, weightsFolder: string): Promise<GenesisBundle> {
  const text = await readTextIfThere(path, GENESIS_MAX_BYTES);
  if (text === undefined) throw new NodeError("CONFIG_INVALID", `there is no genesis file ${path}`);
  const genesis = genesisFromJson(text);
  if (!genesis.ok) throw new NodeError("CONFIG_INVALID", `${path}: ${genesis.error.detail}`);
  const weights = new Map<Digest, Uint8Array>();
  for (const model of genesis.value.models) {
    const bytes = await readWeights(join(weightsFolder, `${model.weightsRoot}.safetensors`));
    if (payloadRoot(sha256, bytes, genesis.value.params.payloadChunkBytes) !== model.weightsRoot) {
      throw new NodeError("DATA_CORRUPT", `the initial weights of ${model.id} are not those that the genesis names`);
    }
    weights.set(model.weightsRoot, bytes);
  }
  return { genesis: genesis.value, text, weights };
}

async function readWeights(path: string): Promise<Uint8Array> {
  const bytes = await readBounded(path, PAYLOAD_MAX_BYTES);
  if (bytes === undefined) throw new NodeError("CONFIG_INVALID", `there are no initial weights ${path}`);
  return bytes;
}

export interface HomeDraft {
  readonly root: string;
  readonly bundle: GenesisBundle;
  /** Text of config.toml. */
  readonly config: string;
  readonly hasSafetyFile: boolean;
  /** What the node needs besides: its key, and the password of one that is made here. */
  readonly writeKey?: (paths: HomePaths) => Promise<void>;
}

/** Makes a home: folders, configuration, database, key, genesis. Refuses one that exists (exit 73). */
export async function createHome(draft: HomeDraft): Promise<HomePaths> {
  const paths = homePaths(draft.root);
  if (await isThere(paths.genesis)) throw new NodeError("HOME_EXISTS", `${draft.root} is initialised already`);
  for (const folder of [
    draft.root,
    join(draft.root, "keys"),
    paths.secrets,
    join(draft.root, "safety"),
    join(draft.root, "data"),
  ]) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
  }
  await mkdir(paths.genesisWeights, { recursive: true, mode: 0o750 });
  for (const [root, bytes] of draft.bundle.weights) {
    await writeFileAtomically(join(paths.genesisWeights, `${root}.safetensors`), bytes, 0o640);
  }
  await writeFileAtomically(paths.config, draft.config, 0o640);
  await createData(paths, draft);
  await draft.writeKey?.(paths);
  // Last, because its presence is what makes a home initialised.
  await writeFileAtomically(paths.genesis, draft.bundle.text, 0o640);
  await syncFolder(dirname(resolve(draft.root)));
  return paths;
}

async function createData(paths: HomePaths, { bundle, hasSafetyFile }: HomeDraft): Promise<void> {
  await makeDatabase({ ...bundle, folder: paths.chainData });
  if (hasSafetyFile) await (await SafetyFile.open(paths.safety, { create: true })).close();
  await writeFormat(paths.formatFile, { chainId: chainIdOf(bundle.genesis, sha256), nodes: [] });
}

/**
 * Opens the database of an initialised home, after its format and chain id were found to be ours and its files to hold.
 * Any damage is DATA_CORRUPT; closing gives up the lock on the home.
 */
export async function openStore(paths: HomePaths, genesis: Genesis): Promise<LevelStore> {
  const opened = await openHomeStore(paths, genesis, { mends: false, payloadBytesMax: Number.POSITIVE_INFINITY });
  return opened.store;
}

/** As openStore for a node that starts: damage that other nodes can make good is cut out and reported. */
export async function openStoreToRun(paths: HomePaths, genesis: Genesis): Promise<OpenedStore> {
  return openHomeStore(paths, genesis, { mends: true, payloadBytesMax: PAYLOAD_CHECK_BYTES_MAX });
}

async function openHomeStore(
  paths: HomePaths,
  genesis: Genesis,
  options: Pick<OpenStoreOptions, "mends" | "payloadBytesMax">,
): Promise<OpenedStore> {
  await checkFormat(paths, genesis);
  const opened = await openCheckedStore({ folder: paths.chainData, sha256, ...options });
  try {
    await checkChain(opened.store, genesis);
  } catch (error) {
    await opened.store.close();
    throw error;
  }
  return opened;
}

/**
 * The home is that of one node: data that came with another one's folder is refused (exit 76). Keys that it may go on with
 * are noted while it still has one that is known.
 */
export async function claimHome(paths: HomePaths, keys: readonly string[]): Promise<void> {
  const format = await readFormat(paths.formatFile);
  if (format === undefined) return;
  const { nodes } = format;
  if (nodes.length > 0 && !keys.some((key) => nodes.includes(key)))
    throw new NodeError(
      "WRONG_CHAIN",
      `${paths.root} holds the data of node ${nodes.join(" or ")}, not of ${keys.join(" or ")}`,
    );
  const added = keys.filter((key) => !nodes.includes(key));
  if (added.length > 0)
    await writeFormat(paths.formatFile, { ...format, nodes: [...nodes, ...added].slice(-NODE_KEYS_MAX) });
}

async function checkFormat(paths: HomePaths, genesis: Genesis): Promise<void> {
  const format = await readFormat(paths.formatFile);
  if (format === undefined) throw new NodeError("HOME_MISSING", `${paths.root} is not initialised; run: selvedge init`);
  if (format.chainId !== chainIdOf(genesis, sha256))
    throw new NodeError("WRONG_CHAIN", `${paths.root} holds data of another chain`);
}

async function checkChain(store: Store, genesis: Genesis): Promise<void> {
  const stored = await storedChainId(store);
  if (stored === undefined)
    throw new NodeError("DATA_CORRUPT", "the database does not name its chain: it is not the one that init made");
  if (Buffer.compare(stored, digestToBytes(chainIdOf(genesis, sha256))) !== 0) {
    throw new NodeError("WRONG_CHAIN", "the database holds another chain");
  }
}

export async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (cause) {
    if (isSystemError(cause, "ENOENT") || isSystemError(cause, "ENOTDIR")) return false;
    throw new NodeError("IO_FAILED", `cannot look at ${path}`, { cause });
  }
}
