// `genesis new|show`: deals a test network; says what a genesis file holds.

import { join } from "node:path";
import {
  type AggregatorSpec,
  type Genesis,
  type ModelPolicy,
  chainIdOf,
  genesisFromJson,
  hexFromBytes,
  isModelId,
} from "@selvedge/integrity";
import { fromUserFolder } from "../../config/home.ts";
import { sha256 } from "../../crypto.ts";
import { isThere } from "../../daemon/home.ts";
import { DEFAULT_DIGIT_POLICY, digitNetworkModel, fairShare, normUnits } from "../../devnet/digit-network.ts";
import { makeTestNetwork, writeTestNetwork } from "../../devnet/make-network.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { readTextIfThere } from "../../storage/files.ts";
import { type Output, jsonLine, table } from "../output.ts";
import { kdfProfileOf } from "./key.ts";

const GENESIS_FILE_MAX_BYTES: number = 64 * 1024 * 1024;

export interface NewGenesisOptions {
  readonly out: string;
  readonly validators: number;
  /** "3,2,2,1": 1 each if absent. */
  readonly stakes?: string;
  readonly devices: number;
  readonly name: string;
  readonly model: string;
  readonly hidden: number;
  readonly seed: string;
  readonly bufferSize?: number;
  readonly minimum?: number;
  readonly windowCommits?: number;
  readonly perDeviceMax?: number;
  readonly maxStaleness?: number;
  readonly normMax?: number;
  readonly aggregator?: string;
  readonly clip?: string;
  readonly kdfProfile: string;
  readonly json?: boolean;
}

export async function newGenesis(options: NewGenesisOptions, output: Output): Promise<number> {
  const folder = fromUserFolder(options.out, process.env);
  if (await isThere(join(folder, "genesis.json")))
    throw new NodeError("HOME_EXISTS", `${folder} holds a genesis already`);
  if (!isModelId(options.model)) throw new NodeError("USAGE", `--model ${options.model} is not a model id`);
  const model = digitNetworkModel({
    id: options.model,
    hidden: options.hidden,
    seed: options.seed,
    policy: policyOf(options),
  });
  const network = makeTestNetwork({
    name: options.name,
    validators: options.validators,
    ...(options.stakes === undefined ? {} : { stakes: stakesOf(options.stakes, options.validators) }),
    devices: options.devices,
    models: [model],
    createdMs: Date.now(),
  });
  // Refused here rather than by every node that is given the file.
  const checked = genesisFromJson(network.bundle.text);
  if (!checked.ok) throw new NodeError("USAGE", `these options make no sound genesis: ${checked.error.detail}`);
  const written = await writeTestNetwork(network, folder, kdfProfileOf(options.kdfProfile));
  output.note(
    "This is a dealer's test network: one party made every key and the coin. Do not use it where that matters.",
  );
  const chainId = chainIdOf(network.bundle.genesis, sha256);
  if (options.json === true) {
    await output.data(jsonLine({ chainId, ...written }));
    return EXIT.ok;
  }
  const rows = [
    ["chain", chainId],
    ["genesis", written.genesis],
    ["weights", written.weights],
    ["password", written.passwordFile],
  ];
  const keys = [...written.validatorKeys, ...written.deviceKeys].map((path) => ["key", path]);
  await output.data(table([...rows, ...keys]));
  return EXIT.ok;
}

function stakesOf(text: string, validators: number): readonly number[] {
  const stakes = text.split(",").map(Number);
  if (stakes.length !== validators || !stakes.every((stake) => Number.isSafeInteger(stake) && stake >= 1))
    throw new NodeError("USAGE", `--stakes are ${validators} whole numbers with commas between them, not ${text}`);
  return stakes;
}

function policyOf(options: NewGenesisOptions): ModelPolicy {
  const { minimum, windowCommits, perDeviceMax, maxStaleness, normMax } = options;
  const fallback = DEFAULT_DIGIT_POLICY;
  const bufferSize = options.bufferSize ?? fallback.bufferSize;
  return {
    ...fallback,
    bufferSize,
    minimum: minimum ?? Math.min(fallback.minimum, bufferSize),
    perDeviceMax: perDeviceMax ?? fairShare(bufferSize, options.devices),
    windowCommits: windowCommits ?? fallback.windowCommits,
    maxStaleness: maxStaleness ?? fallback.maxStaleness,
    normMax: normMax === undefined ? fallback.normMax : normUnits(normMax),
    aggregator: aggregatorOf(options),
  };
}

function aggregatorOf({ aggregator = "weighted-mean", clip }: NewGenesisOptions): AggregatorSpec {
  if (aggregator !== "weighted-mean" && aggregator !== "coordinate-median") {
    throw new NodeError("USAGE", `--aggregator is weighted-mean or coordinate-median, not ${aggregator}`);
  }
  const rule = clip ?? (aggregator === "weighted-mean" ? "median-norm" : "none");
  if (rule !== "none" && rule !== "median-norm")
    throw new NodeError("USAGE", `--clip is median-norm or none, not ${rule}`);
  return { name: aggregator, clip: rule };
}

export async function showGenesis(
  options: { readonly argument: string; readonly json?: boolean },
  output: Output,
): Promise<number> {
  const path = fromUserFolder(options.argument, process.env);
  const text = await readTextIfThere(path, GENESIS_FILE_MAX_BYTES);
  if (text === undefined) throw new NodeError("USAGE", `there is no file ${path}`);
  const genesis = genesisFromJson(text);
  if (!genesis.ok) throw new NodeError("FILE_MALFORMED", `${path}: ${genesis.error.detail}`);
  await output.data(options.json === true ? jsonLine(genesisSummary(genesis.value)) : genesisTable(genesis.value));
  return EXIT.ok;
}

function genesisSummary(genesis: Genesis): Readonly<Record<string, unknown>> {
  return {
    chainId: chainIdOf(genesis, sha256),
    name: genesis.name,
    created: new Date(genesis.createdMs).toISOString(),
    coin: genesis.coin.setup,
    params: genesis.params,
    validators: genesis.validators.map(({ name, stake, publicKey }) => ({
      name,
      stake,
      publicKey: hexFromBytes(publicKey),
    })),
    devices: genesis.devices.map(({ name, publicKey }) => ({ name, publicKey: hexFromBytes(publicKey) })),
    models: genesis.models,
  };
}

function genesisTable(genesis: Genesis): string {
  const head = [
    ["chain", chainIdOf(genesis, sha256)],
    ["name", genesis.name],
    ["created", new Date(genesis.createdMs).toISOString()],
    ["coin", genesis.coin.setup === "dealer" ? "dealt by one party (test network)" : "none"],
  ];
  const validators = genesis.validators.map(({ name, stake, publicKey }) => [
    "validator",
    `${name}  stake ${stake}  ${hexFromBytes(publicKey)}`,
  ]);
  const devices = genesis.devices.map(({ name, publicKey }) => ["device", `${name}  ${hexFromBytes(publicKey)}`]);
  const models = genesis.models.map(({ id, weightsBytes, policy }) => [
    "model",
    `${id}  ${weightsBytes} bytes  ${policy.aggregator.name}, clip ${policy.aggregator.clip}, buffer ${policy.bufferSize}, at most ${policy.perDeviceMax} of a device`,
  ]);
  return table([...head, ...validators, ...devices, ...models]);
}
