// Opens a device's home for one command: genesis, key, outbox, gateways. Also a reader's session, which has no key and
// keeps nothing but the checkpoint.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  DELTA_CODECS,
  type DeltaCodec,
  type Genesis,
  type ModelId,
  type VersionNumber,
  genesisFromJson,
  isModelId,
  modelId,
  portableSigner,
  versionNumber,
} from "@selvedge/integrity";
import { fromUserFolder, homePaths } from "../config/home.ts";
import { loadConfig } from "../config/load.ts";
import { createNodeSigner } from "../crypto.ts";
import { type DeviceClient, openDeviceClient } from "../device/device-client.ts";
import { NodeError } from "../errors.ts";
import { readHomePassword } from "../keys/home-password.ts";
import { openKeyFile } from "../keys/keystore.ts";
import { readTextIfThere } from "../storage/files.ts";
import { type ApiAddressOptions, apiAddressesOf } from "./api-read.ts";
import { homeOf } from "./context.ts";

const GENESIS_MAX_BYTES: number = 64 * 1024 * 1024;

export interface DeviceSessionOptions {
  readonly home?: string;
  readonly gateway?: readonly string[];
}

export interface DeviceSession {
  readonly client: DeviceClient;
  readonly genesis: Genesis;
}

export async function openDeviceSession(options: DeviceSessionOptions): Promise<DeviceSession> {
  const home = homeOf(options);
  const paths = homePaths(home);
  const genesis = await readGenesis(
    paths.genesis,
    new NodeError("HOME_MISSING", `${home} is not initialised; run: selvedge init --role device`),
  );
  const config = await loadConfig({ file: paths.config, environment: process.env, flags: {} });
  if (config.role !== "device")
    throw new NodeError("USAGE", `${home} is the home of a ${config.role}, not of a device`);
  const gateways = options.gateway ?? config.device.gateways;
  if (gateways.length === 0)
    throw new NodeError("USAGE", "give --gateway, or list device.gateways in the configuration");
  const key = await openKeyFile(paths.deviceKey, await readHomePassword(paths, config));
  const client = await openDeviceClient({
    genesis,
    gateways: gateways.map(checkedUrl),
    signer: createNodeSigner(Buffer.from(key.secrets.signing, "hex")),
    outboxFolder: paths.outbox,
    checkpointFile: join(dirname(paths.outbox), "checkpoint"),
    token: process.env["SELVEDGE_TOKEN"] ?? null,
  });
  return { client, genesis };
}

export interface ReaderOptions extends ApiAddressOptions {
  readonly genesis?: string;
}

/** For pulling and checking: believes only the genesis. Runs the work and clears up after it. */
export async function withReader<Value>(
  options: ReaderOptions,
  work: (session: DeviceSession) => Promise<Value>,
): Promise<Value> {
  const path =
    options.genesis === undefined ? homePaths(homeOf(options)).genesis : fromUserFolder(options.genesis, process.env);
  const genesis = await readGenesis(
    path,
    new NodeError("USAGE", `there is no genesis file ${path}; give --genesis or --home`),
  );
  const addresses = await apiAddressesOf(options);
  const folder = await mkdtemp(join(tmpdir(), "selvedge-reader-"));
  try {
    const client = await openDeviceClient({
      genesis,
      gateways: addresses.map(({ url }) => checkedUrl(url)),
      // A reader signs nothing.
      signer: portableSigner(new Uint8Array(32)),
      outboxFolder: join(folder, "outbox"),
      checkpointFile: join(folder, "checkpoint"),
      token: addresses[0].token,
    });
    return await work({ client, genesis });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function modelIdOf(text: string): ModelId {
  if (!isModelId(text)) throw new NodeError("USAGE", `${text} is not a model id`);
  return modelId(text);
}

export function versionOf(text: string): VersionNumber | "latest" {
  if (text === "latest") return text;
  if (!/^\d{1,15}$/u.test(text)) throw new NodeError("USAGE", `a version is a whole number or latest, not ${text}`);
  return versionNumber(Number(text));
}

export function codecOf(text: string): DeltaCodec {
  const codec = DELTA_CODECS.find((name) => name === text);
  if (codec === undefined) throw new NodeError("USAGE", `--codec is one of ${DELTA_CODECS.join(", ")}, not ${text}`);
  return codec;
}

async function readGenesis(path: string, missing: NodeError): Promise<Genesis> {
  const text = await readTextIfThere(path, GENESIS_MAX_BYTES);
  if (text === undefined) throw missing;
  const genesis = genesisFromJson(text);
  if (!genesis.ok) throw new NodeError("CONFIG_INVALID", `${path}: ${genesis.error.detail}`);
  return genesis.value;
}

function checkedUrl(text: string): string {
  if (!URL.canParse(text)) throw new NodeError("USAGE", `a gateway is a URL, not ${text}`);
  return text.replace(/\/+$/u, "");
}
