// What users write is either a scenario or an error that says where it is wrong.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { BUILTIN_SCENARIOS } from "../../src/scenario/builtin/registry.ts";
import { parseJson } from "../../src/scenario/input-file.ts";
import { jsonFaultAt } from "../../src/scenario/json-fault.ts";
import { checkScenario, loadScenario } from "../../src/scenario/load.ts";
import { parseAssignment, withField } from "../../src/scenario/tree.ts";

const GOOD = BUILTIN_SCENARIOS["good-wan"]?.scenario;
const CRASH = { type: "crash", nodes: [1], fromMs: 0, toMs: 10 };

function faultOf(path: string, value: unknown): string {
  try {
    checkScenario(withField(GOOD, path, value), "mine");
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  return "sound";
}

describe("scenarios", () => {
  test.each(Object.keys(BUILTIN_SCENARIOS))("built-in %s is sound and bears its own name", async (name) => {
    const scenario = await loadScenario(name);
    expect(scenario.name).toBe(name);
  });

  test("a run needs no more than what the base scenario says", () => {
    expect(faultOf("seed", 7)).toBe("sound");
  });

  test("delays of nothing, and the largest transaction that a block may carry, are sound", () => {
    expect(faultOf("protocol.local", { roundDelayMinMs: 0, idleRoundDelayMs: 0, doppelgangerRounds: 0 })).toBe("sound");
    expect(faultOf("protocol.params", { transactionBytesMax: 512 })).toBe("sound");
  });

  test.each([
    ["sede", 1, "unknown field sede; did you mean seed?"],
    ["seed", "x", "seed must be a number"],
    ["seed", 1.5, "seed must be a whole number"],
    ["seed", -1, "seed must be at least 0"],
    ["committee.size", 1025, "committee.size must be at most 1024"],
    ["committee", [], "committee must be an object"],
    ["committee", {}, "committee.size is missing"],
    ["network.latency.type", "constnat", "did you mean constant?"],
    ["network.latency", {}, "network.latency.type is missing: one of constant"],
    ["network.latency", { type: "constant", ms: 1, mss: 2 }, "unknown field network.latency.mss; did you mean ms?"],
    ["execution.crypto", "reel", "execution.crypto must be one of real, modelled; did you mean real?"],
    [
      "faults",
      [{ ...CRASH, disk: "tron" }],
      "faults.0.disk must be one of clean, unsynced, torn, wiped, rolledBack, safetyLost, storeLost; did you mean torn?",
    ],
    ["faults", [{ ...CRASH, nodes: "none" }], "faults.0.nodes must be a list or an object {last} or"],
    ["faults", [{ ...CRASH, nodes: [1, "a"] }], "faults.0.nodes.1 must be a number"],
    ["faults", [{ ...CRASH, nodes: [10] }], "faults.0.nodes: there is no node 10 in a committee of 10 (0 to 9)"],
    ["faults", [{ ...CRASH, nodes: { last: 11 } }], "faults.0.nodes.last (11) is more than the committee's 10 nodes"],
    ["faults", [{ ...CRASH, fromMs: 11 }], "faults.0.fromMs (11) lies behind toMs (10)"],
    ["faults", [{ ...CRASH, toMs: 30_001 }], "faults.0.toMs (30001) lies behind durationMs (30000)"],
    ["faults", [{ type: "partition", shape: { type: "sides", sides: [[1], [1]] } }], "node 1 stands twice"],
    ["faults", [{ type: "partition", shape: { type: "links", links: [[1, 2, 3]] } }], "must have 2 entries"],
    ["committee.stakes", [1, 2], "committee.stakes has 2 entries for a committee of 10"],
    ["faults", [{ type: "clock", nodes: [0] }], "faults.0: this clock fault does nothing: offsetMs or driftPpm"],
    ["faults", [{ type: "clock", nodes: [0], offsetMs: 0, stepEveryMs: 5 }], "this clock fault does nothing"],
    ["faults", [{ type: "disk", nodes: [0] }], "faults.0: this disk fault does nothing: slowMs (above 0)"],
    ["faults", [{ type: "disk", nodes: [0], slowMs: 0 }], "this disk fault does nothing"],
    [
      "faults",
      [{ type: "pause", nodes: [0], fromMs: 7, toMs: 7 }],
      "this pause fault does nothing: toMs must be above",
    ],
    [
      "faults",
      [{ type: "link", from: [0], delayFactor: 1, extraDelayMs: 0 }],
      "faults.0: this link fault does nothing",
    ],
    ["protocol.name", "selvege", 'there is no "selvege"; did you mean selvedge?'],
    ["protocol.params", { coinWav: 5 }, "unknown field protocol.params.coinWav; did you mean coinWave?"],
    ["protocol.params", { coinWave: 4 }, "protocol.params: coinWave below 5"],
    ["protocol.local", { leaderTimeoutMs: -1 }, "protocol.local.leaderTimeoutMs must be a whole number"],
    [
      "protocol.local",
      { fetchTimeoutMs: 0 },
      "protocol.local.fetchTimeoutMs must be a whole number of at least 1, not 0",
    ],
    ["protocol.local", { ownUncommittedBytesMax: 0 }, "must be a whole number of at least 1, not 0"],
    [
      "protocol.params",
      { transactionBytesMax: 511 },
      "workload.transactionBytes (512) is above protocol.params.transactionBytesMax (511): no block could carry one",
    ],
    ["adversary.behaviours", [{ name: "equivocater" }], "did you mean equivocator?"],
    ["network.latency", { type: "empirical", shares: [0, 0.5, 1], ms: [1, 2] }, "shares has 3 entries and ms 2"],
    ["network.latency", { type: "empirical", shares: [0, 1], ms: [2, 1] }, "must rise"],
    ["network.latency", { type: "uniform", minMs: 2, maxMs: 1 }, "network.latency.minMs (2) is above maxMs (1)"],
    ["network.latency.matrix", "nowhere", 'network.latency.matrix: there is no "nowhere"'],
    ["format", 2, "format must be 1"],
    ["constructor", 1, "unknown field constructor"],
  ])("a wrong %s (%j) is named", (path, value, expected) => {
    expect(faultOf(path, value)).toContain(`mine: `);
    expect(faultOf(path, value)).toContain(expected);
  });

  test("several things that do not hold are told together", () => {
    const message = faultOf("faults", [
      { ...CRASH, nodes: [10] },
      { ...CRASH, nodes: [11] },
    ]);
    expect(message).toContain("faults.0.nodes");
    expect(message).toContain("faults.1.nodes");
  });
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-load-"));

  test("a scenario in a file is the scenario", async () => {
    const file = join(folder, "good.json");
    writeFileSync(file, `\uFEFF${JSON.stringify(GOOD, null, 2)}`);
    expect(await loadScenario(file)).toEqual(GOOD);
  });

  test("single fields can be set anew", async () => {
    const scenario = await loadScenario("good-wan", [
      parseAssignment("committee.size=4"),
      parseAssignment("faults.0=" + JSON.stringify(CRASH)),
    ]);
    expect(scenario.committee.size).toBe(4);
    expect(scenario.faults).toHaveLength(1);
    expect(GOOD?.faults).toHaveLength(0);
  });

  test.each([
    ["faults.1", 1, "1 is no entry of a list of 0"],
    ["name.x", 1, 'there is nothing below "good-wan"'],
    ["__proto__.x", 1, "a name is missing"],
    ["a..b", 1, "a name is missing"],
  ])("%s cannot be set", (path, value, expected) => {
    expect(() => withField(GOOD, path, value)).toThrow(expected);
  });

  test.each([
    ["neither a name nor a file", "good-lam", "did you mean good-lan?"],
    ["a missing file", "./good-lan", "there is no such file"],
    ["a folder", folder, "is a directory"],
    ["a binary file", process.execPath, "larger than"],
    ["an endless device", "/dev/zero", "larger than"],
  ])("%s is refused", async (_what, name, expected) => {
    await expect(loadScenario(name)).rejects.toThrow(expected);
  });

  test("bytes that are no text are refused", async () => {
    const file = join(folder, "bytes");
    writeFileSync(file, Uint8Array.of(0x7b, 0xff, 0xfe, 0x00));
    await expect(loadScenario(file)).rejects.toThrow("is not text (UTF-8)");
  });
});

describe("JSON", () => {
  test.each([
    ["", 0],
    ["{", 1],
    ["[1,]", 3],
    ['{"a" 1}', 5],
    ['{"a":1,}', 7],
    ["[1 2]", 3],
    ["nul", 0],
    ['"abc', 4],
    ['"a\nb"', 2],
    ['"a\\x"', 2],
    ["01", 1],
    ["{} x", 3],
    ["[}", 1],
    ["{a:1}", 1],
    ["// no", 0],
  ])("%j is no JSON from offset %d on", (text, offset) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(jsonFaultAt(text)).toBe(offset);
  });

  test("an error names file, line and column", () => {
    expect(() => parseJson('{\n  "a": 1,\n  b: 2\n}', { name: "x.json", code: "SIM_SCENARIO_INVALID" })).toThrow(
      'x.json:3:3: not valid JSON: unexpected "b"',
    );
  });
});
