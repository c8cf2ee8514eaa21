// `init` makes a whole home or none: whatever interrupts it, the next one makes the home. A home may be moved.

import { access, mkdir, mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { committeeOf } from "@selvedge/integrity";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { runBackupCreate, runBackupRestore } from "../../src/cli/actions/backup.ts";
import { type InitOptions, runInit } from "../../src/cli/actions/init.ts";
import { homePaths } from "../../src/config/home.ts";
import { loadConfig } from "../../src/config/load.ts";
import { readGenesisBundle } from "../../src/daemon/home.ts";
import { openIdentity } from "../../src/daemon/identity.ts";
import { makeTestNetwork, writeTestNetwork } from "../../src/devnet/make-network.ts";
import { readHomePassword } from "../../src/keys/home-password.ts";
import { keptOutput } from "./kept-output.ts";

let folder = "";
let network = "";
let validatorKey: Pick<InitOptions, "key" | "passwordFile"> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-init-"));
  const dealt = makeTestNetwork({ name: "init", validators: 1, devices: 0, models: [], createdMs: 1 });
  const written = await writeTestNetwork(dealt, join(folder, "net"), "edge");
  network = written.genesis;
  validatorKey = { key: join(folder, "net", "keys", "validator-0.json"), passwordFile: written.passwordFile };
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function openedKey(home: string): Promise<string> {
  const paths = homePaths(home);
  const config = await loadConfig({ file: paths.config, environment: {}, flags: {} });
  if (config.role === "device") throw new Error("a device has no node");
  const { genesis } = await readGenesisBundle(paths.genesis, paths.genesisWeights);
  const password = await readHomePassword(paths, config);
  const identity = await openIdentity({ role: config.role, paths, committee: committeeOf(genesis), password });
  return Buffer.from(identity.networkSecret).toString("hex");
}

describe("an init that fails at its key is done by the next one", () => {
  it.each([
    { role: "validator", written: "keys/validator.json", key: () => validatorKey },
    { role: "observer", written: "keys/node.json", key: () => ({}) },
    { role: "observer", written: "secrets/password", key: () => ({}) },
  ])("$role, $written", async ({ role, written, key }) => {
    const home = join(folder, written.replace("/", "-"));
    const options = { network, role, home, ...key() };
    // A folder where the file is to be written first stands for a disk that takes nothing more.
    const obstacle = join(home, `${written}.new`);
    await mkdir(obstacle, { recursive: true });
    await expect(runInit(options, keptOutput())).rejects.toMatchObject({ code: "IO_FAILED" });
    await expect(access(homePaths(home).genesis)).rejects.toMatchObject({ code: "ENOENT" });
    await rm(obstacle, { recursive: true });
    expect(await runInit(options, keptOutput())).toBe(0);
    expect(await openedKey(home)).toHaveLength(64);
    await expect(runInit(options, keptOutput())).rejects.toMatchObject({ code: "HOME_EXISTS" });
  });
});

describe("an observer's home", () => {
  it("opens its key wherever it is moved", async () => {
    const home = join(folder, "before");
    await runInit({ network, role: "observer", home }, keptOutput());
    const key = await openedKey(home);
    const moved = join(folder, "after");
    await rename(home, moved);
    expect(await openedKey(moved)).toBe(key);
    expect(await readFile(homePaths(moved).config, "utf8")).not.toContain(home);
  });

  it("goes on with the password file that its configuration names", async () => {
    const home = join(folder, "named");
    const paths = homePaths(home);
    await runInit({ network, role: "observer", home }, keptOutput());
    const password = await readHomePassword(paths, { keys: { password_file: "" } });
    await rename(paths.password, join(folder, "elsewhere"));
    expect(await readHomePassword(paths, { keys: { password_file: join(folder, "elsewhere") } })).toBe(password);
    await expect(readHomePassword(paths, { keys: { password_file: "" } })).rejects.toMatchObject({
      code: "KEY_MISSING",
      message: expect.stringContaining("keys.password_file"),
    });
  });
});

test.each([
  { peer: "1=/ip4/127.0.0.1/tcp/1", says: "validators 0 to 0" },
  { peer: "/ip4/999.2.3.4/tcp/1", says: "p2p.peers.0.address names 999.2.3.4" },
])("an init with the peer $peer, with which no node would start, makes nothing", async ({ peer, says }) => {
  const home = join(folder, "refused");
  await expect(runInit({ network, role: "observer", home, peer: [peer] }, keptOutput())).rejects.toMatchObject({
    code: "CONFIG_INVALID",
    message: expect.stringContaining(says),
  });
  await expect(access(home)).rejects.toMatchObject({ code: "ENOENT" });
});

test.each([
  { role: "observer", key: () => ({}), says: "selvedge key new --kind node --out", not: "safety" },
  { role: "validator", key: () => validatorKey, says: "safety export", not: "node.json" },
])("what a restored home of a(n) $role lacks is said", async ({ role, key, says, not }) => {
  const home = join(folder, `${role}-home`);
  const backup = join(folder, `${role}-backup`);
  await runInit({ network, role, home, ...key() }, keptOutput());
  await runBackupCreate({ home, out: backup }, keptOutput());
  const output = keptOutput();
  await runBackupRestore({ argument: backup, home: join(folder, `${role}-restored`) }, output);
  expect(output.notes.join("\n")).toContain(says);
  expect(output.notes.join("\n")).not.toContain(not);
});
