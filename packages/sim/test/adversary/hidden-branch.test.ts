// D1: a branch that was hidden for two hundred rounds holds nobody up for two hundred answers.

import { expect, test } from "vitest";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { hiddenBranch } from "./hidden-branch.ts";

const HIDDEN_UNTIL_MS = 14_500;

const SCENARIO: Scenario = {
  format: 1,
  name: "hidden-branch",
  seed: 1,
  durationMs: HIDDEN_UNTIL_MS + 500,
  committee: { size: 4 },
  protocol: { name: "selvedge", local: { leaderTimeoutMs: 50 } },
  execution: { crypto: "modelled", ledger: false },
  network: { latency: { type: "constant", ms: 20 } },
  // While one of the honest is away, the others need the liar for a quorum.
  faults: [{ type: "crash", nodes: [2], fromMs: HIDDEN_UNTIL_MS, toMs: HIDDEN_UNTIL_MS + 400 }],
  adversary: { behaviours: [] },
  workload: { transactionsPerSecond: 5, transactionBytes: 64 },
  liveness: { core: "all" },
};

test("a branch of an equivocator that was hidden for long is taken in by rounds, not one block an answer", () => {
  const adversaries = [hiddenBranch(3, [0, 1, 2], HIDDEN_UNTIL_MS)];
  const { verdict, metrics, recoveryMs } = runScenario(SCENARIO, { adversaries });
  expect(verdict).toBe("PASS");
  expect(metrics.highestRound).toBeGreaterThan(200);
  // By digest: two message delays for each round, eight seconds in all.
  expect(recoveryMs).toBeLessThan(2500);
});
