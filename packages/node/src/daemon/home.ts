// Opens what a node keeps in its home folder, and makes it in `init`. Only `init` creates; a running node that finds
// something missing refuses to start, because a database made up anew is how a validator forgets what it signed.

import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type Digest,
  type Genesis,
  type Store,
  chainIdOf,
  genesisFromJson,
  payloadRoot,
  digestToBytes,
} from "@selvedge/integrity";
import { type HomePaths, homePaths } from "../config/home.ts";
import { sha256 } from "../crypto.ts";
import { NodeError, isSystemError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";
import { LevelStore } from "../storage/level-store.ts";
import { PayloadStore } from "../storage/payload-store.ts";
import { SafetyFile } from "../storage/safety-file.ts";

const GENESIS_MAX_BYTES: number = 64 * 1024 * 1024;
/** Layout of the data folder; a newer one is refused (exit 76). */
const DATA_FORMAT = "selvedge-data/1";
const CHAIN_ID_KEY = "chain-id";

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
  try {
    return await readFile(path);
  } catch (cause) {
    throw new NodeError("CONFIG_INVALID", `cannot read the initial weights ${path}`, { cause });
  }
}

export interface HomeDraft {
  readonly root: string;
  readonly bundle: GenesisBundle;
  /** Text of config.toml. */
  readonly config: string;
  readonly hasSafetyFile: boolean;
}

/** Makes a home: folders, configuration, genesis, database. Refuses one that exists (exit 73). */
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
    await writeFile(join(paths.genesisWeights, `${root}.safetensors`), bytes, { mode: 0o640 });
  }
  await writeFileAtomically(paths.config, draft.config, 0o640);
  await createData(paths, draft);
  // Last, because its presence is what makes a home initialised.
  await writeFileAtomically(paths.genesis, draft.bundle.text, 0o640);
  return paths;
}

async function createData(paths: HomePaths, { bundle, hasSafetyFile }: HomeDraft): Promise<void> {
  const chainId = chainIdOf(bundle.genesis, sha256);
  const store = await LevelStore.open({ folder: paths.chainData, sha256, create: true });
  try {
    const payloads = new PayloadStore(store, sha256);
    for (const bytes of bundle.weights.values()) {
      await payloads.putWhole(bytes, bundle.genesis.params.payloadChunkBytes);
    }
    await store.batch([{ type: "put", space: "meta", key: CHAIN_ID_KEY, value: digestToBytes(chainId) }], {
      sync: true,
    });
  } finally {
    await store.close();
  }
  if (hasSafetyFile) await (await SafetyFile.open(paths.safety, { create: true })).close();
  await writeFileAtomically(paths.formatFile, `${DATA_FORMAT}\n${chainId}\n`, 0o640);
}

/** Opens the database of an initialised home, after its format and chain id were found to be ours. */
export async function openStore(paths: HomePaths, genesis: Genesis): Promise<LevelStore> {
  await checkFormat(paths, genesis);
  const store = await LevelStore.open({ folder: paths.chainData, sha256, create: false });
  try {
    await checkChain(store, genesis);
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

async function checkFormat(paths: HomePaths, genesis: Genesis): Promise<void> {
  const text = await readTextIfThere(paths.formatFile, 4096);
  if (text === undefined) throw new NodeError("HOME_MISSING", `${paths.root} is not initialised; run: selvedge init`);
  const [format, chainId] = text.split("\n");
  if (format !== DATA_FORMAT)
    throw new NodeError("WRONG_CHAIN", `${paths.root} has data format ${format}; this version reads ${DATA_FORMAT}`);
  if (chainId !== chainIdOf(genesis, sha256))
    throw new NodeError("WRONG_CHAIN", `${paths.root} holds data of another chain`);
}

async function checkChain(store: Store, genesis: Genesis): Promise<void> {
  const stored = await store.get("meta", CHAIN_ID_KEY);
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
