// Progress, censorship, bounds, accusations, the node's own alarm, the coin, and who must have been exercised.

import { describe, expect, test } from "vitest";
import { createAccusation } from "../../src/checker/accusation.ts";
import { BoundsChecker } from "../../src/checker/bounds.ts";
import { CensorshipChecker } from "../../src/checker/censorship.ts";
import { CertifiedInTimeChecker } from "../../src/checker/certified-in-time.ts";
import { createCoinFairness } from "../../src/checker/coin-fairness.ts";
import { createEndState } from "../../src/checker/end-state.ts";
import { ProgressChecker } from "../../src/checker/progress.ts";
import { createQuietTime } from "../../src/checker/quiet-time.ts";
import { createCheckers } from "../../src/checker/registry.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import {
  type Said,
  block,
  chain,
  committed,
  committedBlocks,
  contextOf,
  executed,
  judge,
  refs,
  signed,
  text,
} from "./checker-bench.ts";

const SCENARIO: Scenario = {
  format: 1,
  name: "hand-made",
  seed: 1,
  durationMs: 10_000,
  committee: { size: 4 },
  protocol: { name: "selvedge" },
  execution: { crypto: "modelled" },
  network: { latency: { type: "constant", ms: 10 } },
  faults: [],
  adversary: { behaviours: [] },
  workload: { transactionsPerSecond: 10, transactionBytes: 32 },
};
const PARTITIONED: Scenario = {
  ...SCENARIO,
  faults: [{ type: "partition", fromMs: 100, toMs: 5000, shape: { type: "leader" } }],
};
const at = (said: Said, atMs: number): Said => ({ ...said, atMs });
const bounds = { context: contextOf({ corrupted: [1, 2, 3] }), endUs: 10_000_000 };

describe("progress", () => {
  const progress = (scenario: Scenario): ProgressChecker =>
    new ProgressChecker({ ...bounds, quiet: createQuietTime(scenario), gapMaxUs: 1_000_000 });
  const first = at(committed(0, 1), 50);

  test("a gap beyond the bound breaks it, at the next sign of life or at the end", () => {
    expect(judge(progress(SCENARIO), [first, at({ type: "round", node: 0, round: 9 }, 1051)])?.kind).toBe("liveness");
    const checker = progress(SCENARIO);
    expect(judge(checker, [first])).toBeUndefined();
    expect(checker.finish(3_000_000)?.detail).toContain("2950 ms");
  });

  test("a gap is found once, and the next one again", () => {
    const checker = progress(SCENARIO);
    const rounds = (fromMs: number): Said[] =>
      [0, 1, 2].map((later) => at({ type: "round", node: 0, round: 9 }, fromMs + later));
    expect(judge(checker, [first, ...rounds(1051)])).toBeDefined();
    expect(judge(checker, rounds(1100))).toBeUndefined();
    expect(checker.finish(1200)).toBeUndefined();
    expect(judge(checker, [at(committed(0, 2), 1300), ...rounds(2301)])?.detail).toContain("1001 ms");
    expect(judge(checker, [{ restart: 0 }, ...rounds(2400), ...rounds(3500)])).toBeDefined();
  });

  test("a gap in a partition does not, nor right after it", () => {
    expect(judge(progress(PARTITIONED), [first, at(committed(0, 2), 4900), at(committed(0, 3), 5900)])).toBeUndefined();
    expect(judge(progress(PARTITIONED), [first, at(committed(0, 2), 6001)])?.node).toBe(0);
  });
});

describe("what counts as exercise", () => {
  const said = [at(committed(0, 1), 50), at(committed(0, 2), 4900), at(committed(0, 3), 5900)];
  const exercisedIn = (scenario: Scenario, gapMaxUs: number): number => {
    const checker = new ProgressChecker({ ...bounds, quiet: createQuietTime(scenario), gapMaxUs });
    judge(checker, said);
    return checker.exercised();
  };

  test("only what the checker would have called late, had it not come", () => {
    expect(exercisedIn(SCENARIO, 5_000_000)).toBe(3);
    expect(exercisedIn(PARTITIONED, 1_000_000)).toBe(1);
    expect(exercisedIn({ ...SCENARIO, faults: [{ type: "link", extraDelayMs: 1 }] }, 1000)).toBe(0);
  });

  test("nothing, if the run or the quiet in it is shorter than the bound", () => {
    expect(exercisedIn(SCENARIO, 10_000_000)).toBe(0);
    expect(exercisedIn({ ...SCENARIO, faults: [{ type: "link", fromMs: 5950, toMs: 6000 }] }, 1_500_000)).toBe(2);
  });

  test("content of gateways too counts only in quiet time, of whoever is up", () => {
    const mine = block(1, 0, { transactions: [text("in time")] });
    const exercisedOf = (scenario: Scenario, corrupted: number[] = []): number => {
      const options = { context: contextOf({ corrupted }), endUs: 10_000_000, waitMaxUs: 500_000 };
      const checker = new CensorshipChecker({ ...options, quiet: createQuietTime(scenario) });
      judge(checker, [at(signed(mine), 200), at(committedBlocks(0, 1, [mine]), 400)]);
      return checker.exercised();
    };
    expect(exercisedOf(SCENARIO)).toBe(1);
    expect(exercisedOf(SCENARIO, [0])).toBe(0);
    expect(exercisedOf(PARTITIONED)).toBe(0);
  });
});

describe("censorship", () => {
  const censorship = (): CensorshipChecker =>
    new CensorshipChecker({
      ...bounds,
      quiet: createQuietTime(SCENARIO),
      waitMaxUs: 500_000,
    });
  const mine = block(1, 0, { transactions: [text("wait for me")] });
  const other = block(1, 1);

  test("content that waits beyond the bound breaks it", () => {
    const said = [at(signed(mine), 10), at(committedBlocks(0, 1, [other]), 511)];
    expect(judge(censorship(), said)?.detail).toContain("gateway 0");
  });

  test("content that comes out in time does not, nor does its being proposed again", () => {
    const checker = censorship();
    expect(judge(checker, [at(signed(mine), 10), at(committedBlocks(0, 1, [mine]), 500)])).toBeUndefined();
    expect(checker.exercised()).toBe(1);
    expect(checker.finish(9_000_000)).toBeUndefined();
    const again = block(2, 0, { parents: refs(mine), transactions: [text("wait for me")] });
    const twice = censorship();
    judge(twice, [at(signed(mine), 10), at(signed(again), 300), at(committedBlocks(0, 1, [again]), 490)]);
    expect(twice.finish(9_000_000)).toBeUndefined();
    const late = censorship();
    const said = [at(signed(mine), 10), at(signed(again), 300), at(committedBlocks(0, 1, [other]), 600)];
    expect(judge(late, said)?.detail).toContain("590 ms");
  });
});

describe("certified in time", () => {
  const inTime = (): CertifiedInTimeChecker =>
    new CertifiedInTimeChecker({ ...bounds, quiet: createQuietTime(SCENARIO), waitMaxUs: 500_000 });
  const [update, rival] = [chain.update(0, 1), chain.update(0, 1, 1)];
  const proposed = (of: typeof update): Said => at({ type: "updateProposed", node: 0, update: of }, 10);
  const certified = { certified: [{ update: update.digest, key: "" }] };

  test("an update that waits beyond the bound breaks it", () => {
    expect(judge(inTime(), [proposed(update), at(executed(0, 1), 511)])?.kind).toBe("liveness");
    const starved = inTime();
    judge(starved, [proposed(update)]);
    expect(starved.finish(600_000)?.node).toBe(0);
  });

  test("one certified in time, or with a rival of the same sequence, does not", () => {
    const good = inTime();
    expect(judge(good, [proposed(update), at(executed(0, 1, certified), 500)])).toBeUndefined();
    expect(good.finish(9_000_000)).toBeUndefined();
    expect(good.exercised()).toBe(1);
    const contested = inTime();
    expect(judge(contested, [proposed(update), proposed(rival), at(executed(0, 1), 511)])).toBeUndefined();
  });
});

describe("bounds", () => {
  const limits = { parked: 10 };
  const checkerOf = (parked: number): BoundsChecker =>
    new BoundsChecker({ context: contextOf(), gaugesOf: () => ({ parked, other: 1e9 }), limits });

  test("a gauge above its limit breaks them, one at it does not", () => {
    const said: Said[] = [{ type: "round", node: 2, round: 1 }];
    expect(judge(checkerOf(11), said)).toMatchObject({ kind: "bounds", node: 2 });
    const good = checkerOf(10);
    expect(judge(good, said)).toBeUndefined();
    expect(good.finish(1)).toBeUndefined();
    expect(good.exercised()).toBe(5);
    expect(good.unseen()).toEqual([]);
  });

  test("a limit of a gauge that no node has is told, with the name that was probably meant", () => {
    const gauges = { parked: 1, blocksInMemory: 5 };
    const mistyped = { parked: 10, blocksInMemry: 1 };
    const checker = new BoundsChecker({ context: contextOf(), gaugesOf: () => gauges, limits: mistyped });
    expect(checker.finish(1)).toBeUndefined();
    expect(checker.unseen()).toHaveLength(1);
    expect(checker.unseen()[0]).toMatch(/gauge blocksInMemry.*blocksInMemory/u);
  });
});

describe("accusation and alarm", () => {
  const reported = (fault: string, about: number | null): Said => ({
    type: "reported",
    node: 0,
    fault,
    about,
    detail: "",
  });

  test("evidence against an honest node breaks it; against a corrupted one, or about slowness, it does not", () => {
    const context = contextOf({ corrupted: [3] });
    expect(judge(createAccusation(context), [reported("conflictingAck", 1)])?.detail).toContain("honest node 1");
    const said = [reported("conflictingAck", 3), reported("roundTooFar", 1), reported("parkedOverflow", 1)];
    expect(judge(createAccusation(context), said)).toBeUndefined();
  });

  test("state divergence is unsafe while the bound on faults holds", () => {
    expect(judge(createEndState(contextOf()), [reported("stateDivergence", null)])?.kind).toBe("safety");
    expect(
      judge(createEndState(contextOf({ corrupted: [2, 3] })), [reported("stateDivergence", null)]),
    ).toBeUndefined();
    expect(judge(createEndState(contextOf()), [reported("equivocation", 1)])).toBeUndefined();
  });
});

describe("coin fairness", () => {
  const coins = (author: (index: number) => number): Said[] =>
    Array.from({ length: 45 }, (_, at0) =>
      committed(0, at0 + 1, { slot: "C", leader: { round: at0, author: author(at0) } }),
    );

  test("a coin that names one validator 30 times in a row breaks it", () => {
    expect(
      judge(
        createCoinFairness(contextOf()),
        coins(() => 2),
      )?.detail,
    ).toContain("30 times");
    expect(
      judge(
        createCoinFairness(contextOf()),
        coins((index) => (index % 29 === 0 ? 1 : 2)),
      ),
    ).toBeUndefined();
  });
});

describe("the registry", () => {
  const namesOf = (scenario: Scenario, protocol: string): readonly string[] =>
    createCheckers({ ...contextOf(), protocol }, scenario).map(({ name }) => name);

  test("gives every checker a name of its own and a property", () => {
    const full: Scenario = {
      ...SCENARIO,
      workload: { ...SCENARIO.workload, devices: 2 },
      checks: { commitGapMaxMs: 1, censorshipMaxMs: 1 },
    };
    const checkers = createCheckers(contextOf(), full);
    expect(new Set(checkers.map(({ name }) => name)).size).toBe(checkers.length);
    expect(checkers.length).toBe(20);
    expect(checkers.every(({ property }) => property.endsWith("."))).toBe(true);
  });

  test("asks of a protocol without a DAG what holds of any", () => {
    expect(namesOf(SCENARIO, "hotstuff")).toEqual(["agreement", "total-order", "validity", "no-double-sign", "bounds"]);
  });

  test("requires exercise of what the workload makes happen", () => {
    const silent: Scenario = { ...SCENARIO, workload: { ...SCENARIO.workload, transactionsPerSecond: 0 } };
    const required = (scenario: Scenario): readonly string[] =>
      createCheckers(contextOf(), scenario)
        .filter(({ isRequired }) => isRequired)
        .map(({ name }) => name);
    expect(required(silent)).not.toContain("validity");
    expect(required(SCENARIO)).toContain("validity");
    expect(required({ ...SCENARIO, workload: { ...SCENARIO.workload, devices: 1 } })).toContain("receipts-kept");
  });
});
