// Backups of real homes: online and consistent, hashed, without secrets, and a restored home that verifies and cannot sign
// with what it has.

import { cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askAdmin } from "../../src/admin/admin-client.ts";
import { type AdminServer, openAdminServer } from "../../src/admin/admin-server.ts";
import { createBackup } from "../../src/backup/create-backup.ts";
import { readFrames } from "../../src/backup/frames.ts";
import { recordsOf } from "../../src/backup/node-records.ts";
import { checkBackup, restoreBackup } from "../../src/backup/restore-backup.ts";
import { homePaths } from "../../src/config/home.ts";
import { sha256 } from "../../src/crypto.ts";
import { openStore } from "../../src/daemon/home.ts";
import { diffHomes } from "../../src/export/diff-homes.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";
import { SafetyFile } from "../../src/storage/safety-file.ts";
import { verifyHome } from "../../src/verify/verify-home.ts";
import { HomeFixture } from "../home-fixture.ts";

const CANARY = "canary-1f0d8a5b";

let fixture: HomeFixture;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-backup-"));
  fixture = await HomeFixture.create();
  // Beside the data, as an operator keeps them.
  await writeFile(fixture.paths.validatorKey, `{"secret":"${CANARY}"}`);
  await writeFile(join(fixture.paths.secrets, "password"), CANARY);
  await fixture.start();
  await fixture.train();
  await fixture.grow(20);
}, 60_000);

afterAll(async () => {
  await fixture.remove();
  await rm(folder, { recursive: true, force: true });
});

async function madeFrom(name: string, records: Parameters<typeof createBackup>[1]["records"]): Promise<string> {
  const target = join(folder, name);
  await createBackup(target, { paths: fixture.paths, records, software: "test", createdAt: "2026-01-01T00:00:00Z" });
  return target;
}

async function filesUnder(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

describe("a backup", () => {
  test("of a running node is one moment's state: it restores to a home that verifies, while the node goes on", async () => {
    const admin: AdminServer | undefined = await openAdminServer({
      home: fixture.paths.root,
      store: fixture.store,
      logger: pino({ level: "silent" }),
      report: async () => ({}),
    });
    try {
      const answer = await askAdmin(fixture.paths.root, { method: "GET", path: "/v1/admin/records" });
      if (answer === undefined) throw new Error("the node runs");
      const growing = fixture.grow(20);
      const target = await madeFrom("online", readFrames(answer));
      await growing;
      const backup = await checkBackup(target);
      const home = join(folder, "restored");
      await restoreBackup(backup, home);
      const summary = await verifyHome({ home, full: true, restart: true });
      expect(summary).toMatchObject({ isComplete: true, lastCommit: backup.manifest.lastCommit });
      expect(summary.lastCommit).toBeGreaterThan(10);
    } finally {
      await admin?.close();
    }
  });

  test("holds no key, no password and no safety record (C12)", async () => {
    const target = await madeFrom("secrets", recordsOf(fixture.store));
    for (const path of await filesUnder(target)) {
      expect(path.slice(target.length)).not.toMatch(/safety|keys|secrets/u);
      expect((await readFile(path)).includes(CANARY), path).toBe(false);
    }
  });

  test("is refused with the name of the file when one byte of any file differs, or one is missing", async () => {
    const target = await madeFrom("damaged", recordsOf(fixture.store));
    for (const path of await filesUnder(target)) {
      const name = path.slice(target.length + 1);
      const bytes = await readFile(path);
      const damaged = Buffer.from(bytes);
      const at = Math.floor(bytes.length / 2);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await writeFile(path, damaged);
      // The manifest's own digest is the operator's to compare: what it says of the others no longer fits, or no JSON.
      if (name !== "manifest.json") await expect(checkBackup(target), name).rejects.toThrow(name);
      await rm(path);
      await expect(checkBackup(target), name).rejects.toThrow(name);
      await writeFile(path, bytes);
    }
    await expect(checkBackup(target)).resolves.toBeDefined();
  });

  test("that breaks off is refused, and leaves nothing behind", async () => {
    async function* broken(): ReturnType<typeof readFrames> {
      let left = 5;
      for await (const record of recordsOf(fixture.store)) {
        if ((left -= 1) < 0) throw new Error("the node is gone");
        yield record;
      }
    }
    await expect(madeFrom("broken", broken())).rejects.toThrow("the node is gone");
    expect(await readdir(folder)).not.toContain("broken");
  });
});

describe("a restored home", () => {
  test("vouches for nothing in this epoch and has no safety record; one that lies there is never lowered (F120)", async () => {
    const backup = await checkBackup(await madeFrom("amnesia", recordsOf(fixture.store)));
    const bare = join(folder, "bare");
    const paths = await restoreBackup(backup, bare);
    await expect(SafetyFile.open(paths.safety, { create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    const store = await openStore(paths, fixture.network.bundle.genesis);
    expect(await (await ChainStore.open(store, sha256)).past.hasForgotten()).toBe(true);
    await store.close();
    // Data is never written over data.
    await expect(restoreBackup(backup, bare)).rejects.toMatchObject({ code: "HOME_EXISTS" });
    const kept = homePaths(join(folder, "kept"));
    await cp(join(fixture.paths.root, "safety"), join(kept.root, "safety"), { recursive: true });
    const before = await readFile(kept.safety);
    await restoreBackup(backup, kept.root);
    expect(await readFile(kept.safety)).toEqual(before);
  });
});

describe("diff", () => {
  test("finds nothing between a home and its restored backup, and names the first commit that differs", async () => {
    await fixture.stop();
    const twin = join(folder, "restored");
    expect((await diffHomes(fixture.paths.root, twin)).difference).toBeUndefined();
    const store = await openStore(homePaths(twin), fixture.network.bundle.genesis);
    const key = `root/${(7).toString(16).padStart(14, "0")}`;
    await store.batch([{ type: "put", space: "state", key, value: new Uint8Array(32).fill(1) }], { sync: true });
    await store.close();
    expect((await diffHomes(fixture.paths.root, twin)).difference).toMatchObject({
      subject: "state root of commit 7",
      right: "01".repeat(32),
    });
  });
});
