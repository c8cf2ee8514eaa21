// SIGUSR2: the node writes its own bundle, and goes on whether it can or not.

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { bundleOnSignal, makeOwnBundle } from "../../src/cli/bundle-on-signal.ts";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";
import type { NodeLogger } from "../../src/observability/log.ts";

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const NAME = "debug-20260102T030405.678Z.tgz";
let home = "";
let lines: Record<string, unknown>[] = [];
let logger: NodeLogger;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "selvedge-usr2-"));
  lines = [];
  logger = pino({ level: "info" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
});
afterEach(async () => {
  process.removeAllListeners("SIGUSR2");
  await rm(home, { recursive: true, force: true });
});

test("a bundle for its owner alone, that any tar reads, of a node that does not even answer", async () => {
  await makeOwnBundle({ home, config: DEFAULT_CONFIG, logger }, NOW_MS);
  const bundle = join(home, "run", NAME);
  expect(lines).toEqual([expect.objectContaining({ level: 30, bundle })]);
  expect((await stat(bundle)).mode & 0o777).toBe(0o600);
  const status = execFileSync("tar", ["-xzOf", bundle, "selvedge-debug/status.json"], { encoding: "utf8" });
  expect(status).toContain("API_UNREACHABLE");
});

test("an earlier bundle is not written over, and the failure is logged", async () => {
  await mkdir(join(home, "run"));
  await writeFile(join(home, "run", NAME), "earlier");
  await makeOwnBundle({ home, config: DEFAULT_CONFIG, logger }, NOW_MS);
  expect(lines).toEqual([
    expect.objectContaining({ level: 50, err: expect.objectContaining({ code: "HOME_EXISTS" }) }),
  ]);
});

test("the signal asks for one at a time, and for another one later", async () => {
  bundleOnSignal({ home, config: DEFAULT_CONFIG, logger });
  for (const count of [1, 2]) {
    process.emit("SIGUSR2");
    process.emit("SIGUSR2");
    await vi.waitFor(() => expect(lines).toHaveLength(count), 10_000);
  }
  expect(await readdir(join(home, "run"))).toHaveLength(2);
});
