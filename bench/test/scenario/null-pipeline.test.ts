// Smoke: four null nodes as processes, the load generator as another, three seconds. Says nothing about speed; says that
// what is sent is acknowledged, once, and that every node has all of it on disk.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LoadGenerator } from "../../lib/load-generator.ts";
import type { LoadOrder, LoadResult } from "../../lib/load-types.ts";
import { measure } from "../../lib/measure.ts";
import { IDLE_MODEL, networkPlan, startNullNetwork } from "../../lib/pipeline.ts";

test("the null pipeline acknowledges what it is offered, and all nodes store it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-bench-test-"));
  const network = networkPlan(4, { devices: 0, models: [IDLE_MODEL] });
  const generator = await LoadGenerator.start<LoadOrder, LoadResult>(new URL("../../load-worker.ts", import.meta.url));
  try {
    const pipeline = await startNullNetwork({ folder, network, profileFolder: null });
    try {
      const measured = await measure(pipeline, generator, { txBytes: 256, rate: 200, seconds: 3 });
      expect(measured.load).toMatchObject({
        offered: 600,
        sent: 600,
        committed: 600,
        refused: 0,
        failed: 0,
        unanswered: 0,
      });
      expect(measured.latency.count).toBe(measured.load.measuredOffered);
      expect(measured.latency.p50Ms).toBeGreaterThan(0);
      for (const { diskBytes, cpuSeconds, peakRssBytes } of measured.nodes) {
        expect(diskBytes).toBeGreaterThan(600 * 256);
        expect(cpuSeconds).toBeGreaterThan(0);
        expect(peakRssBytes).toBeGreaterThan(2 ** 20);
      }
    } finally {
      await pipeline.stop();
    }
  } finally {
    generator.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
