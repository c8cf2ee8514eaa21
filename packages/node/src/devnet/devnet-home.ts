// The folder of a devnet: its genesis and keys, and a home for each node (v0, v1, …, o0, …). Made once; one that exists
// is continued if it fits what is asked for. Configurations are written anew at every start, with the ports then free.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Genesis } from "@selvedge/integrity";
import { DEFAULT_CONFIG } from "../config/defaults.ts";
import { type HomePaths, homePaths } from "../config/home.ts";
import { checkConfig } from "../config/load.ts";
import type { NodeConfig } from "../config/schema.ts";
import { configText } from "../daemon/config-text.ts";
import { type GenesisBundle, createHome, isThere, readGenesisBundle } from "../daemon/home.ts";
import { NodeError } from "../errors.ts";
import { freshKey } from "../keys/fresh-key.ts";
import { readPasswordFile, writeKeyFile } from "../keys/keystore.ts";
import { isEmptyFolder, writeFileAtomically } from "../storage/files.ts";
import { type NetworkPlan, makeTestNetwork, writeTestNetwork } from "./make-network.ts";

export interface DevnetFolder {
  readonly root: string;
  readonly bundle: GenesisBundle;
  readonly passwordFile: string;
  /** True if the folder was there before. */
  readonly isContinued: boolean;
}

/** Makes the network's folder, or opens one that fits the plan; HOME_EXISTS otherwise. */
export async function openDevnetFolder(root: string, plan: NetworkPlan): Promise<DevnetFolder> {
  const genesis = join(root, "genesis.json");
  const passwordFile = join(root, "keys", "password");
  if (!(await isThere(genesis))) {
    if (!(await isEmptyFolder(root)))
      throw new NodeError("HOME_EXISTS", `${root} is not empty, and not the folder of a devnet`);
    const network = makeTestNetwork(plan);
    await writeTestNetwork(network, root, "edge");
    return { root, bundle: network.bundle, passwordFile, isContinued: false };
  }
  const bundle = await readGenesisBundle(genesis, join(root, "genesis-weights"));
  const misfit = misfitOf(bundle.genesis, makeTestNetwork(plan).bundle.genesis);
  if (misfit !== undefined) throw new NodeError("HOME_EXISTS", `${root} holds another network: its ${misfit} differ`);
  return { root, bundle, passwordFile, isContinued: true };
}

/** The first thing in which two networks differ besides their keys and their age. */
function misfitOf(there: Genesis, wanted: Genesis): string | undefined {
  if (there.name !== wanted.name) return "names";
  if (!isDeepStrictEqual(namesOf(there.validators), namesOf(wanted.validators))) return "validators";
  if (!isDeepStrictEqual(namesOf(there.devices), namesOf(wanted.devices))) return "devices";
  if (!isDeepStrictEqual(there.params, wanted.params)) return "parameters";
  return isDeepStrictEqual(there.models, wanted.models) ? undefined : "models";
}

function namesOf(members: readonly { readonly name: string }[]): readonly string[] {
  return members.map(({ name }) => name);
}

export interface NodePlace {
  /** "v0", "v1", … for validators, "o0", … for observers. */
  readonly name: string;
  readonly role: "validator" | "observer";
  readonly index: number;
  readonly home: string;
  readonly p2pPort: number;
  readonly apiPort: number;
}

export interface DevnetTuning {
  readonly mode?: "direct" | "gossip";
  readonly logLevel?: string;
  readonly consensus?: Partial<NodeConfig["consensus"]>;
  readonly storage?: Partial<NodeConfig["storage"]>;
}

/** Makes the node's home if it is not there; writes its configuration in any case. */
export async function prepareNodeHome(folder: DevnetFolder, place: NodePlace, config: NodeConfig): Promise<void> {
  const paths = homePaths(place.home);
  const text = configText(config);
  if (await isThere(paths.genesis)) {
    await writeFileAtomically(paths.config, text, 0o640);
    return;
  }
  await createHome({
    root: place.home,
    bundle: folder.bundle,
    config: text,
    hasSafetyFile: place.role === "validator",
    writeKey: () => writeNodeKey(folder, place, paths),
  });
}

async function writeNodeKey(
  { root, passwordFile }: DevnetFolder,
  { role, index }: NodePlace,
  paths: HomePaths,
): Promise<void> {
  if (role === "validator") {
    const key = await readFile(join(root, "keys", `validator-${index}.json`));
    await writeFileAtomically(paths.validatorKey, key, 0o600);
    return;
  }
  const { publicKey, secrets } = freshKey("node");
  const password = await readPasswordFile(passwordFile);
  await writeKeyFile({ path: paths.nodeKey, info: { kind: "node", publicKey }, secrets, password, profile: "edge" });
}

export function nodeConfig(
  folder: DevnetFolder,
  places: readonly NodePlace[],
  own: NodePlace & { readonly tuning: DevnetTuning },
): NodeConfig {
  const { mode, logLevel, consensus, storage } = own.tuning;
  const peers = places
    .filter(({ role, name }) => role === "validator" && name !== own.name)
    .map(({ index, p2pPort }) => ({ validator: index, address: loopback(p2pPort) }));
  return checkConfig(
    {
      ...DEFAULT_CONFIG,
      role: own.role,
      p2p: { ...DEFAULT_CONFIG.p2p, listen: [loopback(own.p2pPort)], mode: mode ?? DEFAULT_CONFIG.p2p.mode, peers },
      api: { ...DEFAULT_CONFIG.api, port: own.apiPort },
      consensus: { ...DEFAULT_CONFIG.consensus, ...consensus },
      storage: { ...DEFAULT_CONFIG.storage, ...storage },
      keys: { password_file: folder.passwordFile },
      log: { level: logLevel ?? DEFAULT_CONFIG.log.level },
    },
    "the devnet's options",
  );
}

function loopback(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`;
}
