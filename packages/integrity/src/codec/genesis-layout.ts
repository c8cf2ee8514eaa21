// Which field of the genesis stands where, and the reader of its wire form. Data only; genesis-codec.ts uses it.

import type {
  Genesis,
  GenesisCoin,
  GenesisDevice,
  GenesisModel,
  GenesisValidator,
  ModelPolicy,
  TensorShape,
} from "../genesis.ts";
import {
  COMMITTEE_SIZE_MAX,
  GENESIS_DEVICES_MAX,
  GENESIS_MODELS_MAX,
  GENESIS_TENSORS_MAX,
  NAME_MAX_BYTES,
  STAKE_MAX,
  TENSOR_NAME_MAX_CHARS,
  TENSOR_RANK_MAX,
  VERSION_UPDATES_MAX,
} from "../limits.ts";
import { DEFAULT_PROTOCOL_PARAMS, PROTOCOL_PARAM_NAMES, type ProtocolParams } from "../params.ts";
import { AGGREGATOR_NAMES, CLIP_RULES } from "../version-record.ts";
import type { FieldReader } from "./fields.ts";
import type { Layout } from "./layout.ts";
import { readModelId } from "./update-codec.ts";
import { readAggregator } from "./version-record-codec.ts";

const KEY_BYTES = 32;
const FORMAT = 2;
const COIN_SETUPS: readonly GenesisCoin["setup"][] = ["none", "dealer"];
const POSITIVE = { min: 1, max: Number.MAX_SAFE_INTEGER };
const STAKE_RANGE = { min: 1, max: STAKE_MAX };
/** A weight has 16 fractional bits and must stay a safe integer. */
const SAMPLE_WEIGHT_RANGE = { min: 1, max: 2 ** 32 };

const INTEGER: Layout = { type: "integer" };
const TEXT: Layout = { type: "text" };
const BYTES: Layout = { type: "bytes" };
const DIGEST: Layout = { type: "digest" };

const AGGREGATOR_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["name", { type: "choice", values: AGGREGATOR_NAMES }],
    ["clip", { type: "choice", values: CLIP_RULES }],
  ],
};

const POLICY_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["bufferSize", INTEGER],
    ["minimum", INTEGER],
    ["windowCommits", INTEGER],
    ["perDeviceMax", INTEGER],
    ["maxStaleness", INTEGER],
    ["sampleWeightMax", INTEGER],
    ["normMax", INTEGER],
    ["aggregator", AGGREGATOR_LAYOUT],
  ],
};

const TENSOR_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["name", TEXT],
    ["shape", { type: "list", of: INTEGER }],
  ],
};

const MODEL_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["id", TEXT],
    ["tensors", { type: "list", of: TENSOR_LAYOUT }],
    ["weightsRoot", DIGEST],
    ["weightsBytes", INTEGER],
    ["policy", POLICY_LAYOUT],
  ],
};

const VALIDATOR_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["name", TEXT],
    ["stake", INTEGER],
    ["publicKey", BYTES],
    ["encryptionKey", BYTES],
    ["coinPublicShares", { type: "list", of: BYTES }],
  ],
};

const DEVICE_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["name", TEXT],
    ["publicKey", BYTES],
  ],
};

const COIN_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["setup", { type: "choice", values: COIN_SETUPS }],
    ["groupPublicKey", BYTES],
  ],
};

export const GENESIS_LAYOUT: Layout = {
  type: "record",
  fields: [
    ["format", { type: "constant", value: FORMAT }],
    ["name", TEXT],
    ["createdMs", INTEGER],
    ["params", { type: "record", fields: PROTOCOL_PARAM_NAMES.map((name) => [name, INTEGER]) }],
    ["validators", { type: "list", of: VALIDATOR_LAYOUT }],
    ["coin", COIN_LAYOUT],
    ["devices", { type: "list", of: DEVICE_LAYOUT }],
    ["models", { type: "list", of: MODEL_LAYOUT }],
  ],
};

export const GENESIS_FIELD_COUNT = 8;

export function readGenesis(fields: FieldReader): Genesis {
  fields.integer("format", { min: FORMAT, max: FORMAT });
  return {
    name: fields.text("name", NAME_MAX_BYTES),
    createdMs: fields.count("createdMs"),
    params: fields.record({ name: "params", fieldCount: PROTOCOL_PARAM_NAMES.length }, readParams),
    validators: fields.records({ name: "validators", fieldCount: 5, entriesMax: COMMITTEE_SIZE_MAX }, readValidator),
    coin: fields.record({ name: "coin", fieldCount: 2 }, readCoin),
    devices: fields.records({ name: "devices", fieldCount: 2, entriesMax: GENESIS_DEVICES_MAX }, readDevice),
    models: fields.records({ name: "models", fieldCount: 5, entriesMax: GENESIS_MODELS_MAX }, readModel),
  };
}

function readParams(fields: FieldReader): ProtocolParams {
  const params: Record<keyof ProtocolParams, number> = { ...DEFAULT_PROTOCOL_PARAMS };
  for (const name of PROTOCOL_PARAM_NAMES) params[name] = fields.integer(name, POSITIVE);
  return params;
}

function readValidator(fields: FieldReader): GenesisValidator {
  return {
    name: fields.text("name", NAME_MAX_BYTES),
    stake: fields.integer("stake", STAKE_RANGE),
    publicKey: fields.bytes("publicKey", KEY_BYTES),
    encryptionKey: fields.bytes("encryptionKey", KEY_BYTES),
    coinPublicShares: fields.bytesList("coinPublicShares", {
      entriesMax: 4 * COMMITTEE_SIZE_MAX,
      size: { min: KEY_BYTES, max: KEY_BYTES },
    }),
  };
}

function readCoin(fields: FieldReader): GenesisCoin {
  return {
    setup: fields.choice("setup", COIN_SETUPS, "none"),
    groupPublicKey: fields.bytesUpTo("groupPublicKey", KEY_BYTES),
  };
}

function readDevice(fields: FieldReader): GenesisDevice {
  return { name: fields.text("name", NAME_MAX_BYTES), publicKey: fields.bytes("publicKey", KEY_BYTES) };
}

function readModel(fields: FieldReader): GenesisModel {
  return {
    id: readModelId(fields),
    tensors: fields.records({ name: "tensors", fieldCount: 2, entriesMax: GENESIS_TENSORS_MAX }, readTensor),
    weightsRoot: fields.digest("weightsRoot"),
    weightsBytes: fields.integer("weightsBytes", POSITIVE),
    policy: fields.record({ name: "policy", fieldCount: 8 }, readPolicy),
  };
}

function readTensor(fields: FieldReader): TensorShape {
  return {
    name: fields.text("name", TENSOR_NAME_MAX_CHARS),
    shape: fields.integerList("shape", { entriesMax: TENSOR_RANK_MAX, range: POSITIVE }),
  };
}

function readPolicy(fields: FieldReader): ModelPolicy {
  return {
    bufferSize: fields.integer("bufferSize", { min: 1, max: VERSION_UPDATES_MAX }),
    minimum: fields.integer("minimum", POSITIVE),
    windowCommits: fields.integer("windowCommits", POSITIVE),
    perDeviceMax: fields.integer("perDeviceMax", { min: 1, max: VERSION_UPDATES_MAX }),
    maxStaleness: fields.count("maxStaleness"),
    sampleWeightMax: fields.integer("sampleWeightMax", SAMPLE_WEIGHT_RANGE),
    normMax: fields.integer("normMax", POSITIVE),
    aggregator: fields.record({ name: "aggregator", fieldCount: 2 }, readAggregator),
  };
}
