// LevelDB behind the Store port: the whole compliance suite, and what is particular to files.

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeStore } from "@selvedge/integrity/testing";
import { Level } from "level";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { LevelStore } from "../../src/storage/level-store.ts";

describeStore("level", async () => {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-level-"));
  const database = new Level<string, Uint8Array>(folder, { keyEncoding: "utf8", valueEncoding: "view" });
  await database.open();
  const store = new LevelStore(database, sha256);
  return {
    store,
    reopen: () => LevelStore.open({ folder, sha256, create: false }),
    corrupt: async (space, key) => {
      const name = `${space[0]}/${key}`;
      const sealed = await database.get(name);
      if (sealed === undefined) throw new Error(`no record ${name}`);
      const damaged = new Uint8Array(sealed);
      damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 1;
      await database.put(name, damaged);
    },
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});

describe("a LevelDB folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "selvedge-level-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("is never made up by opening it", async () => {
    await expect(LevelStore.open({ folder: join(folder, "none"), sha256, create: false })).rejects.toMatchObject({
      code: "DATA_CORRUPT",
    });
  });

  it("that lost its CURRENT file is refused and left as it is", async () => {
    const store = await LevelStore.open({ folder, sha256, create: true });
    await store.batch([{ type: "put", space: "meta", key: "k", value: Uint8Array.of(1) }], { sync: true });
    await store.close();
    await rm(join(folder, "CURRENT"));
    const before = (await readdir(folder)).filter((name) => name.endsWith(".log") || name.endsWith(".ldb"));
    await expect(LevelStore.open({ folder, sha256, create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    const after = await readdir(folder);
    expect(before.every((name) => after.includes(name))).toBe(true);
  });

  it("is not created over an existing one", async () => {
    await (await LevelStore.open({ folder, sha256, create: true })).close();
    await expect(LevelStore.open({ folder, sha256, create: true })).rejects.toMatchObject({ code: "HOME_EXISTS" });
  });

  it("is opened by one process at a time", async () => {
    const store = await LevelStore.open({ folder, sha256, create: true });
    await expect(LevelStore.open({ folder, sha256, create: false })).rejects.toMatchObject({ code: "HOME_IN_USE" });
    await store.close();
  });
});
