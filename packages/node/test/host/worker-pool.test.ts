// F12: the worker's thread dies under a task.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type InspectionTask, WorkerPool } from "../../src/host/worker-pool.ts";

const DYING = new URL("worker-that-dies.ts", import.meta.url).href;

function task(codec: string): InspectionTask {
  return { codec: codec as InspectionTask["codec"], payload: new Uint8Array(1), tensors: [] };
}

test("a task whose thread died is done by the next one; a thread that dies again ends in WORKER_FAILED (F12)", async () => {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-worker-"));
  const pool = new WorkerPool(DYING);
  try {
    await expect(pool.inspect(task(join(folder, "once")))).resolves.toEqual({ ok: true, value: 7 });
    await expect(pool.inspect(task("always"))).rejects.toMatchObject({ code: "WORKER_FAILED", exitCode: 70 });
    await expect(pool.inspect(task(join(folder, "once")))).resolves.toEqual({ ok: true, value: 7 });
  } finally {
    await pool[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});
