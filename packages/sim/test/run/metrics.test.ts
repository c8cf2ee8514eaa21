// Metrics of hand-made observations: what counts, where, and how often.

import { createTestChain } from "@selvedge/consensus/testing";
import { expect, test } from "vitest";
import type { Observed } from "../../src/protocol/observation.ts";
import { Metrics } from "../../src/run/metrics.ts";
import type { RunMetrics } from "../../src/run/result.ts";
import { goodScenario } from "./scenarios.ts";

const TRAFFIC = { sentCount: 0, deliveredCount: 0, sentBytes: 0, byKind: new Map() };

test("an update has one receipt and one certificate at its gateway, however often a restart says them again", () => {
  const metrics = new Metrics({ scenario: goodScenario(), onAcknowledged: () => undefined });
  const { digest } = createTestChain({ size: 4 }).update(0, 1);
  const receipt = (node: number, atMs: number): Observed => ({
    type: "receipt",
    update: digest,
    key: null,
    ackers: [],
    node,
    atUs: 1000 * atMs,
  });
  const executed = (node: number, atMs: number): Observed => ({
    type: "executed",
    index: 1,
    stateRoot: "",
    certified: [{ update: digest, key: "" }],
    versions: [],
    node,
    atUs: 1000 * atMs,
  });
  metrics.onUpdate(digest, 2, 1_000_000);
  const said = [receipt(0, 1010), receipt(2, 1020), executed(1, 1025), executed(2, 1030)];
  for (const observed of [...said, receipt(2, 2000), executed(2, 2500)]) metrics.onObserved(observed);
  const report: RunMetrics = metrics.report(TRAFFIC, 0);
  expect(report.receipt).toMatchObject({ count: 1, maxMs: 20 });
  expect(report.certified).toMatchObject({ count: 1, maxMs: 30 });
});
