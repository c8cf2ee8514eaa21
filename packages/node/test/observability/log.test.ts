// A log that cannot be written, as on a full or failed disk: /dev/full refuses every write.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { expect, test } from "vitest";

const FULL = "/dev/full";
const EXIT = 74;

const SCRIPT = `
  const { createLogger } = await import(${JSON.stringify(new URL("../../src/observability/log.ts", import.meta.url).href)});
  const { guardAgainstCrashes } = await import(${JSON.stringify(new URL("../../src/daemon/crash-guard.ts", import.meta.url).href)});
  const logger = createLogger("info");
  guardAgainstCrashes(logger);
  for (let line = 0; line < 100; line += 1) logger.info({ text: "x".repeat(100_000) }, "a line");
  setImmediate(() => {
    logger.fatal("the last line");
    process.exit(${EXIT});
  });
`;

test.runIf(existsSync(FULL))("a log that cannot be written does not decide how the process ends", async () => {
  const full = openSync(FULL, "w");
  const args = ["--input-type=module", "--eval", SCRIPT];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", full] });
  closeSync(full);
  expect(await once(child, "exit")).toEqual([EXIT, null]);
});
