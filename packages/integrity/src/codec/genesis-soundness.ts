// What a genesis may not say, beyond types and ranges. Checked once, where a genesis is read, so that everything behind
// it may take its committee, coin and models as they are.

import { coinTicketsOf } from "../coin-tickets.ts";
import { isGroupKey } from "../crypto/dealing-key.ts";
import { hexFromBytes } from "../digest.ts";
import { type Rejection, rejection } from "../fault.ts";
import type { Genesis, GenesisModel } from "../genesis.ts";
import { unsoundParams } from "../params.ts";
import { isModelShape } from "../tensor/weights.ts";
import { isSoundPublicKey } from "./public-key.ts";

type Check = (genesis: Genesis) => Rejection | undefined;

const CHECKS: readonly Check[] = [checkNames, checkParams, checkKeys, checkCoin, checkModels];

export function genesisFault(genesis: Genesis): Rejection | undefined {
  for (const check of CHECKS) {
    const fault = check(genesis);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function checkNames({ name, validators, devices, models }: Genesis): Rejection | undefined {
  if (name === "") return rejection("GENESIS_FIELD", "genesis.name is empty");
  if (validators.length === 0) return rejection("GENESIS_FIELD", "genesis.validators is empty");
  return (
    checkDistinct(
      "validator name",
      validators.map((validator) => validator.name),
    ) ??
    checkDistinct(
      "device name",
      devices.map((device) => device.name),
    ) ??
    checkDistinct(
      "model",
      models.map(({ id }) => id),
    )
  );
}

function checkParams({ params }: Genesis): Rejection | undefined {
  const problem = unsoundParams(params);
  return problem === undefined ? undefined : rejection("GENESIS_PARAMS", `genesis.params: ${problem}`);
}

function checkKeys({ validators, devices }: Genesis): Rejection | undefined {
  const weak = [...validators, ...devices].find(({ publicKey }) => !isSoundPublicKey(publicKey));
  if (weak !== undefined) {
    return rejection("GENESIS_KEY", `the public key of ${weak.name} is no point of the curve or has small order`);
  }
  const deaf = validators.find(({ encryptionKey }) => !isGroupKey(encryptionKey));
  if (deaf !== undefined) return rejection("GENESIS_KEY", `the encryption key of ${deaf.name} is no group element`);
  return (
    checkDistinct(
      "validator key",
      validators.map(({ publicKey }) => hexFromBytes(publicKey)),
    ) ??
    checkDistinct(
      "validator encryption key",
      validators.map(({ encryptionKey }) => hexFromBytes(encryptionKey)),
    ) ??
    checkDistinct(
      "device key",
      devices.map(({ publicKey }) => hexFromBytes(publicKey)),
    )
  );
}

function checkCoin(genesis: Genesis): Rejection | undefined {
  return genesis.coin.setup === "none" ? checkNoCoin(genesis) : checkDealerCoin(genesis);
}

function checkNoCoin({ coin, validators }: Genesis): Rejection | undefined {
  const hasKeys =
    coin.groupPublicKey.length > 0 || validators.some(({ coinPublicShares }) => coinPublicShares.length > 0);
  return hasKeys ? rejection("GENESIS_COIN", "a genesis without a coin setup has no coin keys") : undefined;
}

function checkDealerCoin({ coin, validators }: Genesis): Rejection | undefined {
  const tickets = coinTicketsOf(validators);
  if (!tickets.ok) return rejection("GENESIS_COIN_TICKETS", tickets.error.detail);
  if (!isGroupKey(coin.groupPublicKey))
    return rejection("GENESIS_COIN", "genesis.coin.groupPublicKey is no group element");
  const odd = validators.find(
    ({ coinPublicShares: shares }, index) =>
      shares.length !== tickets.value.counts[index] || !shares.every((share) => isGroupKey(share)),
  );
  return odd && rejection("GENESIS_COIN", `${odd.name} does not have one public share, a group element, per ticket`);
}

function checkModels({ models, params }: Genesis): Rejection | undefined {
  for (const model of models) {
    const fault = checkTensors(model);
    if (fault !== undefined) return fault;
    if (model.weightsBytes > params.payloadMaxBytes) {
      return rejection("GENESIS_MODEL", `the weights of ${model.id} are larger than payloadMaxBytes`);
    }
    if (model.policy.minimum > model.policy.bufferSize) {
      return rejection("GENESIS_MODEL", `the policy of ${model.id} has a minimum above its bufferSize`);
    }
  }
  return undefined;
}

function checkTensors({ id, tensors, weightsBytes }: GenesisModel): Rejection | undefined {
  if (tensors.length === 0) return rejection("GENESIS_MODEL", `model ${id} has no tensors`);
  if (!isModelShape(tensors))
    return rejection("GENESIS_MODEL", `the tensors of ${id} are not ascending by name, or too large`);
  const elements = tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  if (4 * elements > weightsBytes) return rejection("GENESIS_MODEL", `the tensors of ${id} do not fit its weights`);
  return undefined;
}

function checkDistinct(what: string, values: readonly string[]): Rejection | undefined {
  const seen = new Set<string>();
  for (const value of values) {
    if (seen.has(value)) return rejection("GENESIS_DUPLICATE", `two times the ${what} ${value}`);
    seen.add(value);
  }
  return undefined;
}
