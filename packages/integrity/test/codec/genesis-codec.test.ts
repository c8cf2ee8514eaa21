// The genesis file: what a good one gives, and each way in which one is refused, by code and with the culprit's name.

import { describe, expect, test } from "vitest";
import {
  type Genesis,
  GENESIS_MAX_BYTES,
  chainIdOf,
  committeeOf,
  decodeGenesis,
  encodeGenesis,
  genesisFromJson,
  genesisToJson,
} from "../../src/index.ts";
import { testSigner } from "../../src/testing/index.ts";
import { sha256 } from "./block-fixture.ts";
import { expectOversizeRefused, expectTrailingByteRefused, expectTruncationsRefused } from "./codec-laws.ts";
import { coinKey, soundGenesis } from "./genesis-fixture.ts";

/** Whatever a file may hold: the tests reach into it without asking. */
type Json = ReturnType<typeof JSON.parse>;

/** The sound file with one thing changed. */
function fileWith(change: (json: Json) => void): string {
  const json: Json = JSON.parse(genesisToJson(soundGenesis));
  change(json);
  return JSON.stringify(json);
}

function faultOf(text: string): string {
  const result = genesisFromJson(text);
  return result.ok ? "ok" : `${result.error.code}: ${result.error.detail}`;
}

describe("a sound genesis", () => {
  test("comes back equal from its file and from its bytes", () => {
    expect(genesisFromJson(genesisToJson(soundGenesis))).toEqual({ ok: true, value: soundGenesis });
    expect(decodeGenesis(encodeGenesis(soundGenesis))).toEqual({ ok: true, value: soundGenesis });
  });
  test("may do without a coin, and then with unequal stakes", () => {
    const withoutCoin: Genesis = {
      ...soundGenesis,
      coin: { setup: "none", groupPublicKey: new Uint8Array(0) },
      validators: soundGenesis.validators.map((validator, index) => ({
        ...validator,
        stake: index + 1,
        coinPublicShares: [],
      })),
    };
    expect(genesisFromJson(genesisToJson(withoutCoin))).toEqual({ ok: true, value: withoutCoin });
    expect(committeeOf(withoutCoin).totalStake).toBe(10);
  });
  test("gives the committee of epoch 0", () => {
    const committee = committeeOf(soundGenesis);
    expect([committee.epoch, committee.totalStake, committee.quorumStake]).toEqual([0, 4, 3]);
  });
  test("names its chain: any difference is another chain", () => {
    const chainId = chainIdOf(soundGenesis, sha256);
    expect(chainIdOf({ ...soundGenesis }, sha256)).toBe(chainId);
    expect(chainIdOf({ ...soundGenesis, createdMs: soundGenesis.createdMs + 1 }, sha256)).not.toBe(chainId);
    const params = { ...soundGenesis.params, gcDepth: 61 };
    expect(chainIdOf({ ...soundGenesis, params }, sha256)).not.toBe(chainId);
  });
});

describe("bytes of a genesis", () => {
  test("are refused when cut off, followed by anything or too large", () => {
    const bytes = encodeGenesis(soundGenesis);
    expectTruncationsRefused(bytes, decodeGenesis);
    expectTrailingByteRefused(bytes, decodeGenesis);
    expectOversizeRefused(GENESIS_MAX_BYTES, decodeGenesis);
  });
  test("meet the same soundness checks as a file", () => {
    const result = decodeGenesis(encodeGenesis({ ...soundGenesis, name: "" }));
    expect(result.ok ? "ok" : result.error.code).toBe("GENESIS_FIELD");
  });
});

const SMALL_ORDER = `01${"00".repeat(31)}`;

describe("a genesis file is refused", () => {
  test.each<[string, (json: Json) => void, RegExp]>([
    ["with an unknown key", (json) => (json.colour = 1), /^GENESIS_UNKNOWN_KEY: genesis\.colour/],
    [
      "with an unknown key inside",
      (json) => (json.validators[1].weight = 1),
      /^GENESIS_UNKNOWN_KEY: genesis\.validators\[1\]\.weight/,
    ],
    ["without a key", (json) => delete json.params.gcDepth, /^GENESIS_FIELD: genesis\.params\.gcDepth is missing/],
    ["of another format", (json) => (json.format = 1), /^GENESIS_FIELD: genesis\.format must be 2/],
    ["with text for a number", (json) => (json.createdMs = "1"), /^GENESIS_FIELD: genesis\.createdMs/],
    ["with a fraction", (json) => (json.createdMs = 1.5), /^GENESIS_FIELD: genesis\.createdMs/],
    ["with a negative time", (json) => (json.createdMs = -1), /^FIELD_OUT_OF_RANGE: genesis createdMs/],
    ["with a number for text", (json) => (json.name = 5), /^GENESIS_FIELD: genesis\.name/],
    ["without a name", (json) => (json.name = ""), /^GENESIS_FIELD: genesis\.name is empty/],
    ["with a long name", (json) => (json.name = "é".repeat(33)), /^FIELD_LENGTH: genesis name/],
    [
      "with upper-case hex",
      (json) => (json.devices[0].publicKey = "AB".repeat(32)),
      /^GENESIS_FIELD: genesis\.devices\[0\]\.publicKey/,
    ],
    ["with a short key", (json) => (json.devices[0].publicKey = "ab"), /^FIELD_LENGTH: devices publicKey/],
    [
      "with a short digest",
      (json) => (json.models[0].weightsRoot = "ab"),
      /^GENESIS_FIELD: genesis\.models\[0\]\.weightsRoot/,
    ],
    ["with a list for a record", (json) => (json.coin = []), /^GENESIS_FIELD: genesis\.coin must be an object/],
    ["with a record for a list", (json) => (json.devices = {}), /^GENESIS_FIELD: genesis\.devices must be a list/],
    ["with a coin of another kind", (json) => (json.coin.setup = "magic"), /^GENESIS_FIELD: genesis\.coin\.setup/],
    ["with no validators", (json) => (json.validators = []), /^GENESIS_FIELD: genesis\.validators is empty/],
    ["with no stake", (json) => (json.validators[0].stake = 0), /^FIELD_OUT_OF_RANGE: validators stake/],
    ["with unsound parameters", (json) => (json.params.coinPeriod = 5), /^GENESIS_PARAMS: .*coinPeriod/],
    [
      "with a validator's name twice",
      (json) => (json.validators[1].name = "validator-0"),
      /^GENESIS_DUPLICATE: .*validator name/,
    ],
    ["with a device's name twice", (json) => (json.devices[1].name = "device-0"), /^GENESIS_DUPLICATE: .*device name/],
    ["with a model twice", (json) => json.models.push(json.models[0]), /^GENESIS_DUPLICATE: .*model digits/],
    [
      "with a validator's key twice",
      (json) => (json.validators[1].publicKey = json.validators[0].publicKey),
      /^GENESIS_DUPLICATE: .*validator key/,
    ],
    [
      "with a validator's dealing key twice",
      (json) => (json.validators[1].encryptionKey = json.validators[0].encryptionKey),
      /^GENESIS_DUPLICATE: .*validator encryption key/,
    ],
    [
      "with a validator's dealing key that is none",
      (json) => (json.validators[2].encryptionKey = "00".repeat(32)),
      /^GENESIS_KEY: the encryption key of validator-2/,
    ],
    [
      "without a validator's dealing key",
      (json) => delete json.validators[2].encryptionKey,
      /^GENESIS_FIELD: genesis\.validators\[2\]\.encryptionKey is missing/,
    ],
    [
      "with a device's key twice",
      (json) => (json.devices[1].publicKey = json.devices[0].publicKey),
      /^GENESIS_DUPLICATE: .*device key/,
    ],
    [
      "with a validator's key of small order",
      (json) => (json.validators[2].publicKey = SMALL_ORDER),
      /^GENESIS_KEY: .*validator-2/,
    ],
    [
      "with a device's key of small order",
      (json) => (json.devices[1].publicKey = SMALL_ORDER),
      /^GENESIS_KEY: .*device-1/,
    ],
    [
      "with a key that is no point",
      (json) => (json.devices[1].publicKey = `02${"00".repeat(31)}`),
      /^GENESIS_KEY: .*device-1/,
    ],
    [
      "with unequal stakes whose tickets have other shares",
      (json) => (json.validators[0].stake = 2),
      /^GENESIS_COIN: validator-/,
    ],
    ["without the group's key", (json) => (json.coin.groupPublicKey = ""), /^GENESIS_COIN: .*groupPublicKey/],
    [
      "with a group key that is none",
      (json) => (json.coin.groupPublicKey = "ff".repeat(32)),
      /^GENESIS_COIN: .*groupPublicKey/,
    ],
    [
      "without a validator's coin share",
      (json) => (json.validators[3].coinPublicShares = []),
      /^GENESIS_COIN: validator-3/,
    ],
    ["with two coin shares a validator", (json) => json.validators[3].coinPublicShares.push("00"), /^FIELD_LENGTH/],
    [
      "with a coin share that is the identity",
      (json) => (json.validators[3].coinPublicShares = ["00".repeat(32)]),
      /^GENESIS_COIN: validator-3/,
    ],
    ["with coin keys but no coin", (json) => (json.coin = { setup: "none", groupPublicKey: "" }), /^GENESIS_COIN: /],
    ["with a bad model name", (json) => (json.models[0].id = "Digits"), /^FIELD_OUT_OF_RANGE: models modelId/],
    [
      "with a model of no tensors",
      (json) => (json.models[0].tensors = []),
      /^GENESIS_MODEL: model digits has no tensors/,
    ],
    ["with tensors out of order", (json) => json.models[0].tensors.reverse(), /^GENESIS_MODEL: .*ascending/],
    [
      "with a tensor twice",
      (json) => (json.models[0].tensors[1] = json.models[0].tensors[0]),
      /^GENESIS_MODEL: .*ascending/,
    ],
    [
      "with tensors larger than the weights",
      (json) => (json.models[0].weightsBytes = 31_399),
      /^GENESIS_MODEL: .*do not fit/,
    ],
    [
      "with weights larger than a payload",
      (json) => (json.models[0].weightsBytes = 2 ** 40),
      /^GENESIS_MODEL: .*payloadMaxBytes/,
    ],
    [
      "with nothing of a device in a version",
      (json) => (json.models[0].policy.perDeviceMax = 0),
      /^FIELD_OUT_OF_RANGE: .*perDeviceMax/,
    ],
    [
      "with more of a device than a version may have",
      (json) => (json.models[0].policy.perDeviceMax = 16_385),
      /^FIELD_OUT_OF_RANGE: .*perDeviceMax/,
    ],
    ["with a minimum above the buffer", (json) => (json.models[0].policy.minimum = 7), /^GENESIS_MODEL: .*minimum/],
    [
      "with an unknown aggregator",
      (json) => (json.models[0].policy.aggregator.name = "best"),
      /^GENESIS_FIELD: .*aggregator\.name/,
    ],
  ])("%s", (_, change, expected) => {
    expect(faultOf(fileWith(change))).toMatch(expected);
  });

  test("with stakes that no tickets stand for", () => {
    const [first] = soundGenesis.validators;
    if (first === undefined) throw new Error("there are four");
    const validators = [20, 2, 11, 1, 8, 12, 7].map((stake, index) => {
      const { publicKey } = testSigner("validator", index);
      return { ...first, name: `v${index}`, publicKey, encryptionKey: coinKey(50 + index), stake };
    });
    expect(faultOf(genesisToJson({ ...soundGenesis, validators }))).toMatch(/^GENESIS_COIN_TICKETS: no rounding/);
  });

  test("with two coin shares that are both good", () => {
    const [first, ...others] = soundGenesis.validators;
    if (first === undefined) throw new Error("there are four");
    const doubled = { ...first, coinPublicShares: [coinKey(1), coinKey(2)] };
    expect(faultOf(genesisToJson({ ...soundGenesis, validators: [doubled, ...others] }))).toMatch(
      /^GENESIS_COIN: validator-0/,
    );
  });
  test("that is not JSON, not an object, or endless", () => {
    expect(faultOf("{")).toMatch(/^GENESIS_JSON: not JSON/);
    expect(faultOf("null")).toMatch(/^GENESIS_FIELD: genesis must be an object/);
    expect(faultOf(" ".repeat(2 * GENESIS_MAX_BYTES + 1))).toMatch(/^GENESIS_JSON: the file is too large/);
  });
  test("that names a prototype's property", () => {
    expect(faultOf(fileWith((json) => (json.constructor = 1)))).toMatch(/^GENESIS_UNKNOWN_KEY/);
    expect(faultOf('{"__proto__":{"name":"x"}}')).toMatch(/^GENESIS_UNKNOWN_KEY/);
  });
});
