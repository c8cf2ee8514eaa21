// G1, G2, G3: a run is a function of its scenario; choices are independent; a log replays it.

import { describe, expect, it } from "vitest";
import { readDecisionLog, writeDecisionLog } from "../../src/kernel/decision-log.ts";
import type { Envelope } from "../../src/protocol/message.ts";
import type { RunOptions } from "../../src/run/run-options.ts";
import { recordScenario, runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { goodScenario } from "./scenarios.ts";

const STORMY: Partial<Scenario> = {
  network: {
    latency: { type: "logNormal", medianMs: 20, sigma: 0.4 },
    loss: { probability: 0.01 },
    duplicateProbability: 0.01,
    reorderProbability: 0.05,
    corruptProbability: 0.005,
  },
  faults: [
    { type: "crash", nodes: [3], fromMs: 500, toMs: 1200, disk: "torn" },
    { type: "partition", fromMs: 1500, toMs: 2200, shape: { type: "random", sides: 2, everyMs: 200 } },
  ],
  workload: { transactionsPerSecond: 50, transactionBytes: 64, devices: 2, updateEveryMs: 300, arrivals: "poisson" },
};

describe("determinism", () => {
  it.each(["selvedge", "p-only", "c-only", "hotstuff"])(
    "%s: a seed gives one run, another seed another (G1)",
    (name) => {
      const scenario = goodScenario({ ...STORMY, protocol: { name } });
      const first = runScenario(scenario);
      expect(runScenario(scenario)).toEqual(first);
      expect(runScenario({ ...scenario, seed: 2 }).traceDigest).not.toBe(first.traceDigest);
    },
  );

  it("with and without observers a run is the same", () => {
    const scenario = goodScenario(STORMY);
    let seen = 0;
    const observed = runScenario(scenario, {
      observers: [{ onObserved: () => (seen += 1), onDelivered: () => (seen += 1) }],
    });
    expect(seen).toBeGreaterThan(1000);
    expect(observed).toEqual(runScenario(scenario));
  });

  it("a decision log replays the run, whatever the seed says (G3)", () => {
    const scenario = goodScenario(STORMY);
    const { result, decisions } = recordScenario(scenario);
    const log = readDecisionLog(writeDecisionLog(decisions));
    // Keys of the chain do not follow from the seed, only choices do; real coin keys would.
    const replayed = runScenario(scenario, { decisions: log });
    expect(replayed).toEqual(result);
    const [name] = log.streams.keys();
    const shortened = new Map(log.streams);
    if (name !== undefined) shortened.set(name, new Uint32Array(0));
    expect(runScenario(scenario, { decisions: { ...log, streams: shortened } }).findings.at(-1)?.class).toBe(
      "diverged",
    );
  });

  it("a fault elsewhere leaves the delays of a link as they were (G2)", () => {
    const network = goodScenario(STORMY).network;
    const quiet = transits(goodScenario({ network }));
    // Draws for each message of another link and, so that nobody has anything else to send for it, loses none.
    const faulty = transits(
      goodScenario({ network, faults: [{ type: "link", from: [3], fromMs: 0, toMs: 3000, lossProbability: 1e-12 }] }),
    );
    expect(quiet.length).toBeGreaterThan(50);
    expect(faulty).toEqual(quiet);
  });

  it("decoding at every receiver gives the same run as sharing what follows from the bytes", () => {
    const scenario = goodScenario({ ...STORMY, durationMs: 1500, faults: [] });
    const shared = runScenario({ ...scenario, execution: { crypto: "modelled", codec: "shared" } });
    const decoded = runScenario({ ...scenario, execution: { crypto: "modelled", codec: "bytes" } });
    expect(decoded.traceDigest).toBe(shared.traceDigest);
  });
});

/** Transit times of the messages from node 0 to node 1, in order of sending. */
function transits(scenario: Scenario): readonly number[] {
  const sentAtUs = new Map<number, number>();
  const arrivedAtUs = new Map<number, number>();
  const options: RunOptions = {
    observers: [
      {
        onSent: ({ id, from, to, sentAtUs: atUs }: Envelope) => {
          if (from === 0 && to === 1) sentAtUs.set(id, atUs);
        },
        onDelivered: ({ id }, atUs) => {
          if (sentAtUs.has(id) && !arrivedAtUs.has(id)) arrivedAtUs.set(id, atUs);
        },
      },
    ],
  };
  runScenario(scenario, options);
  return [...sentAtUs].map(([id, atUs]) => (arrivedAtUs.get(id) ?? -1) - atUs);
}
