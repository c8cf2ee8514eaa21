// Makes the genesis and the keys of a test network: everything in one place and by one dealer, which is what makes it a
// test network. Real networks collect public keys from their members instead; the genesis file says which it is.

import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type DealtCoinKeys, dealCoinKeys } from "@selvedge/consensus";
import {
  DEFAULT_PROTOCOL_PARAMS,
  type Digest,
  type Genesis,
  type GenesisModel,
  type ModelPolicy,
  type ProtocolParams,
  type Weights,
  coinTicketsOf,
  dealingSecretOf,
  encryptionKeyOf,
  genesisToJson,
  hexFromBytes,
  modelId,
  modelShapeOf,
  mustExist,
  payloadRoot,
  writeWeights,
} from "@selvedge/integrity";
import { createNodeSigner, sha256 } from "../crypto.ts";
import type { GenesisBundle } from "../daemon/home.ts";
import { NodeError } from "../errors.ts";
import { type KdfProfile, type KeySecrets, writeKeyFile } from "../keys/keystore.ts";
import { writeFileAtomically } from "../storage/files.ts";

export interface NetworkModel {
  readonly id: string;
  readonly weights: Weights;
  readonly policy: ModelPolicy;
}

export interface NetworkPlan {
  readonly name: string;
  readonly validators: number;
  readonly devices: number;
  readonly models: readonly NetworkModel[];
  /** By validator; 1 each if absent. */
  readonly stakes?: readonly number[];
  /** "dealer" if absent: a threshold coin whose keys are all made here. */
  readonly coin?: Genesis["coin"]["setup"];
  readonly params?: Partial<ProtocolParams>;
  readonly createdMs: number;
  /** 32 bytes from which every key follows; random unless a test or a seeded demo gives it. */
  readonly seed?: Uint8Array;
}

export interface MemberKeys {
  readonly name: string;
  readonly publicKey: string;
  readonly secrets: KeySecrets;
}

export interface TestNetwork {
  readonly bundle: GenesisBundle;
  readonly validators: readonly MemberKeys[];
  readonly devices: readonly MemberKeys[];
}

export function makeTestNetwork(plan: NetworkPlan): TestNetwork {
  const seed = plan.seed ?? randomBytes(32);
  const stakes = Array.from({ length: plan.validators }, (_, index) => plan.stakes?.[index] ?? 1);
  const coin = dealtCoin(plan, stakes, derive(seed, "coin", 0));
  const validators = members(plan.validators, "validator", (index) => ({
    signing: hexFromBytes(derive(seed, "validator", index)),
    network: hexFromBytes(derive(seed, "network", index)),
    ...(coin === undefined ? {} : { coin: (coin.secretShares[index] ?? []).map(hexFromBytes).join("") }),
  }));
  const devices = members(plan.devices, "device", (index) => ({
    signing: hexFromBytes(derive(seed, "device", index)),
  }));
  const params = { ...DEFAULT_PROTOCOL_PARAMS, ...plan.params };
  const weights = new Map<Digest, Uint8Array>();
  const models = plan.models.map((model) => genesisModel(model, params, weights));
  const genesis: Genesis = {
    name: plan.name,
    createdMs: plan.createdMs,
    params,
    validators: validators.map(({ name, publicKey }, index) => ({
      name,
      stake: mustExist(stakes[index], "a stake each"),
      publicKey: new Uint8Array(Buffer.from(publicKey, "hex")),
      encryptionKey: encryptionKeyOf(dealingSecretOf(derive(seed, "validator", index))),
      coinPublicShares: coin?.publicShares[index] ?? [],
    })),
    coin:
      coin === undefined
        ? { setup: "none", groupPublicKey: new Uint8Array(0) }
        : { setup: "dealer", groupPublicKey: coin.groupPublicKey },
    devices: devices.map(({ name, publicKey }) => ({ name, publicKey: new Uint8Array(Buffer.from(publicKey, "hex")) })),
    models,
  };
  return { bundle: { genesis, text: genesisToJson(genesis), weights }, validators, devices };
}

function dealtCoin(plan: NetworkPlan, stakes: readonly number[], seed: Uint8Array): DealtCoinKeys | undefined {
  if (plan.coin === "none") return undefined;
  const tickets = coinTicketsOf(stakes.map((stake) => ({ stake })));
  if (!tickets.ok) throw new NodeError("USAGE", `these stakes can have no coin: ${tickets.error.detail}`);
  return dealCoinKeys({ tickets: tickets.value.counts, threshold: tickets.value.faultyMax, seed });
}

export interface WrittenNetwork {
  readonly folder: string;
  readonly genesis: string;
  readonly weights: string;
  readonly passwordFile: string;
  readonly validatorKeys: readonly string[];
  readonly deviceKeys: readonly string[];
}

/** Writes genesis, initial weights, one password file and every key into a folder. */
export async function writeTestNetwork(
  network: TestNetwork,
  folder: string,
  profile: KdfProfile,
): Promise<WrittenNetwork> {
  const keys = join(folder, "keys");
  const weights = join(folder, "genesis-weights");
  await mkdir(keys, { recursive: true, mode: 0o700 });
  await mkdir(weights, { recursive: true, mode: 0o750 });
  const password = hexFromBytes(randomBytes(16));
  const passwordFile = join(keys, "password");
  await writeFileAtomically(passwordFile, `${password}\n`, 0o600);
  const writeKeys = (owners: readonly MemberKeys[], kind: "validator" | "device"): Promise<string[]> =>
    Promise.all(
      owners.map(async ({ name, publicKey, secrets }) => {
        const path = join(keys, `${name}.json`);
        await writeKeyFile({ path, info: { kind, publicKey }, secrets, password, profile });
        return path;
      }),
    );
  const validatorKeys = await writeKeys(network.validators, "validator");
  const deviceKeys = await writeKeys(network.devices, "device");
  for (const [root, bytes] of network.bundle.weights) {
    await writeFileAtomically(join(weights, `${root}.safetensors`), bytes, 0o640);
  }
  const genesis = join(folder, "genesis.json");
  await writeFileAtomically(genesis, network.bundle.text, 0o640);
  return { folder, genesis, weights, passwordFile, validatorKeys, deviceKeys };
}

function members(count: number, prefix: string, secretsOf: (index: number) => KeySecrets): MemberKeys[] {
  return Array.from({ length: count }, (_, index) => {
    const secrets = secretsOf(index);
    const { publicKey } = createNodeSigner(Buffer.from(secrets.signing, "hex"));
    return { name: `${prefix}-${index}`, publicKey: hexFromBytes(publicKey), secrets };
  });
}

function genesisModel(model: NetworkModel, params: ProtocolParams, weights: Map<Digest, Uint8Array>): GenesisModel {
  const bytes = writeWeights(model.weights);
  const weightsRoot = payloadRoot(sha256, bytes, params.payloadChunkBytes);
  weights.set(weightsRoot, bytes);
  return {
    id: modelId(model.id),
    tensors: modelShapeOf(model.weights),
    weightsRoot,
    weightsBytes: bytes.length,
    policy: model.policy,
  };
}

function derive(seed: Uint8Array, purpose: string, index: number): Uint8Array {
  return sha256(Buffer.concat([Buffer.from(`selvedge test network/${purpose}/${index}\u0000`, "utf8"), seed]));
}
