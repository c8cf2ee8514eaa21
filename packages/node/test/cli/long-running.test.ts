// How commands that run until told otherwise end: in order on the first signal, and not at all without their parent.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const GONE_WITHIN_MS = 30_000;
const POLL_MS = 50;
const READY = Type.Object({
  ready: Type.Literal(true),
  nodes: Type.Array(Type.Object({ api: Type.String(), pid: Type.Integer() })),
});

let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-long-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

interface RunningDevnet {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  readonly nodePid: number;
}

async function startOne(name: string): Promise<RunningDevnet> {
  const args = [MAIN, "devnet", "--validators", "1", "--json", "--home", join(folder, name)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const [line]: unknown[] = await once(createInterface({ input: child.stdout }), "line");
  const ready = Value.Parse(READY, JSON.parse(String(line)));
  return { child, exited, nodePid: ready.nodes[0]?.pid ?? 0 };
}

async function untilGone(pid: number): Promise<void> {
  const deadlineMs = performance.now() + GONE_WITHIN_MS;
  while (isRunning(pid)) {
    if (performance.now() > deadlineMs) throw new Error(`process ${pid} goes on`);
    await delay(POLL_MS);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("devnet", () => {
  it("on SIGINT ends its nodes and exits 0", async () => {
    const { child, exited, nodePid } = await startOne("interrupted");
    expect(isRunning(nodePid)).toBe(true);
    child.kill("SIGINT");
    expect(await exited).toBe(0);
    expect(isRunning(nodePid)).toBe(false);
  });

  it("leaves no node behind when it is killed", async () => {
    const { child, exited, nodePid } = await startOne("killed");
    child.kill("SIGKILL");
    await exited;
    await untilGone(nodePid);
  });

  it("exits with an error when a node ends that nobody asked to end", async () => {
    const { exited, nodePid } = await startOne("bereft");
    process.kill(nodePid, "SIGKILL");
    expect(await exited).toBe(1);
  });
});
