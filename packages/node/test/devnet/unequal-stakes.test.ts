// A network of unequal stakes with a dealer's coin: shares by ticket, from the genesis to slots that the coin decides.

import { genesisFromJson, mustExist } from "@selvedge/integrity";
import { afterEach, expect, test } from "vitest";
import { makeTestNetwork } from "../../src/devnet/make-network.ts";
import { EpochNetwork } from "../epoch/epoch-network.ts";
import { until } from "../epoch/until.ts";

const STAKES = [3, 2, 2, 1];
let net: EpochNetwork | undefined;
afterEach(async () => net?.stopAll());

test("validators of unequal stakes hold coin shares by ticket, and coin slots are decided", async () => {
  net = new EpochNetwork(4, 0, { stakes: STAKES });
  const shares = net.genesis.validators.map(({ coinPublicShares }) => coinPublicShares.length);
  expect(new Set(shares).size).toBeGreaterThan(1);
  for (const node of [0, 1, 2, 3]) await net.start(node);
  const first = net.at(0);
  // Nothing after the slot of round 8 is output unless the shares of round 13 open the coin.
  await until(net, "coin slots are decided", () => first.services.status().engine.lastCommitIndex > 25);
  expect(net.failures).toEqual([]);
});

test("a genesis that such a network writes is read, and one with a share moved is refused", () => {
  const { bundle } = makeTestNetwork({
    name: "s",
    validators: 4,
    stakes: STAKES,
    devices: 0,
    models: [],
    createdMs: 1,
  });
  expect(genesisFromJson(bundle.text).ok).toBe(true);
  const moved: { validators: { coinPublicShares: string[] }[] } = JSON.parse(bundle.text);
  const [from, to] = [mustExist(moved.validators[0], "four"), mustExist(moved.validators[3], "four")];
  to.coinPublicShares.push(mustExist(from.coinPublicShares.pop(), "it has shares"));
  expect(genesisFromJson(JSON.stringify(moved))).toMatchObject({ ok: false, error: { code: "GENESIS_COIN" } });
});
