// LevelDB behind the Store port: the whole compliance suite, and what is particular to files.

import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustExist } from "@selvedge/integrity";
import { describeStore } from "@selvedge/integrity/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { LevelStore, databaseIn, markPath } from "../../src/storage/level-store.ts";

describeStore("level", async () => {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-level-"));
  const database = databaseIn(folder, true);
  const store = await LevelStore.open({ folder, sha256, create: true, database });
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
    dispose: async () => {
      await rm(folder, { recursive: true, force: true });
      await rm(markPath(folder), { force: true });
    },
  };
});

describe("a LevelDB folder", () => {
  let folder: string;
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), "selvedge-level-"));
    folder = join(parent, "chain");
  });
  afterEach(() => rm(parent, { recursive: true, force: true }));

  async function filled(count: number): Promise<void> {
    const store = await LevelStore.open({ folder, sha256, create: true });
    for (let at = 1; at <= count; at += 1)
      await store.batch([{ type: "put", space: "meta", key: `k${at}`, value: new Uint8Array(100) }], { sync: true });
    await store.close();
  }

  it("is never made up by opening it", async () => {
    await expect(LevelStore.open({ folder: join(folder, "none"), sha256, create: false })).rejects.toMatchObject({
      code: "DATA_CORRUPT",
    });
  });

  it("on a disk that lets no file be written is not called damaged, and opens again later", async () => {
    await filled(3);
    // What the start is about to write, as a table: a folder of that name refuses it, as a full disk does.
    const names = Array.from({ length: 20 }, (_, number) => join(folder, `${String(number).padStart(6, "0")}.ldb`));
    for (const name of names) await mkdir(name);
    await expect(LevelStore.open({ folder, sha256, create: false })).rejects.toMatchObject({ code: "IO_FAILED" });
    for (const name of names) await rm(name, { recursive: true, force: true });
    const store = await LevelStore.open({ folder, sha256, create: false });
    expect(await store.get("meta", "k3")).toBeDefined();
    await store.close();
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

  it("that lost acknowledged batches at its end is damaged, unless whoever opens it deals with that", async () => {
    await filled(5);
    const log = mustExist(
      (await readdir(folder)).find((name) => name.endsWith(".log")),
      "a log",
    );
    const whole = await readFile(join(folder, log));
    await writeFile(join(folder, log), whole.subarray(0, -37));
    await expect(LevelStore.open({ folder, sha256, create: false })).rejects.toMatchObject({
      code: "DATA_CORRUPT",
      message: expect.stringContaining("1 acknowledged batches are missing"),
    });
    const store = await LevelStore.open({ folder, sha256, create: false, acceptsLoss: true });
    expect(store.lostBatches).toBe(1);
    expect(await store.get("meta", "k4")).toBeDefined();
    expect(await store.get("meta", "k5")).toBeUndefined();
    await store.close();
    await (await LevelStore.open({ folder, sha256, create: false })).close();
  });

  it("without the mark of its last batch is damaged, and one rotten copy of it is survived", async () => {
    await filled(2);
    const mark = await readFile(markPath(folder));
    for (let at = 0; at < mark.length; at += 1) {
      await writeFile(
        markPath(folder),
        mark.map((byte, index) => (index === at ? byte ^ 4 : byte)),
      );
      await (await LevelStore.open({ folder, sha256, create: false })).close();
    }
    await writeFile(
      markPath(folder),
      mark.map((byte, index) => (index % 34 === 5 ? byte ^ 4 : byte)),
    );
    await expect(LevelStore.open({ folder, sha256, create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    await rm(markPath(folder));
    await expect(LevelStore.open({ folder, sha256, create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });
});

describe("a store whose disk fails", () => {
  it("writes nothing more: what a failed sync left behind is unknown", async () => {
    const parent = await mkdtemp(join(tmpdir(), "selvedge-level-"));
    const folder = join(parent, "chain");
    const database = databaseIn(folder, true);
    const store = await LevelStore.open({ folder, sha256, create: true, database });
    const put = (key: string): Promise<void> =>
      store.batch([{ type: "put", space: "meta", key, value: Uint8Array.of(1) }], { sync: true });
    await put("before");
    let failures = 1;
    const batch = database.batch.bind(database);
    Object.defineProperty(database, "batch", {
      value: async (...args: Parameters<typeof batch>) => {
        failures -= 1;
        if (failures >= 0) throw new Error("IO error: No space left on device");
        return batch(...args);
      },
    });
    // The second one was asked for before the first one failed.
    const outcomes = await Promise.allSettled([put("failing"), put("waiting")]);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await expect(put("after")).rejects.toMatchObject({ code: "STORE_IO" });
    expect(await store.get("meta", "before")).toEqual(Uint8Array.of(1));
    await store.close();
    const again = await LevelStore.open({ folder, sha256, create: false });
    expect(await again.get("meta", "before")).toEqual(Uint8Array.of(1));
    expect(await again.get("meta", "waiting")).toBeUndefined();
    await again.close();
    await rm(parent, { recursive: true, force: true });
  });
});
