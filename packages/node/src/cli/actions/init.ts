// `init`: makes a node's home from a genesis file and, for validators and devices, a key file.

import { randomBytes } from "node:crypto";
import { dirname, join } from "node:path";
import { committeeOf, hexFromBytes } from "@selvedge/integrity";
import { DEFAULT_CONFIG } from "../../config/defaults.ts";
import { fromUserFolder, homePaths } from "../../config/home.ts";
import { checkConfig } from "../../config/load.ts";
import type { NodeConfig } from "../../config/schema.ts";
import { configText } from "../../daemon/config-text.ts";
import { createHome, isThere, readGenesisBundle } from "../../daemon/home.ts";
import { checkPeerIndices } from "../../daemon/peer-indices.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { freshKey } from "../../keys/fresh-key.ts";
import { inspectKeyFile, openKeyFile, readPasswordFile, writeKeyFile } from "../../keys/keystore.ts";
import { readTextIfThere, writeFileAtomically } from "../../storage/files.ts";
import { homeOf } from "../context.ts";
import { type Output, jsonLine } from "../output.ts";

const KEY_FILE_MAX_BYTES = 16 * 1024;

export interface InitOptions {
  readonly network: string;
  readonly role: string;
  readonly key?: string;
  readonly passwordFile?: string;
  readonly listen?: readonly string[];
  readonly peer?: readonly string[];
  readonly apiPort?: number;
  readonly gateway?: readonly string[];
  readonly mode?: string;
  readonly home?: string;
  readonly json?: boolean;
}

export async function runInit(options: InitOptions, output: Output): Promise<number> {
  const root = homeOf(options);
  const paths = homePaths(root);
  if (await isThere(paths.genesis)) throw new NodeError("HOME_EXISTS", `${root} is initialised already`);
  const network = fromUserFolder(options.network, process.env);
  const bundle = await readGenesisBundle(network, join(dirname(network), "genesis-weights"));
  const role = roleOf(options.role);
  const source = role === "observer" && options.key === undefined ? null : await givenKey(options, role);
  const passwordFile = source?.passwordFile ?? paths.password;
  // The home's own is not named: a home that is moved finds it.
  const config = configOf(options, { role, passwordFile: passwordFile === paths.password ? "" : passwordFile });
  checkPeerIndices(config, committeeOf(bundle.genesis).validators.length);
  const keyPath = keyPathOf(role, paths);
  await createHome({
    root,
    bundle,
    config: configText(config),
    hasSafetyFile: role === "validator",
    writeKey: () =>
      source === null ? makeNodeKey(keyPath, passwordFile) : writeFileAtomically(keyPath, source.text, 0o600),
  });
  for (const path of [paths.config, paths.genesis, paths.chainData, keyPath]) output.note(`wrote ${path}`);
  if (options.json === true) await output.data(jsonLine({ home: root, role, config: paths.config, key: keyPath }));
  else await output.data(`${root}\n`);
  return EXIT.ok;
}

interface GivenKey {
  readonly text: string;
  readonly passwordFile: string;
}

/** The key is opened once, so that a wrong password is found now and not at the first start. */
async function givenKey(options: InitOptions, role: NodeConfig["role"]): Promise<GivenKey> {
  if (options.key === undefined || options.passwordFile === undefined) {
    throw new NodeError("USAGE", `a ${role} needs --key and --password-file`);
  }
  const path = fromUserFolder(options.key, process.env);
  const passwordFile = fromUserFolder(options.passwordFile, process.env);
  const { kind } = await inspectKeyFile(path);
  const wanted = role === "observer" ? "node" : role;
  if (kind !== wanted)
    throw new NodeError("USAGE", `${path} is the key of a ${kind}; a ${role} needs one of kind ${wanted}`);
  await openKeyFile(path, await readPasswordFile(passwordFile));
  return { text: (await readTextIfThere(path, KEY_FILE_MAX_BYTES)) ?? "", passwordFile };
}

async function makeNodeKey(path: string, passwordFile: string): Promise<void> {
  const password = hexFromBytes(randomBytes(16));
  await writeFileAtomically(passwordFile, `${password}\n`, 0o600);
  const { publicKey, secrets } = freshKey("node");
  await writeKeyFile({ path, info: { kind: "node", publicKey }, secrets, password, profile: "edge" });
}

function keyPathOf(role: NodeConfig["role"], paths: ReturnType<typeof homePaths>): string {
  if (role === "validator") return paths.validatorKey;
  return role === "device" ? paths.deviceKey : paths.nodeKey;
}

function roleOf(name: string): NodeConfig["role"] {
  if (name === "validator" || name === "observer" || name === "device") return name;
  throw new NodeError("USAGE", `--role is validator, observer or device, not ${name}`);
}

function configOf(
  options: InitOptions,
  { role, passwordFile }: Pick<NodeConfig, "role"> & { passwordFile: string },
): NodeConfig {
  return checkConfig(
    {
      ...DEFAULT_CONFIG,
      role,
      p2p: {
        ...DEFAULT_CONFIG.p2p,
        listen: options.listen ?? DEFAULT_CONFIG.p2p.listen,
        mode: options.mode ?? DEFAULT_CONFIG.p2p.mode,
        peers: (options.peer ?? []).map(peerOf),
      },
      api: { ...DEFAULT_CONFIG.api, port: options.apiPort ?? DEFAULT_CONFIG.api.port },
      device: { gateways: options.gateway ?? [] },
      keys: { password_file: passwordFile },
    },
    "the options of init",
  );
}

/** `2=/ip4/…` is validator 2; an address alone is a node whose place is not known. */
function peerOf(text: string): { validator?: number; address: string } {
  const parts = /^(?<index>\d{1,4})=(?<address>\/.+)$/u.exec(text)?.groups;
  const address = parts?.["address"] ?? text;
  if (!address.startsWith("/")) throw new NodeError("USAGE", `--peer is a multiaddr or index=multiaddr, not ${text}`);
  return parts === undefined ? { address } : { validator: Number(parts["index"]), address };
}
