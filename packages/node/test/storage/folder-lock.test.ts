// The lock of a home: damage of its own is made good, and a disk that refuses is said and not answered with a deletion.

import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockFolder } from "../../src/storage/folder-lock.ts";

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-lock-"));
  path = join(folder, "LOCK");
});

afterEach(() => rm(folder, { recursive: true, force: true }));

test("a file that cannot be opened ends with IO_FAILED and the reason, and nothing is removed", async () => {
  // A folder in the place of the file that is opened: refused by the system, as on a read-only disk, also for root.
  await mkdir(join(path, "LOCK"), { recursive: true });
  await expect(lockFolder(path)).rejects.toMatchObject({
    code: "IO_FAILED",
    message: expect.stringContaining("Is a directory"),
  });
  expect(await readdir(path)).toContain("LOCK");
});

test.each([
  ["its CURRENT names a file that is gone", async () => writeFile(join(path, "CURRENT"), "MANIFEST-000099\n")],
  ["its CURRENT is damaged", async () => writeFile(join(path, "CURRENT"), "?")],
  [
    "it is a file",
    async () => {
      await rm(path, { recursive: true });
      await writeFile(path, "?");
    },
  ],
])("it is made anew where %s", async (_, damage) => {
  await (
    await lockFolder(path)
  )();
  await damage();
  const release = await lockFolder(path);
  await expect(lockFolder(path)).rejects.toMatchObject({ code: "HOME_IN_USE" });
  await release();
});
