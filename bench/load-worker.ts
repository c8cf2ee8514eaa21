// The load generator: a process of its own, so that what it costs is on nobody's account. Takes orders from the benchmark
// over IPC, one at a time, and answers each with its result.

import { randomBytes } from "node:crypto";
import { LoadRun } from "./lib/load-run.ts";
import type { LoadMessage, LoadOrder } from "./lib/load-types.ts";

const NOISE_BYTES = 4 * 1024 * 1024;

const noise = new Uint8Array(randomBytes(NOISE_BYTES));

function tell(message: LoadMessage): void {
  process.send?.(message);
}

async function carryOut(order: LoadOrder): Promise<void> {
  const runId = randomBytes(8).readBigUInt64BE();
  const run = new LoadRun(order, { noise, runId });
  tell({ type: "done", result: await run.run((edge) => tell({ type: "window", edge })) });
}

process.on("disconnect", () => process.exit(0));
process.on("message", (order: LoadOrder) => {
  carryOut(order).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
});
tell({ type: "ready" });
