// The database of a new home: an interrupted making leaves nothing in the way of the next, and no node's data is taken for
// it.

import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { makeDatabase, storedChainId } from "../../src/daemon/new-database.ts";
import { makeTestNetwork } from "../../src/devnet/make-network.ts";
import { LevelStore } from "../../src/storage/level-store.ts";

let home = "";
let folder = "";

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "selvedge-new-database-"));
  folder = join(home, "chain");
});

afterEach(() => rm(home, { recursive: true, force: true }));

function bundleOf(name: string): ReturnType<typeof makeTestNetwork>["bundle"] {
  const seed = new Uint8Array(32).fill(3);
  return makeTestNetwork({ name, validators: 1, devices: 0, createdMs: 1, seed, params: {}, models: [] }).bundle;
}

async function put(key: string): Promise<void> {
  const store = await LevelStore.open({ folder, sha256, create: false });
  await store.batch([{ type: "put", space: "meta", key, value: Uint8Array.of(1) }], { sync: true });
  await store.close();
}

test("made twice it is taken over, and names its chain", async () => {
  await makeDatabase({ ...bundleOf("one"), folder });
  await makeDatabase({ ...bundleOf("one"), folder });
  const store = await LevelStore.open({ folder, sha256, create: false });
  expect(await storedChainId(store)).toHaveLength(32);
  await store.close();
  expect(new Set(await readdir(home))).toEqual(new Set(["chain", "chain.mark"]));
});

test("what an interrupted making left beside is begun anew", async () => {
  await mkdir(`${folder}.new`);
  await writeFile(join(`${folder}.new`, "CURRENT"), "MANIFEST-9");
  await makeDatabase({ ...bundleOf("one"), folder });
  expect(new Set(await readdir(home))).toEqual(new Set(["chain", "chain.mark"]));
});

test.each([
  ["of another chain", () => makeDatabase({ ...bundleOf("two"), folder })],
  [
    "that a node has begun with",
    async () => {
      await makeDatabase({ ...bundleOf("one"), folder });
      await put("anything");
    },
  ],
  [
    "that is not whole",
    async () => {
      await mkdir(folder);
      await writeFile(join(folder, "000003.log"), "left over");
    },
  ],
])("one %s is in the way", async (_, prepare) => {
  await prepare();
  const before = await readdir(folder);
  await expect(makeDatabase({ ...bundleOf("one"), folder })).rejects.toMatchObject({ code: "HOME_EXISTS" });
  expect(await readdir(folder)).toEqual(
    expect.arrayContaining(before.filter((name) => !/^LOG|MANIFEST|\.log$/u.test(name))),
  );
});
