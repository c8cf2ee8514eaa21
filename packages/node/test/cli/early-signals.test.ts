// What reaches `start` while its code is still being loaded: a request to stop is kept, and nothing else ends the node.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runInit } from "../../src/cli/actions/init.ts";
import { makeTestNetwork, writeTestNetwork } from "../../src/devnet/make-network.ts";
import { EXIT } from "../../src/errors.ts";
import { keptOutput } from "./kept-output.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-early-"));
  const network = makeTestNetwork({ name: "early", validators: 1, devices: 0, models: [], createdMs: 1 });
  const { genesis } = await writeTestNetwork(network, join(folder, "net"), "edge");
  await runInit({ network: genesis, role: "observer", home: join(folder, "home") }, keptOutput());
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Sends itself the signals once main.ts asks for the command line, and before a line of that has run. */
function signalling(signals: readonly string[]): string {
  const code = `
    import { registerHooks } from "node:module";
    registerHooks({
      resolve: (name, context, next) => {
        if (name === "./cli/run.ts") for (const signal of ${JSON.stringify(signals)}) process.kill(process.pid, signal);
        return next(name, context);
      },
    });`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

async function start(home: string, signals: readonly string[]): Promise<readonly unknown[]> {
  const args = ["--import", signalling(signals), MAIN, "start", "--home", join(folder, home), "--api-port", "0"];
  return once(spawn(process.execPath, args, { stdio: "ignore" }), "exit");
}

test("HUP and USR2 change nothing", async () => {
  expect(await start("none", ["SIGHUP", "SIGUSR2"])).toEqual([EXIT.config, null]);
});

test.each(["SIGTERM", "SIGINT"])("%s ends it in order", async (signal) => {
  expect(await start("home", [signal])).toEqual([EXIT.ok, null]);
});
