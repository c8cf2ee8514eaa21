// What is said of a configuration that is another one than at the last start, and that asking does not change what is kept.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { configChanges, rememberConfig } from "../../src/config/config-change.ts";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";

const OTHER = { ...DEFAULT_CONFIG, log: { level: "debug" as const } };
const CHANGE = { key: "log.level", before: "info", now: "debug" };
let home = "";

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "selvedge-seen-"));
});

afterEach(() => rm(home, { recursive: true, force: true }));

test("at the first start nothing has changed", async () => {
  expect(await configChanges(home, OTHER)).toEqual([]);
});

test("a start that is refused leaves what the running node was started with", async () => {
  await rememberConfig(home, DEFAULT_CONFIG);
  expect(await configChanges(home, OTHER)).toEqual([CHANGE]);
  expect(await configChanges(home, OTHER)).toEqual([CHANGE]);
  await rememberConfig(home, OTHER);
  expect(await configChanges(home, OTHER)).toEqual([]);
});
