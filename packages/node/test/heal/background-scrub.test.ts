// The scrub of a store that nobody reads: it goes through every table and every record, names what does not hold, and stops
// the node for what a restart heals.

import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mustExist } from "@selvedge/integrity";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { noteDamage } from "../../src/daemon/store-damage.ts";
import { BackgroundScrub } from "../../src/heal/background-scrub.ts";
import { NodeMetrics } from "../../src/observability/metrics.ts";
import { LevelStore, databaseIn } from "../../src/storage/level-store.ts";
import { readLostRanges } from "../../src/storage/lost-records.ts";
import { lostPath } from "../../src/storage/open-store.ts";

let root = "";
let folder = "";
let store: LevelStore;
let damages: unknown[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "selvedge-scrub-"));
  folder = join(root, "chain");
  damages = [];
  const first = await LevelStore.open({ folder, sha256, create: true });
  for (let at = 0; at < 150; at += 1)
    await first.batch([{ type: "put", space: "blocks", key: `k${1000 + at}`, value: new Uint8Array(300).fill(at) }], {
      sync: false,
    });
  await first.close();
  store = await LevelStore.open({ folder, sha256, create: false });
});
afterEach(async () => {
  await store.close();
  await rm(root, { recursive: true, force: true });
});

function scrub(pauseMs = 0): BackgroundScrub {
  return new BackgroundScrub({
    store,
    folder,
    pauseMs,
    bytesPerSecond: 1e9,
    logger: pino({ level: "silent" }),
    nowMs: () => 7000,
    onDamage: (error) => damages.push(error),
  });
}

describe("the background scrub", () => {
  it("reads every byte of tables and records, and finds nothing where nothing is", async () => {
    const running = scrub();
    expect(running.last).toBeNull();
    expect(await running.pass()).toEqual({ finishedMs: 7000, findings: [] });
    expect(running.last).toEqual({ finishedMs: 7000, findings: [] });
    expect(damages).toEqual([]);
  });

  it("finds a table that rots under a running node, and has it restarted", async () => {
    const table = join(
      folder,
      mustExist(
        (await readdir(folder)).find((name) => name.endsWith(".ldb")),
        "a table",
      ),
    );
    const bytes = await readFile(table);
    bytes[9000] = (bytes[9000] ?? 0) ^ 1;
    await writeFile(table, bytes);
    const { findings } = await scrub().pass();
    expect(findings[0]).toContain(table);
    expect(damages[0]).toMatchObject({ code: "STORE_DAMAGED", exitCode: 75 });
  });

  it("finds a record whose seal is broken though its table holds; the next start is told what to heal", async () => {
    await store.close();
    const raw = databaseIn(folder, false);
    await raw.open();
    await raw.put("b/k1077", new Uint8Array(40));
    await raw.close();
    store = await LevelStore.open({ folder, sha256, create: false });
    const { findings } = await scrub().pass();
    expect(findings).toEqual([expect.stringContaining('"k1077" of blocks')]);
    expect(damages[0]).toMatchObject({ code: "STORE_CORRUPT", key: "k1077" });
    expect(await noteDamage(folder, damages[0])).toBe(75);
    expect(await readLostRanges(lostPath(folder))).toEqual([{ from: "b/", to: "b/\u007f" }]);
  });

  it("goes on by itself until it is stopped, and counts what it read", async () => {
    const metrics = new NodeMetrics();
    const running = scrub(1);
    running.start(metrics);
    while (running.last === null) await new Promise((resolve) => setImmediate(resolve));
    await running.stop();
    expect(await metrics.text()).toMatch(/selvedge_scrub_bytes_total [1-9]/u);
    await expect(scrub().stop()).resolves.toBeUndefined();
  });
});

describe("damage of what only this node knows", () => {
  it("is not left to a restart", async () => {
    await store.batch([{ type: "put", space: "meta", key: "accepted-count", value: Uint8Array.of(1) }], { sync: true });
    await store.close();
    const raw = databaseIn(folder, false);
    await raw.open();
    await raw.put("m/accepted-count", new Uint8Array(40));
    await raw.close();
    store = await LevelStore.open({ folder, sha256, create: false });
    const met: unknown[] = [];
    store.watch((error) => met.push(error));
    const reading = store.get("meta", "accepted-count");
    await expect(reading).rejects.toMatchObject({ code: "STORE_CORRUPT" });
    expect(met).toHaveLength(1);
    expect(await noteDamage(folder, met[0])).toBeUndefined();
  });
});
