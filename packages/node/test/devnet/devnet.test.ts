// Four real processes with real sockets agree, one is killed and comes back, two versions are made of a device's updates;
// then every home verifies offline, and each kind of damage done to one is named.

import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type Weights, modelId, mustExist, sealRecord } from "@selvedge/integrity";
import { Level } from "level";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createNodeSigner, sha256 } from "../../src/crypto.ts";
import { type DeviceClient, openDeviceClient } from "../../src/device/device-client.ts";
import { type Devnet, type DevnetNode, startDevnet } from "../../src/devnet/devnet.ts";
import { digitNetworkModel } from "../../src/devnet/digit-network.ts";
import type { NetworkPlan } from "../../src/devnet/make-network.ts";
import { openKeyFile, readPasswordFile } from "../../src/keys/keystore.ts";
import { openVerifiedHome } from "../../src/verify/verified-home.ts";
import { type VerifyOptions, type VerifySummary, verifyHome } from "../../src/verify/verify-home.ts";
import { runSelvedge } from "../cli/run-selvedge.ts";

const MODEL = modelId("digits");
const plan: NetworkPlan = {
  name: "test",
  validators: 4,
  devices: 1,
  models: [digitNetworkModel({ hidden: 0, seed: "1", policy: { bufferSize: 1, minimum: 1 } })],
  createdMs: 1,
};
const STOP_WAITING_MS = 30_000;
/** Nodes share the machine with their tester. */
const POLL_MS = 50;

let folder = "";
let devnet: Devnet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-devnet-test-"));
  devnet = await startDevnet({
    home: join(folder, "net"),
    plan,
    consensus: { round_delay_min_ms: 10, idle_round_delay_ms: 250 },
  });
});

afterAll(async () => {
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

function node(index: number): DevnetNode {
  return mustExist(devnet.nodes[index], "four nodes");
}

/** Submits and waits until the node has durably committed it; the index of the commit. */
async function commitTransaction(to: DevnetNode, text: string): Promise<number> {
  const headers = { "content-type": "application/octet-stream", prefer: "wait=30" };
  const response = await fetch(`${to.apiUrl}/v1/transactions`, { method: "POST", body: text, headers });
  const answer: unknown = await response.json();
  expect(answer).toMatchObject({ state: "committed" });
  return Number(Object(answer).commitIndex);
}

async function untilExecuted(of: DevnetNode, index: number): Promise<void> {
  const deadlineMs = performance.now() + STOP_WAITING_MS;
  for (;;) {
    const status: unknown = await (await fetch(`${of.apiUrl}/v1/status`)).json();
    if (Number(Object(status).executedIndex) >= index) return;
    if (performance.now() > deadlineMs) throw new Error(`${of.name} did not execute commit ${index}`);
    await delay(POLL_MS);
  }
}

async function openDevice(): Promise<DeviceClient> {
  const key = await openKeyFile(join(devnet.keysFolder, "device-0.json"), await readPasswordFile(devnet.passwordFile));
  return openDeviceClient({
    genesis: devnet.genesis,
    gateways: [node(0).apiUrl, node(1).apiUrl],
    signer: createNodeSigner(Buffer.from(key.secrets.signing, "hex")),
    outboxFolder: join(folder, "outbox"),
    checkpointFile: join(folder, "checkpoint"),
  });
}

async function untilVersion(client: DeviceClient, version: number): Promise<Weights> {
  const signal = AbortSignal.timeout(STOP_WAITING_MS);
  for (;;) {
    const pulled = await client.pullWeights({ model: MODEL, version: "latest" }, signal);
    if (pulled.ok && pulled.value.version.record.record.version >= version) return pulled.value.weights;
    await delay(POLL_MS, undefined, { signal });
  }
}

async function submitTo(client: DeviceClient): Promise<void> {
  const signal = AbortSignal.timeout(STOP_WAITING_MS);
  const pulled = await client.pullWeights({ model: MODEL, version: "latest" }, signal);
  if (!pulled.ok) throw new Error(pulled.error.detail);
  const delta = pulled.value.weights.map((tensor) => ({
    ...tensor,
    values: tensor.values.map((_, index) => (index % 7) / 64),
  }));
  const submitted = await client.submitDelta(
    { model: MODEL, base: pulled.value.version.record.digest, delta, codec: "f32", sampleCount: 10 },
    signal,
  );
  expect(submitted).toMatchObject({ ok: true });
}

describe("a devnet", () => {
  it("commits transactions, also without one node, which catches up when it is back", async () => {
    await commitTransaction(node(0), "one");
    await node(3).kill("SIGKILL");
    expect(node(3).pid()).toBeUndefined();
    const while3IsDown = await commitTransaction(node(1), "two");
    await node(3).restart();
    await untilExecuted(node(3), while3IsDown);
    // The one that came back takes part again.
    const index = await commitTransaction(node(3), "three");
    for (const one of devnet.nodes) await untilExecuted(one, index);
  });

  it("makes versions of a device's updates, and the device can verify them", async () => {
    const client = await openDevice();
    await untilVersion(client, 0);
    await submitTo(client);
    const first = await untilVersion(client, 1);
    expect(first[0]?.values[1]).not.toBe(plan.models[0]?.weights[0]?.values[1]);
    await submitTo(client);
    await untilVersion(client, 2);
    await untilExecuted(node(0), await commitTransaction(node(0), "four"));
  });

  it("answers status with 0 from a home, and refuses verify while the node runs (75)", async () => {
    const status = await runSelvedge(["status", "--home", node(0).home]).then(({ exitCode, stdout }) => ({
      exitCode,
      stdout,
    }));
    // A run file is written by the node itself, so the home is enough.
    expect(status).toMatchObject({ exitCode: 0, stdout: expect.stringContaining("healthy: ok") });
    expect(await runSelvedge(["verify", "--home", node(0).home])).toMatchObject({
      exitCode: 75,
      stderr: expect.stringContaining("(HOME_IN_USE)"),
    });
  });

  it("refuses a folder of another network (73), and a folder that is none", async () => {
    await expect(startDevnet({ home: devnet.home, plan: { ...plan, validators: 3 } })).rejects.toMatchObject({
      code: "HOME_EXISTS",
    });
    await expect(startDevnet({ home: folder, plan })).rejects.toMatchObject({ code: "HOME_EXISTS" });
  });

  it("ends every process", async () => {
    const pids = devnet.nodes.map(({ pid }) => mustExist(pid(), "all run"));
    await devnet.stop();
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
    expect((await runSelvedge(["status", "--home", node(0).home])).exitCode).toBe(69);
  });
});

function optionsFor(home: string, more: Partial<VerifyOptions> = {}): VerifyOptions {
  return { home, full: false, restart: false, ...more };
}

describe("verify", () => {
  it("finds every home whole and all in the same state", async () => {
    const summaries: VerifySummary[] = [];
    for (const { home } of devnet.nodes) summaries.push(await verifyHome(optionsFor(home, { full: true })));
    for (const summary of summaries) {
      expect(summary.isComplete).toBe(true);
      expect(summary.versions).toBe(3);
      expect(summary.checkpoints).toBeGreaterThan(0);
      expect(summary.models).toEqual(summaries[0]?.models);
    }
    expect(summaries[0]?.models[0]?.version).toBe(2);
  });

  it("goes on where it was interrupted, with the same result", async () => {
    const { home } = node(1);
    const whole = await verifyHome(optionsFor(home));
    const stop = new AbortController();
    const onProgress: VerifyOptions["onProgress"] = ({ done }) => (done === 3 ? stop.abort() : undefined);
    const first = await verifyHome(optionsFor(home, { signal: stop.signal, onProgress }));
    expect(first).toMatchObject({ isComplete: false, commits: 3 });
    const second = await verifyHome(optionsFor(home));
    expect(second).toEqual({ ...whole, resumedAfter: 3 });
    expect(await verifyHome(optionsFor(home))).toEqual(whole);
  });

  it("prints a summary and exits 0; for damage it names the thing and exits 65", async () => {
    const { home } = node(2);
    const good = await runSelvedge(["verify", "--home", home, "--json"]);
    expect(good.exitCode).toBe(0);
    expect(JSON.parse(good.stdout)).toMatchObject({ ok: true, models: [{ id: "digits", version: 2 }] });
    const broken = await damagedCopy(home, "cli", async (store) => store.drop("c/", 2));
    const bad = await runSelvedge(["verify", "--home", broken, "--json"]);
    expect(bad).toMatchObject({ exitCode: 65, stderr: expect.stringContaining("commit 2") });
    expect(JSON.parse(bad.stdout)).toMatchObject({ ok: false, subject: "commit 2", code: "COMMIT_MISSING" });
  });
});

/** The database beneath the store that checks: what a failing disk or a careless hand can reach. */
class RawStore {
  readonly #database: Level<string, Uint8Array>;

  constructor(database: Level<string, Uint8Array>) {
    this.#database = database;
  }

  /** The n-th key with this prefix, from 1. */
  async key(prefix: string, position: number): Promise<string> {
    const keys = await this.#database.keys({ gte: prefix, lt: `${prefix}\u007f` }).all();
    return mustExist(keys[position - 1], `a record ${position} of ${prefix}`);
  }

  async flipBit(key: string): Promise<void> {
    const value = new Uint8Array(mustExist(await this.#database.get(key), key));
    const middle = value.length >> 1;
    value[middle] = (value[middle] ?? 0) ^ 1;
    await this.#database.put(key, value);
  }

  async drop(prefix: string, position: number): Promise<void> {
    await this.#database.del(await this.key(prefix, position));
  }

  /** A well-sealed record with other content: what only the chain itself can unmask. */
  async forge(
    key: string,
    space: "commits" | "versions" | "state" | "blocks" | "payload",
    value: Uint8Array,
  ): Promise<void> {
    await this.#database.put(key, sealRecord(sha256, { space, key: key.slice(2) }, value));
  }
}

async function damagedCopy(home: string, name: string, damage: (store: RawStore) => Promise<void>): Promise<string> {
  const copy = join(folder, `damaged-${name}`);
  await cp(home, copy, { recursive: true });
  const database = new Level<string, Uint8Array>(join(copy, "data", "chain"), {
    keyEncoding: "utf8",
    valueEncoding: "view",
    createIfMissing: false,
  });
  await database.open();
  await damage(new RawStore(database));
  await database.close();
  return copy;
}

/** Reads through the checking store, before the damage is done. */
async function stored(home: string, space: "commits" | "versions" | "payload", key: string): Promise<Uint8Array> {
  const opened = await openVerifiedHome(home);
  try {
    return mustExist(await opened.store.get(space, key), key);
  } finally {
    await opened.close();
  }
}

describe("damage is named", () => {
  const cases: readonly {
    readonly name: string;
    readonly says: RegExp;
    readonly isFullOnly?: boolean;
    readonly damage: (store: RawStore, home: string) => Promise<void>;
  }[] = [
    {
      name: "a bit flipped in a commit",
      says: /^commit 3: .*RECORD_DAMAGED/u,
      damage: async (store) => store.flipBit(await store.key("c/", 3)),
    },
    { name: "a commit removed", says: /^commit 3: .*COMMIT_MISSING/u, damage: async (store) => store.drop("c/", 3) },
    {
      name: "a commit put in another's place",
      says: /^commit 3: .*COMMIT_INDEX/u,
      damage: async (store, home) =>
        store.forge(
          await store.key("c/", 3),
          "commits",
          await stored(home, "commits", (await store.key("c/", 4)).slice(2)),
        ),
    },
    {
      name: "a bit flipped in a committed block",
      says: /^block [0-9a-f]{64} of commit \d+: .*RECORD_DAMAGED/u,
      damage: async (store) => store.flipBit(await store.key("b/", 1)),
    },
    {
      name: "a committed block removed",
      says: /^block [0-9a-f]{64} of commit \d+: .*BLOCK_MISSING/u,
      damage: async (store) => store.drop("b/", 1),
    },
    {
      name: "a state root changed",
      says: /^state root of commit 2: .*STATE_ROOT_DIFFERS/u,
      damage: async (store) => store.forge(await store.key("s/root/", 2), "state", new Uint8Array(32)),
    },
    {
      name: "a state root removed",
      says: /^state root of commit 2: .*STATE_ROOT_MISSING/u,
      damage: async (store) => store.drop("s/root/", 2),
    },
    {
      name: "a bit flipped in a certificate",
      says: /^checkpoint certificate of commit \d+: /u,
      damage: async (store) => store.flipBit(await store.key("s/checkpoint/", 1)),
    },
    {
      name: "a bit flipped in an update's header",
      says: /^update [0-9a-f]{64}: .*RECORD_DAMAGED/u,
      damage: async (store) => store.flipBit(await store.key("s/update/", 1)),
    },
    {
      name: "a version record removed",
      says: /^version 1 record of digits: /u,
      damage: async (store) => store.drop("v/digits/", 2),
    },
    {
      name: "a version record replaced by another",
      says: /^(state root of commit \d+|version 1 record of digits): /u,
      damage: async (store, home) =>
        store.forge(
          await store.key("v/digits/", 2),
          "versions",
          await stored(home, "versions", (await store.key("v/digits/", 3)).slice(2)),
        ),
    },
    {
      name: "version 0's record removed",
      says: /^version 0 record of digits: /u,
      damage: async (store) => store.drop("v/digits/", 1),
    },
    {
      name: "a chunk removed",
      says: /^version \d .* chunk 0 of digits: .*AUDIT_CHUNK_MISSING/u,
      damage: async (store) => store.drop("p/", 1),
    },
    {
      name: "a bit flipped in a chunk",
      says: /^chunk 0 of payload [0-9a-f]{64}: .*RECORD_DAMAGED/u,
      damage: async (store) => store.flipBit(await store.key("p/", 1)),
    },
    {
      name: "a chunk replaced by another",
      says: /^version \d .* chunk 0 of digits: .*AUDIT_CHUNK_DAMAGED/u,
      damage: async (store) => store.forge(await store.key("p/", 1), "payload", new Uint8Array(31_408)),
    },
    {
      name: "a bit flipped in a receipt",
      says: /^a record of state: /u,
      isFullOnly: true,
      damage: async (store) => store.flipBit(await store.key("s/receipt/", 1)),
    },
  ];

  it.each(cases)("$name", async ({ name, says, isFullOnly, damage }) => {
    // What is read goes through another home: the copy is locked by whoever damages it.
    const home = await damagedCopy(node(0).home, name.replaceAll(/\W/gu, "-"), (store) => damage(store, node(0).home));
    const outcome = verifyHome(optionsFor(home, { full: isFullOnly === true }));
    await expect(outcome).rejects.toMatchObject({
      code: "VERIFY_FAILED",
      exitCode: 65,
      message: expect.stringMatching(says),
    });
  });
});

describe("a devnet's folder", () => {
  it("is continued with the same chain when it is started again", async () => {
    const again = await startDevnet({ home: devnet.home, plan });
    try {
      expect(again).toMatchObject({ isContinued: true, chainId: devnet.chainId });
      const status: unknown = await (await fetch(`${mustExist(again.nodes[0], "v0").apiUrl}/v1/status`)).json();
      expect(Number(Object(status).executedIndex)).toBeGreaterThan(0);
      expect(await readFile(join(again.home, "genesis.json"), "utf8")).toBe(
        await readFile(join(node(0).home, "network.json"), "utf8"),
      );
    } finally {
      await again.stop();
    }
  });
});
