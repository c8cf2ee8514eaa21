// What a daemon refuses before it opens anything.

import { writeFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";
import { startDaemon } from "../../src/daemon/daemon.ts";

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-daemon-"));
  await writeFile(join(folder, "short"), "too short\n", { mode: 0o600 });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

// There is no home, which would be said first by whoever opens it.
test.each([
  { api: { host: "0.0.0.0" }, code: "CONFIG_INVALID", says: "only with a token" },
  { api: { token_file: "short" }, code: "CONFIG_INVALID", says: "at least 16 visible" },
  { api: { token_file: "none" }, code: "KEY_MISSING", says: "there is no file" },
])("$api is refused with $code", async ({ api, code, says }) => {
  const tokenFile = api.token_file === undefined ? "" : join(folder, api.token_file);
  const config = { ...DEFAULT_CONFIG, api: { ...DEFAULT_CONFIG.api, ...api, token_file: tokenFile } };
  const started = startDaemon({ home: join(folder, "home"), config, logger: pino({ level: "silent" }) });
  await expect(started).rejects.toMatchObject({ code, message: expect.stringContaining(says) });
});
