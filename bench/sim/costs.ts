// Measures on this machine what the simulator's cost model charges for: signatures and the coin as the daemon computes them
// (OpenSSL, ristretto255), hashing, and the engine's own work on a block, split into a part for each block and one for each
// of its parents. Writes a cost file for scenarios to name in `execution.costs`. Medians of several turns, CPU time.

import { generateKeyPairSync, hash, sign, verify } from "node:crypto";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { createCoinKeys, dealCoinKeys } from "@selvedge/consensus";
import {
  type ChainId,
  buildBlock,
  coinIndex,
  createCommittee,
  decodeBlock,
  digestOf,
  epoch,
  portableCrypto,
  portableSigner,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import type { CostTable } from "@selvedge/sim";
import { EngineWorld } from "./engine-world.ts";

const TURNS = 7;
const KIB = 1024;
const COIN_COMMITTEE = 10;
const TRANSACTIONS = 500;
/** Large enough that what a round costs besides its deliveries hardly counts. */
const ENGINE_SIZES: readonly number[] = [31, 91];

export function measureCosts(): CostTable {
  const { signUs, verifyUs } = signatureCosts();
  const { coinShareUs, coinVerifyUs } = coinCosts();
  const { blockUs, parentUs } = engineCosts();
  const mebibyte = new Uint8Array(KIB * KIB);
  return {
    machine: `${cpus()[0]?.model ?? "unknown processor"}, Node.js ${process.versions.node}`,
    signUs,
    verifyUs,
    coinShareUs,
    coinVerifyUs,
    hashUsPerKiB: medianUs(20, () => hash("sha256", mebibyte, "latin1")) / KIB,
    blockUs,
    parentUs,
    transactionUs: transactionCost(),
  };
}

function signatureCosts(): Pick<CostTable, "signUs" | "verifyUs"> {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const message = new Uint8Array(32).fill(7);
  const signature = sign(null, message, privateKey);
  return {
    signUs: medianUs(300, () => sign(null, message, privateKey)),
    verifyUs: medianUs(300, () => verify(null, message, publicKey, signature)),
  };
}

/** A committee of ten; checking a share hardly depends on its size. */
function coinCosts(): Pick<CostTable, "coinShareUs" | "coinVerifyUs"> {
  const { sha256 } = portableCrypto;
  const signers = Array.from({ length: COIN_COMMITTEE }, (_, index) =>
    portableSigner(new Uint8Array(32).fill(index + 1)),
  );
  const committee = createCommittee(
    epoch(0),
    signers.map(({ publicKey }) => ({ stake: 1, publicKey })),
  );
  const chainId = digestOf<ChainId>(sha256, "chain", new Uint8Array(1));
  const { secretShares, ...publics } = dealCoinKeys({
    tickets: signers.map(() => 1),
    threshold: committee.faultyStakeMax,
    seed: new Uint8Array(32).fill(9),
  });
  const keys = signers.map((_, index) => {
    const own = { validator: validatorIndex(index), secretShares: secretShares[index] ?? [] };
    const made = createCoinKeys({ sha256, chainId, committee, ...publics, own });
    if (!made.ok) throw new Error(made.error.detail);
    return made.value;
  });
  let coin = 0;
  const needed = committee.faultyStakeMax + 1;
  const coinShareUs = medianUs(5, () => keys[0]?.shareFor(coinIndex((coin += 1))));
  const openUs = medianUs(3, () => {
    coin += 1;
    const shares = keys.slice(0, needed).flatMap((key, index) => {
      const share = key.shareFor(coinIndex(coin));
      return share === null ? [] : [{ author: validatorIndex(index), share }];
    });
    keys[0]?.open(coinIndex(coin), shares);
  });
  return { coinShareUs, coinVerifyUs: Math.max(0, openUs / needed - coinShareUs) };
}

/** Two sizes of network give two equations. Each engine works for itself, as a daemon does. */
function engineCosts(): Pick<CostTable, "blockUs" | "parentUs"> {
  const [small, large] = ENGINE_SIZES.map((size) => {
    const { cpuSeconds, deliveries } = new EngineWorld({ size, isMemoShared: false }).run({
      rounds: 30,
      cpuSeconds: 20,
    });
    return { parents: size, us: (cpuSeconds * 1e6) / deliveries };
  });
  if (small === undefined || large === undefined) throw new Error("two networks were measured");
  const parentUs = Math.max(0, (large.us - small.us) / (large.parents - small.parents));
  return { blockUs: Math.max(0, small.us - small.parents * parentUs), parentUs };
}

function transactionCost(): number {
  const signer = portableSigner(new Uint8Array(32).fill(1));
  const { sha256 } = portableCrypto;
  const native = (data: Uint8Array): Uint8Array => Uint8Array.from(hash("sha256", data, "buffer"));
  const zero = digestOf<ChainId>(sha256, "chain", new Uint8Array(1));
  const blockWith = (count: number): Uint8Array =>
    buildBlock(
      {
        header: {
          version: 1,
          chainId: zero,
          epoch: epoch(0),
          round: round(1),
          author: validatorIndex(0),
          parents: [],
          coinShare: null,
          commitVotes: [],
          checkpointVotes: [],
          timestampMs: 0,
        },
        body: {
          acks: [],
          updates: [],
          control: [],
          transactions: Array.from({ length: count }, () => new Uint8Array(128).fill(3)),
        },
      },
      signer,
      native,
    ).bytes;
  const full = blockWith(TRANSACTIONS);
  return medianUs(5, () => decodeBlock(full, native)) / TRANSACTIONS;
}

function medianUs(count: number, work: () => unknown): number {
  const turns = Array.from({ length: TURNS }, () => {
    const start = process.cpuUsage();
    for (let turn = 0; turn < count; turn += 1) work();
    const { user, system } = process.cpuUsage(start);
    return (user + system) / count;
  });
  return turns.toSorted((left, right) => left - right)[Math.floor(TURNS / 2)] ?? 0;
}

export function costsMain(argv: readonly string[]): void {
  const { values } = parseArgs({ args: [...argv], options: { out: { type: "string" } } });
  const costs = measureCosts();
  const rounded = Object.fromEntries(
    Object.entries(costs).map(([name, value]) => [
      name,
      typeof value === "number" ? Number(value.toPrecision(4)) : value,
    ]),
  );
  const text = `${JSON.stringify(rounded, null, 2)}\n`;
  if (values.out === undefined) process.stdout.write(text);
  else {
    writeFileSync(resolve(process.env["INIT_CWD"] ?? ".", values.out), text);
    process.stderr.write(`wrote ${values.out}\n`);
  }
}
