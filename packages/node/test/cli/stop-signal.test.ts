// F09: the first signal asks for a stop, the second one ends the process whatever it is doing.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";

const STOP_SIGNAL = new URL("../../src/cli/stop-signal.ts", import.meta.url).href;

test.each([
  ["SIGTERM", 143],
  ["SIGINT", 130],
] as const)("a second %s ends a stop that hangs, with %i", async (signal, exitCode) => {
  const program = `
    import { stopRequested } from ${JSON.stringify(STOP_SIGNAL)};
    const stop = stopRequested();
    setInterval(() => undefined, 60_000);
    process.stdout.write("ready\\n");
    process.stdout.write(await stop + "\\n");`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = once(child, "exit");
  expect((await lines.next()).value).toBe("ready");
  child.kill(signal);
  expect((await lines.next()).value).toBe(signal);
  child.kill(signal);
  expect((await ended)[0]).toBe(exitCode);
});
