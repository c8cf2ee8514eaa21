// The committee changes while nodes run: everything but sockets and files is real.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type UpdateDigest, chainIdOf, hexFromBytes, mustExist, ok, verifyCheckpoint } from "@selvedge/integrity";
import { afterEach, describe, expect, test } from "vitest";
import { createNodeCrypto, sha256 } from "../../src/crypto.ts";
import { memberKeyOf } from "../../src/daemon/identity.ts";
import { CommitteeTrail } from "../../src/device/committee-trail.ts";
import { encodeEpochStep } from "../../src/epoch/epoch-record.ts";
import { EpochNetwork } from "./epoch-network.ts";
import { allIn, until } from "./until.ts";

const ALL = [0, 1, 2, 3, 4];
let net: EpochNetwork;
afterEach(async () => {
  await net.stopAll();
  expect(net.failures).toEqual([]);
});

describe("a change of the committee", () => {
  test("one joins, one changes its key, one its stake, one leaves; receipts given before stay true, and a light device follows", async () => {
    net = new EpochNetwork(4, 1);
    for (const node of ALL) await net.start(node);
    expect(net.at(4).services.status().role).toBe("observer");
    const first = await net.update(0, 1, 0);
    await until(net, "it has its receipt", async () => (await net.at(1).services.receipt(first)) !== undefined);

    await net.change([{ type: "add", name: "newcomer", stake: 1, ...net.publicsOf(4) }], 0, [1, 2]);
    await allIn(net, 1, ALL);
    expect(net.at(4).services.status()).toMatchObject({ role: "validator", validator: 4 });
    const second = await net.update(1, 1, 4);
    await allApplied([first, second], [0, 4]);

    net.keys[1]?.push(memberKeyOf(new Uint8Array(32).fill(77)));
    await net.change([{ type: "rotateKey", name: "validator-1", ...net.publicsOf(1, 1) }], 4, [0, 2, 3]);
    await allIn(net, 2, ALL);
    expect(net.at(1).services.status()).toMatchObject({ role: "validator", validator: 1 });
    await net.submit(1, Buffer.from("with another key", "utf8"));

    await net.change([{ type: "reweigh", name: "validator-2", stake: 2 }], 1, [0, 2, 3]);
    await allIn(net, 3, ALL);
    const third = await net.update(0, 2, 3);
    await until(net, "it has its receipt", async () => (await net.at(0).services.receipt(third)) !== undefined);

    await net.change([{ type: "remove", name: "validator-3" }], 0, [1, 2, 3]);
    await allIn(net, 4, ALL);
    expect(net.at(3).services.status()).toMatchObject({ role: "observer", validator: null });
    const fourth = await net.update(1, 2, 4);
    await allApplied([third, fourth], [0, 3, 4]);
    const members = net
      .at(3)
      .services.epochInfo()
      .start.members.map(({ name, stake }) => `${name} ${stake}`);
    expect(members).toEqual(["validator-0 1", "validator-1 1", "validator-2 2", "newcomer 1"]);
    await followAsDevice();

    // Validator 3 is another one than at the genesis, and is called by its own name.
    for (const node of [2, 4]) await net.at(node).stop();
    const named = "validator-2 (2), newcomer (3)";
    await until(net, "the missing are named", () => net.at(0).services.status().health.includes(named));
  }, 300_000);
});

async function allApplied(updates: readonly UpdateDigest[], nodes: readonly number[]): Promise<void> {
  for (const node of nodes) {
    for (const update of updates) {
      const { services } = net.at(node);
      await until(net, "it is applied", async () => (await services.updateView(update)).state === "applied");
    }
  }
}

/** Knows the genesis, asks a node for records alone, and comes to believe a certificate of the newest committee. */
async function followAsDevice(): Promise<void> {
  const { services } = net.at(3);
  const folder = await mkdtemp(join(tmpdir(), "selvedge-trail-"));
  try {
    const crypto = createNodeCrypto();
    const setup = {
      path: join(folder, "epochs"),
      genesis: net.genesis,
      chainId: chainIdOf(net.genesis, sha256),
      crypto,
    };
    const stepOf = async (path: string): Promise<{ record: string }> => {
      const step = mustExist(await services.epochStep(Number(path.split("/").at(-1))), "the node has the record");
      return { record: hexFromBytes(encodeEpochStep(step)) };
    };
    const honest = { json: async (_: string, path: string) => ok(await stepOf(path)) };
    const skipping = { json: async () => ok(await stepOf("/v1/epochs/2")) };
    const { signal } = new AbortController();
    const trail = await CommitteeTrail.open(setup);
    expect(await trail.follow(skipping, { gateway: "", epoch: 2 }, signal)).toMatchObject({ ok: false });
    expect(trail.committee.epoch).toBe(0);
    expect(await trail.follow(honest, { gateway: "", epoch: 4 }, signal)).toMatchObject({ ok: true });
    const again = await CommitteeTrail.open(setup);
    const certificate = mustExist(services.latestCheckpoint(), "there are certificates");
    const { committee } = again;
    expect(committee.epoch).toBe(4);
    expect(verifyCheckpoint(certificate, { ...setup, committee }).ok).toBe(true);
    const text = await readFile(setup.path, "utf8");
    await writeFile(setup.path, text.replace(/.{200}\n$/u, `${"0".repeat(200)}\n`));
    await expect(CommitteeTrail.open(setup)).rejects.toMatchObject({ code: "FILE_MALFORMED" });
  } finally {
    await rm(folder, { recursive: true });
  }
}
