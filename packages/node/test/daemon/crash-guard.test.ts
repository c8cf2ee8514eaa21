// F13: what nobody took on ends the process with exit 70 and the name of the module.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { moduleOf } from "../../src/daemon/crash-guard.ts";

const GUARD = new URL("../../src/daemon/crash-guard.ts", import.meta.url).href;
const LOG = new URL("../../src/observability/log.ts", import.meta.url).href;

async function crash(code: string): Promise<{ exitCode: unknown; line: Record<string, unknown> }> {
  const program = `
    import { guardAgainstCrashes } from ${JSON.stringify(GUARD)};
    import { createLogger } from ${JSON.stringify(LOG)};
    guardAgainstCrashes(createLogger("info"));
    const error = new Error("unplanned");
    error.stack = "Error: unplanned\\n    at dial (file:///srv/packages/node/src/network/dialer.ts:3:1)";
    setTimeout(() => {}, 60_000);
    ${code}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let text = "";
  child.stderr.on("data", (part: Buffer) => (text += part.toString("utf8")));
  const [exitCode] = await once(child, "close");
  const lines = text.trimEnd().split("\n");
  expect(lines).toHaveLength(1);
  return { exitCode, line: JSON.parse(lines[0] ?? "") };
}

test.each([
  ["unhandledRejection", "Promise.reject(error);"],
  ["uncaughtException", "setImmediate(() => { throw error; });"],
])("%s ends the process with 70 and one line that names the module", async (kind, code) => {
  const { exitCode, line } = await crash(code);
  expect(exitCode).toBe(70);
  expect(line).toMatchObject({ kind, module: "network/dialer.ts", level: 60 });
});

test("names the package of an error from elsewhere", () => {
  const error = new Error("x");
  error.stack = "Error: x\n    at f (/srv/packages/consensus/src/dag/fetcher.ts:1:1)";
  expect(moduleOf(error)).toBe("consensus/dag/fetcher.ts");
  error.stack = "Error: x\n    at f (/srv/node_modules/.pnpm/libp2p@3/node_modules/libp2p/dist/index.js:1:1)";
  expect(moduleOf(error)).toBe("libp2p");
  expect(moduleOf("text")).toBe("unknown");
});
