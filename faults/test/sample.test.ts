// The seconds-long sample of the harness that every run of the checks includes: a few kills at system calls, and one
// fault of whole daemons drawn with a seed from the commit, so that another commit tries another one.

import { spawn, spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { Random } from "../lib/random.ts";
import type { FaultResult } from "../lib/result.ts";

const FAULTS = dirname(import.meta.dirname);
const WHOLE_DAEMONS = ["F09", "F23", "F30", "F37", "F50", "F51", "F58"];
const TIMEOUT_MS = 300_000;

const head = spawnSync("git", ["rev-parse", "HEAD"], { cwd: FAULTS, encoding: "utf8" });
const seed = head.status === 0 ? head.stdout.trim() : "no commit";

async function run(id: string, count: string): Promise<FaultResult> {
  const args = [join(FAULTS, "main.ts"), id, "--sample", seed, "--count", count, "--json"];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let text = "";
  child.stdout.on("data", (chunk: Uint8Array) => (text += String(chunk)));
  await new Promise((resolve) => child.on("close", resolve));
  return JSON.parse(text) as FaultResult;
}

function broken({ verdicts, reason }: FaultResult): readonly string[] {
  return [...(reason === null ? [] : [reason]), ...verdicts.flatMap((verdict) => verdict.broken)];
}

test(
  "a validator killed at a system call keeps what it acknowledged and signs no round twice",
  async (context) => {
    const result = await run("F01", "3");
    context.skip(result.state === "skipped", result.reason ?? "");
    expect(broken(result)).toEqual([]);
    expect(result.injections).toBe(3);
  },
  TIMEOUT_MS,
);

test(
  `a fault of the catalogue drawn by the commit holds on whole daemons`,
  async (context) => {
    const result = await run(new Random(seed).pick(WHOLE_DAEMONS), "1");
    context.skip(result.state === "skipped", result.reason ?? "");
    expect(broken(result)).toEqual([]);
    expect(result.state).toBe("passed");
  },
  TIMEOUT_MS,
);
