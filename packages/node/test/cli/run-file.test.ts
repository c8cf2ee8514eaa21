// Where a running node's interface is, as others on the machine find it.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRunFile, removeRunFile, writeRunFile } from "../../src/cli/run-file.ts";

const RUN = { url: "http://127.0.0.1:9751", tokenFile: "", pid: 7 };
let home: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "selvedge-run-"));
});
afterEach(() => rm(home, { recursive: true }));

test("it is there from the ready line to the stop", async () => {
  expect(await readRunFile(home)).toBeUndefined();
  await writeRunFile(home, RUN);
  expect(await readRunFile(home)).toEqual(RUN);
  await removeRunFile(home);
  expect(await readRunFile(home)).toBeUndefined();
});

test("a disk that lets nothing be removed does not change how the node ends", async () => {
  // Nobody, root included, removes what is below a file.
  await writeFile(join(home, "run"), "");
  await expect(removeRunFile(home)).resolves.toBeUndefined();
});
