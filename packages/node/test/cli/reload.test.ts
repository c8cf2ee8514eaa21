// SIGHUP: what is reloaded, what is named as not reloadable, and that a wrong file changes nothing.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { changedKeys, reload } from "../../src/cli/reload.ts";
import { loadConfig } from "../../src/config/load.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-reload-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("takes over the log level, names what needs a restart, and keeps everything if the file is wrong", async () => {
  const file = join(folder, "config.toml");
  const sources = { file, environment: {}, flags: {} };
  await writeFile(file, '[log]\nlevel = "info"\n');
  const config = await loadConfig(sources);
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await writeFile(file, '[log]\nlevel = "debug"\n[api]\nport = 9999\n[p2p]\nmax_connections = 8\n');
  await reload({ sources, config, logger });
  expect(logger.level).toBe("debug");
  expect(lines.at(-1)).toMatchObject({ reloaded: ["log.level"], needsRestart: ["p2p.max_connections", "api.port"] });
  await writeFile(file, '[log]\nlevel = "loud"\n');
  await reload({ sources, config, logger });
  expect(logger.level).toBe("debug");
  expect(lines.at(-1)).toMatchObject({ level: 50, msg: "the configuration was not reloaded" });
  await rm(file);
  await reload({ sources, config, logger });
  expect(logger.level).toBe("debug");
  expect(lines).toHaveLength(3);
  expect(lines.at(-1)).toMatchObject({ level: 50, msg: "the configuration was not reloaded" });
});

test("finds keys at any depth that differ", () => {
  expect(changedKeys({ a: 1, b: { c: [1], d: 2 } }, { a: 1, b: { c: [2], d: 2 } })).toEqual(["b.c"]);
  expect(changedKeys({ a: 1 }, { a: 1 })).toEqual([]);
});
