// F12: the worker's thread dies under a task.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AggregationJob } from "@selvedge/ledger";
import { expect, test } from "vitest";
import { type InspectionTask, WorkerPool } from "../../src/host/worker-pool.ts";

const DYING = new URL("worker-that-dies.ts", import.meta.url).href;

function task(codec: string): InspectionTask {
  return { codec: codec as InspectionTask["codec"], payload: new Uint8Array(1), tensors: [] };
}

const JOB = { id: "digits/1" } as AggregationJob;
const INPUTS = { chunkBytes: 1024, baseWeights: new Uint8Array(0), payloads: [] };

test("a task whose thread died is done by the next one (F12)", async () => {
  const folder = await mkdtemp(join(tmpdir(), "selvedge-worker-"));
  const pool = new WorkerPool(DYING);
  try {
    await expect(pool.inspect(task(join(folder, "once")))).resolves.toEqual({ ok: true, value: 7 });
    // Payloads come from anybody: one that no thread gets through is no delta.
    await expect(pool.inspect(task("always"))).resolves.toMatchObject({
      ok: false,
      error: { code: "DELTA_UNREADABLE" },
    });
    await expect(pool.aggregate(JOB, INPUTS)).rejects.toMatchObject({ code: "WORKER_FAILED", exitCode: 70 });
    await expect(pool.inspect(task(join(folder, "once")))).resolves.toEqual({ ok: true, value: 7 });
  } finally {
    await pool[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
});
