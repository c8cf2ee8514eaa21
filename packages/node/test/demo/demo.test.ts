// The main job in small, with real processes, sockets and disks: a few versions, then every promise of the report. What the
// program printed and left behind is looked at from outside, as its user would.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-demo-test-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

async function demo(
  args: readonly string[],
  onOutput: (text: string, pid: number) => void = () => undefined,
): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, "demo", ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput(stdout, child.pid ?? 0);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  await once(child, "close");
  return { code: child.exitCode, stdout, stderr };
}

/** Processes that have the folder's name among their arguments; empty where there is no /proc to look into. */
function processesOf(home: string): readonly string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  return readdirSync("/proc").filter((name) => /^\d+$/u.test(name) && commandOf(name).includes(home));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    // It has ended meanwhile.
    return "";
  }
}

async function untilNobodyIsLeft(home: string): Promise<void> {
  while (processesOf(home).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
}

test(
  "a few versions train through a poisoner and a crash, replay bit for bit, and leave no process",
  { timeout: 180_000 },
  async () => {
    const home = join(folder, "home");
    const { code, stdout, stderr } = await demo(["--versions", "4", "--home", home]);
    expect(stderr).toBe("");
    expect(stdout).toContain("4 validator processes agree");
    expect(stdout).toContain("killed with SIGKILL");
    expect(stdout).toContain("All of it held");
    expect(code).toBe(0);
    expect(processesOf(home)).toEqual([]);

    const report = JSON.parse(readFileSync(join(home, "report.json"), "utf8"));
    expect(report).toMatchObject({ format: "selvedge-demo-report/1", passed: true, plan: { seed: "1", versions: 4 } });
    expect(report.checks).toHaveLength(7);
    for (const check of report.checks) expect(check, check.detail).toMatchObject({ isHeld: true });
    expect(report.timed.map(({ version }: { version: number }) => version)).toEqual([0, 1, 2, 3, 4]);
    expect(report.timed.at(-1).accuracy).toBeGreaterThan(report.simulation.accuracyWithoutClipping.at(-1));
    // Ten times as long as the honest ones at least, and shortened to no more than the median.
    expect(report.poisoner.norm).toBeGreaterThan(5 * report.poisoner.honestNorm);
    expect(report.poisoner.pushShareClipped).toBeLessThan(report.poisoner.pushShareUnclipped / 2);
    expect(report.killed).toMatchObject({ validator: 3, killedAtVersion: 2 });
    expect(readFileSync(join(home, "report.svg"), "utf8")).toContain("same seed without clipping");

    // The same folder again: nothing is left to train, everything is verified anew. With another seed it is refused.
    const other = await demo(["--versions", "4", "--seed", "2", "--home", home]);
    expect(other.code).toBe(73);
    expect(other.stderr).toContain("HOME_EXISTS");
  },
);

test("SIGINT ends every process", { timeout: 120_000 }, async () => {
  const home = join(folder, "home");
  let isSent = false;
  const { code } = await demo(["--home", home], (stdout, pid) => {
    if (isSent || !stdout.includes("validators up")) return;
    isSent = true;
    process.kill(pid, "SIGINT");
  });
  expect(isSent).toBe(true);
  expect(code).toBe(130);
  expect(processesOf(home)).toEqual([]);
});

test("even if it is killed itself, its processes end", { timeout: 120_000 }, async () => {
  const home = join(folder, "home");
  let isSent = false;
  await demo(["--home", home], (stdout, pid) => {
    if (isSent || !stdout.includes("validators up")) return;
    isSent = true;
    process.kill(pid, "SIGKILL");
  });
  expect(isSent).toBe(true);
  await untilNobodyIsLeft(home);
});

test("a folder that is not its own, and data that are not MNIST's, are refused before anything is started", async () => {
  await writeFile(join(folder, "something"), "of somebody's");
  const foreign = await demo(["--home", folder]);
  expect(foreign).toMatchObject({ code: 73, stdout: "" });

  await writeFile(join(folder, "train-images-idx3-ubyte"), new Uint8Array(16));
  const malformed = await demo(["--data", folder, "--home", join(folder, "home")]);
  expect(malformed).toMatchObject({ code: 65, stdout: "" });
  expect(malformed.stderr).toContain("IDX_MAGIC_WRONG");

  const missing = await demo(["--data", join(folder, "nowhere"), "--home", join(folder, "home")]);
  expect(missing).toMatchObject({ code: 65, stdout: "" });
  expect(missing.stderr).toContain("IDX_FILE_MISSING");
  expect(existsSync(join(folder, "home"))).toBe(false);
});
