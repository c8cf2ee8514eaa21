// G30 in the real world of the simulator: message delays to commit are what theory says, to the microsecond.
// P slots: proposal, vote, decision: 3; a block that does not lead goes out with the next round's leader: 4. C slots: six
// rounds from their wave's first. HotStuff: 5 at the proposer, 4 at the leader after next.

import { describe, expect, it } from "vitest";
import { scenarioOf } from "../../src/experiment/definitions/base.ts";
import type { CommitDelay } from "../../src/experiment/experiment.ts";
import { DelayMeter } from "../../src/experiment/message-delays.ts";
import { runScenario } from "../../src/run/run-scenario.ts";

const DELTA_US = 73_219;

function delaysOf(protocol: string, n: number): readonly CommitDelay[] {
  const latency = { type: "constant" as const, ms: DELTA_US / 1000 };
  const scenario = scenarioOf({
    name: "delays",
    protocol,
    size: n,
    durationMs: 6000,
    // Dense enough that no round is idle: an idle one waits for what comes next.
    transactionsPerSecond: 100,
    network: { latency },
  });
  const meter = new DelayMeter({ fromUs: 1_500_000, toUs: 4_500_000 });
  runScenario({ ...scenario, seed: 3 }, { observers: [meter.observer] });
  expect(meter.delays.length).toBeGreaterThan(20);
  return meter.delays;
}

function distinctOf(delays: readonly CommitDelay[], isWanted: (delay: CommitDelay) => boolean): readonly number[] {
  return [...new Set(delays.filter(isWanted).map(({ delayUs }) => delayUs / DELTA_US))].sort(
    (left, right) => left - right,
  );
}

describe.each([4, 7])("message delays to commit, n = %i", (n) => {
  it.each(["selvedge", "p-only"])("%s: 3 for a leader's block, 4 for any other, at every node", (protocol) => {
    const delays = delaysOf(protocol, n);
    expect(distinctOf(delays, ({ isLeader }) => isLeader)).toEqual([3]);
    expect(distinctOf(delays, ({ isLeader }) => !isLeader)).toEqual([4]);
  });

  it("c-only: 6 for a leader's block, up to 14 for the others", () => {
    const delays = delaysOf("c-only", n);
    expect(distinctOf(delays, ({ isLeader }) => isLeader)).toEqual([6]);
    const others = distinctOf(delays, ({ isLeader }) => !isLeader);
    expect(others.every((value) => Number.isInteger(value) && value >= 6 && value <= 14)).toBe(true);
  });

  it("hotstuff: 5 at the proposer, 4 or 5 elsewhere", () => {
    const delays = delaysOf("hotstuff", n);
    expect(distinctOf(delays, ({ isAuthor }) => isAuthor)).toEqual([5]);
    expect(distinctOf(delays, ({ isAuthor }) => !isAuthor)).toEqual([4, 5]);
    const early = delays.filter(({ delayUs }) => delayUs === 4 * DELTA_US).length;
    expect(early * n).toBeCloseTo(delays.length, -1.5);
  });
});
