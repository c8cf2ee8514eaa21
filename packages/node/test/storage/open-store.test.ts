// A database that LevelDB itself wrote, damaged in every file it has: either it is refused and the file is named, or what
// is damaged is cut out, told, and everything else is still there. LevelDB alone would open most of these without a word.

import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustExist, type StoreSpace } from "@selvedge/integrity";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { LevelStore, databaseIn } from "../../src/storage/level-store.ts";
import { type DatabaseDamage, checkDatabase } from "../../src/storage/leveldb/check-database.ts";
import { readLogRecords } from "../../src/storage/leveldb/log-records.ts";
import { lostBy } from "../../src/storage/leveldb/mend-database.ts";
import { putRight } from "../../src/storage/leveldb/put-right.ts";
import { addLostRanges } from "../../src/storage/lost-records.ts";
import { type OpenedStore, openCheckedStore } from "../../src/storage/open-store.ts";

let root = "";
let template = "";
let folder = "";
let trial = 0;

const BLOCKS = 400;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "selvedge-open-"));
  template = join(root, "template");
  await mkdir(template);
  await writeDatabase(join(template, "chain"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  trial += 1;
  const copy = join(root, `copy-${trial}`);
  await cp(template, copy, { recursive: true });
  folder = join(copy, "chain");
});

/** Tables by reopening, and a log with what came last. */
async function writeDatabase(path: string): Promise<void> {
  const store = await LevelStore.open({ folder: path, sha256, create: true });
  const put = (space: StoreSpace, at: number): Promise<void> =>
    store.batch([{ type: "put", space, key: `key-${String(at).padStart(4, "0")}`, value: valueOf(at) }], {
      sync: false,
    });
  for (let at = 0; at < BLOCKS; at += 1) await put("blocks", at);
  for (let at = 0; at < 40; at += 1) await put("meta", at);
  await store.close();
  const again = await LevelStore.open({ folder: path, sha256, create: false });
  for (let at = 0; at < 20; at += 1)
    await again.batch([{ type: "put", space: "commits", key: `key-${at}`, value: valueOf(at) }], { sync: true });
  await again.close();
}

function valueOf(at: number): Uint8Array {
  return Uint8Array.from({ length: 500 }, (_, index) => (at * 31 + index * 7) % 251);
}

async function file(ending: RegExp): Promise<string> {
  return join(
    folder,
    mustExist(
      (await readdir(folder)).find((name) => ending.test(name)),
      String(ending),
    ),
  );
}

async function flip(path: string, at: number, mask = 16): Promise<void> {
  const bytes = await readFile(path);
  bytes[at] = (bytes[at] ?? 0) ^ mask;
  await writeFile(path, bytes);
}

/** More than one bit: what no checksum can put right. */
const BURST = 0b0101_0110;

function open(mends: boolean): Promise<OpenedStore> {
  return openCheckedStore({ folder, sha256, mends, payloadBytesMax: Number.POSITIVE_INFINITY });
}

async function blocksThere({ store }: OpenedStore): Promise<number> {
  let count = 0;
  for (let at = 0; at < BLOCKS; at += 1) {
    const value = await store.get("blocks", `key-${String(at).padStart(4, "0")}`);
    if (value === undefined) continue;
    expect(value).toEqual(valueOf(at));
    count += 1;
  }
  return count;
}

describe("a database that holds", () => {
  it("is opened without a finding, and is locked meanwhile, through any path to it", async () => {
    const opened = await open(true);
    expect(opened.report).toMatchObject({ mended: [], lostRanges: [], lostBatches: 0 });
    expect(await blocksThere(opened)).toBe(BLOCKS);
    await expect(open(true)).rejects.toMatchObject({ code: "HOME_IN_USE", exitCode: 75 });
    const other = join(root, `link-${trial}`);
    await symlink(join(folder, ".."), other);
    const through = { folder: join(other, "chain"), sha256, mends: true, payloadBytesMax: 0 };
    await expect(openCheckedStore(through)).rejects.toMatchObject({ code: "HOME_IN_USE" });
    await opened.store.close();
    await (await openCheckedStore(through)).store.close();
  });
});

describe("a database with a lost file", () => {
  it.each([/^CURRENT$/u, /^MANIFEST-/u, /\.log$/u])("is refused: %s", async (name) => {
    await rm(await file(name));
    const before = await readdir(folder);
    await expect(open(true)).rejects.toMatchObject({ code: "DATA_CORRUPT", exitCode: 65 });
    expect(await readdir(folder)).toEqual(before);
  });

  it("is refused when its folder is emptied or gone", async () => {
    await rm(folder, { recursive: true });
    await expect(open(true)).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    await mkdir(folder);
    await expect(open(true)).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    expect(await readdir(folder)).toEqual([]);
  });

  it("is refused when the table holds what nobody else has", async () => {
    await rm(await file(/\.ldb$/u));
    await expect(open(true)).rejects.toMatchObject({
      code: "DATA_CORRUPT",
      message: expect.stringContaining(".ldb is missing"),
    });
  });
});

describe("a single flipped bit", () => {
  it("is put right exactly, anywhere in the database, and told", async () => {
    const before = new Map<string, Buffer>();
    for (const name of await readdir(folder))
      if (/^CURRENT|MANIFEST|ldb$|log$/u.test(name)) before.set(name, await readFile(join(folder, name)));
    for (const [name, bytes] of before) {
      const places = [0, 1, 4, 5, 6, 7, 13, 0.3, 0.6, 0.97].map((at) => (at < 1 ? Math.floor(at * bytes.length) : at));
      for (const at of [...places, bytes.length - 1, bytes.length - 10, bytes.length - 300].filter(
        (one) => one >= 0 && one < bytes.length,
      )) {
        await flip(join(folder, name), at);
        const { damages } = await checkDatabase(folder, { payloadBytesMax: 0 });
        const said = await putRight({ folder, asideFolder: `${folder}.damaged`, damages, sha256 });
        expect(said, `${name} byte ${at}`).toEqual([expect.stringContaining(name)]);
        expect(await readFile(join(folder, name)), `${name} byte ${at}`).toEqual(bytes);
      }
    }
    expect(await readdir(`${folder}.damaged`)).toHaveLength(before.size);
  });

  it("costs a running node nothing, and whoever only looks refuses it", async () => {
    await flip(await file(/\.log$/u), 3000);
    await expect(open(false)).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    const opened = await open(true);
    expect(opened.report).toMatchObject({
      mended: [expect.stringContaining("put right")],
      lostRanges: [],
      lostBatches: 0,
    });
    expect(await blocksThere(opened)).toBe(BLOCKS);
    await opened.store.close();
  });
});

describe("a burst of flipped bits", () => {
  it("in a data block is refused by whoever only looks, and cut out by whoever runs", async () => {
    const table = await file(/\.ldb$/u);
    await flip(table, 30_000, BURST);
    await expect(open(false)).rejects.toMatchObject({ code: "DATA_CORRUPT", message: expect.stringContaining(table) });
    const opened = await open(true);
    expect(opened.report.mended).toHaveLength(1);
    expect(opened.report.lostRanges).toHaveLength(1);
    const left = await blocksThere(opened);
    // One block of 4 KiB: a handful of records, and not one more.
    expect(left).toBeLessThan(BLOCKS);
    expect(left).toBeGreaterThan(BLOCKS - 12);
    await opened.store.close();
    expect(await readdir(`${folder}.damaged`)).toHaveLength(1);
  });

  it("in what nobody else can give back is refused, and the database left as it is", async () => {
    const table = await file(/\.ldb$/u);
    // After the blocks come the records of "meta".
    await flip(table, 225_000, BURST);
    const before = await readFile(table);
    await expect(open(true)).rejects.toMatchObject({
      code: "DATA_CORRUPT",
      exitCode: 65,
      message: expect.stringMatching(/cannot be mended: .*\.ldb is damaged at byte \d+/u),
    });
    expect(await readFile(table)).toEqual(before);
  });

  it("in acks alone is cut out: a node that knows of it goes on without acking", () => {
    const block = (from: string, to: string): DatabaseDamage => ({
      kind: "data",
      file: "000005.ldb",
      block: { handle: { offset: 0, sizeBytes: 100 }, range: { from, to }, indexKey: new Uint8Array(20) },
    });
    const later = `m/e${"0".repeat(13)}1/`;
    for (const prefix of ["m/", later]) {
      const range = { from: `${prefix}ack/a`, to: `${prefix}ack/b` };
      expect(lostBy([block(range.from, range.to)])).toEqual([range]);
    }
    for (const [from, to] of [
      ["m/accepted-count", "m/ack/b"],
      ["c/9", "m/ack/b"],
      ["m/ack/a", `${later}ack/b`],
    ] as const)
      expect(() => lostBy([block(from, to)])).toThrow("cannot be mended");
  });

  it("is remembered as a loss until it is healed, over restarts", async () => {
    await flip(await file(/\.ldb$/u), 30_000, BURST);
    const first = await open(true);
    await first.store.close();
    const second = await open(true);
    expect(second.report.mended).toEqual([]);
    expect(second.report.lostRanges).toEqual(first.report.lostRanges);
    expect(second.report.needsHealing?.()).toBe(true);
    await second.report.markHealed?.([]);
    await second.store.close();
    const third = await open(true);
    expect(third.report.lostRanges).toEqual([]);
    await third.store.close();
  });

  it("anywhere in CURRENT, the manifest or a table's own structure is found", async () => {
    const table = await file(/\.ldb$/u);
    const size = (await readFile(table)).length;
    const places: [string, number][] = [
      ...[0, 5, 15].map((at): [string, number] => [join(folder, "CURRENT"), at]),
      ...[0, 4, 6, 40].map((at): [string, number] => [join(folder, "MANIFEST"), at]),
      ...[size - 1, size - 47, size - 12, size - 60, size - 300].map((at): [string, number] => [table, at]),
    ];
    for (const [path, at] of places) {
      const target = path.endsWith("MANIFEST") ? await file(/^MANIFEST-/u) : path;
      await flip(target, at, BURST);
      await expect(open(false), `${target} byte ${at}`).rejects.toMatchObject({ code: "DATA_CORRUPT" });
      await flip(target, at, BURST);
    }
    await (await open(false)).store.close();
  });

  it("in the log loses what follows it, says how much, and leaves an older state that is whole", async () => {
    const log = await file(/\.log$/u);
    const { records } = readLogRecords(await readFile(log));
    await flip(log, mustExist(records[8], "twenty batches").offset + 50, BURST);
    await expect(open(false)).rejects.toMatchObject({ code: "DATA_CORRUPT", message: expect.stringContaining(log) });
    const { store, report } = await open(true);
    expect(report.mended).toEqual([expect.stringContaining(log)]);
    const there: boolean[] = [];
    for (let at = 0; at < 20; at += 1) there.push((await store.get("commits", `key-${at}`)) !== undefined);
    const lost = there.filter((isThere) => !isThere).length;
    expect(report.lostBatches).toBe(lost);
    expect(lost).toBe(12);
    expect(there.indexOf(false)).toBe(20 - lost);
    await store.close();
  });
});

describe("a misdirected or forgotten write", () => {
  it("that swaps two sectors of a table costs their blocks and no other record", async () => {
    const table = await file(/\.ldb$/u);
    const bytes = await readFile(table);
    const first = bytes.subarray(40_960, 45_056);
    const swapped = Buffer.concat([
      bytes.subarray(0, 40_960),
      bytes.subarray(81_920, 86_016),
      bytes.subarray(45_056, 81_920),
      first,
      bytes.subarray(86_016),
    ]);
    await writeFile(table, swapped);
    const opened = await open(true);
    expect(opened.report.mended.length).toBeGreaterThanOrEqual(2);
    expect(await blocksThere(opened)).toBeGreaterThan(BLOCKS - 45);
    await opened.store.close();
  });

  it("that leaves a sector of zeros in the middle of a log is found, and ends the log there", async () => {
    const log = await file(/\.log$/u);
    const bytes = await readFile(log);
    bytes.fill(0, 4096, 8192);
    await writeFile(log, bytes);
    const { store, report } = await open(true);
    expect(report.mended).toEqual([expect.stringContaining(log)]);
    expect(report.lostBatches).toBeGreaterThan(5);
    await store.close();
  });
});

describe("a log that ends early", () => {
  it("misses no batch that was acknowledged: the mark beside the database tells", async () => {
    const log = await file(/\.log$/u);
    await truncate(log, (await readFile(log)).length - 37);
    await expect(open(false)).rejects.toMatchObject({
      code: "DATA_CORRUPT",
      message: expect.stringContaining("1 acknowledged"),
    });
    const { store, report } = await open(true);
    expect(report).toMatchObject({ mended: [], lostBatches: 1 });
    await store.close();
  });

  it("is no damage when only what nobody was promised is gone", async () => {
    const opened = await open(true);
    await opened.store.batch([{ type: "put", space: "meta", key: "promised", value: Uint8Array.of(1) }], {
      sync: true,
    });
    const copy = join(root, `crash-${trial}`);
    await opened.store.batch([{ type: "put", space: "meta", key: "not-promised", value: new Uint8Array(900) }], {
      sync: false,
    });
    // As a crash would leave it: the file system had not written the end.
    await cp(join(folder, ".."), copy, { recursive: true });
    await opened.store.close();
    await rm(join(copy, "LOCK"), { recursive: true });
    await rename(join(copy, "chain"), join(copy, "chain-crashed"));
    await rename(join(copy, "chain.mark"), join(copy, "chain-crashed.mark"));
    folder = join(copy, "chain-crashed");
    const log = await file(/\.log$/u);
    await truncate(log, (await readFile(log)).length - 37);
    const { store, report } = await open(false);
    expect(report.lostBatches).toBe(0);
    expect(await store.get("meta", "promised")).toEqual(Uint8Array.of(1));
    expect(await store.get("meta", "not-promised")).toBeUndefined();
    await store.close();
  });
});

describe("a record that was damaged before its checksum was made", () => {
  it("is removed at the next start once it was noticed, and is missing then, not believed", async () => {
    const before = await open(true);
    await before.store.close();

    const raw = databaseIn(folder, false);
    await raw.open();
    await raw.put("b/key-0007", new Uint8Array(40));
    await raw.close();
    await writeLost([{ from: "b/", to: "b/~" }]);
    const { store } = await open(true);
    expect(await store.get("blocks", "key-0007")).toBeUndefined();
    expect(await store.get("blocks", "key-0008")).toEqual(valueOf(8));
    await store.close();
  });
});

async function writeLost(ranges: readonly { readonly from: string; readonly to: string }[]): Promise<void> {
  await addLostRanges(`${folder}.lost`, ranges);
}
