// Traces come from strangers: every wrong line is refused by its number, and nothing is read beyond it.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { TRACE_LINE_MAX_BYTES } from "../../src/trace/limits.ts";
import { readTrace, readTraceFile } from "../../src/trace/read-trace.ts";
import { TraceError } from "../../src/trace/trace-error.ts";
import { SCENARIO_EXAMPLE } from "./example-scenario.ts";
import { tracedNetwork } from "./traced-network.ts";

const HEADER = JSON.stringify({ type: "trace", format: 1, scenario: SCENARIO_EXAMPLE, versions: {} });
const RESULT = JSON.stringify({
  type: "result",
  verdict: "PASS",
  findings: [],
  fired: {},
  exercised: {},
  adversary: {},
  recoveryMs: null,
  commits: 1,
  transactionsPerSecond: 1,
  traceDigest: "00",
});

function faultOf(...lines: readonly string[]): string {
  try {
    for (const line of readTrace(lines.join("\n"))) void line;
  } catch (error) {
    if (!(error instanceof TraceError)) throw error;
    expect(error.code).toBe("SIM_TRACE_INVALID");
    return `${error.line}: ${error.message}`;
  }
  return "none";
}

describe("a trace is refused, and the line named, for", () => {
  it.each([
    ["no lines at all", [""], /^0: .*empty/],
    ["no header", [RESULT], /^1: .*header/],
    ["a second header", [HEADER, HEADER], /^2: .*second header/],
    ["another format", [HEADER.replace('"format":1', '"format":2')], /^1: .*another format/],
    ["what is not JSON", [HEADER, "{", ""], /^2: .*not JSON/],
    ["a header that is cut short", [HEADER.slice(0, -9)], /^1: .*not JSON/],
    ["what is no object", [HEADER, "7"], /^2: .*type/],
    ["an unknown type", [HEADER, '{"type":"hasOwnProperty"}'], /^2: .*type/],
    ["a missing field", [HEADER, '{"type":"round","at":1,"node":0}'], /^2: .*\(round\).*round/],
    ["a field too many", [HEADER, '{"type":"round","at":1,"node":0,"round":1,"more":1}'], /^2: .*\(round\)/],
    ["a time that is no whole number", [HEADER, '{"type":"round","at":1.5,"node":0,"round":1}'], /^2: .*\/at/],
    ["a node that is not there", [HEADER, '{"type":"round","at":1,"node":4,"round":1}'], /^2: .*no node 4/],
    [
      "a leader that is not there",
      [
        HEADER,
        '{"type":"committed","at":1,"node":0,"index":1,"digest":"a","parent":"b","slot":"P1","leader":[9,1],"blocks":0,"transactions":0}',
      ],
      /^2: .*no node 9/,
    ],
    [
      "lines after the result",
      [HEADER, RESULT, '{"type":"round","at":1,"node":0,"round":1}'],
      /^3: .*after the result/,
    ],
    [
      "a scenario that is none",
      [HEADER.replace('"durationMs":1000', '"durationMs":-1')],
      /^1: .*\(trace\).*durationMs/,
    ],
  ])("%s", (_, lines, fault) => {
    expect(faultOf(...lines)).toMatch(fault);
  });

  it("a line beyond the bound", () => {
    expect(faultOf(HEADER, `"${"x".repeat(TRACE_LINE_MAX_BYTES)}"`)).toMatch(/^2: .*longer/);
  });

  it("nothing of a sound one, and empty lines do no harm", () => {
    expect(faultOf(HEADER, "", '{"type":"round","at":1,"node":3,"round":1}', RESULT, "", "")).toBe("none");
  });
});

describe("a trace file", () => {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-trace-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  async function read(text: string): Promise<number> {
    const path = join(folder, "trace.jsonl");
    writeFileSync(path, text);
    let count = 0;
    for await (const line of readTraceFile(path)) count += line.type === "trace" ? 0 : 1;
    return count;
  }

  it("reads as the same text does, whatever stands across the ends of what is read at once", async () => {
    const text = tracedNetwork({ size: 4, untilMs: 900 });
    expect(text.length).toBeGreaterThan(100_000);
    expect(await read(text)).toBe([...readTrace(text)].length - 1);
  });

  it("may end in the middle of a line: what is whole is read, and the reader is told", async () => {
    const path = join(folder, "cut.jsonl");
    let cutCount = 0;
    for (const [rest, wasCut] of [
      [RESULT.slice(0, -7), 1],
      ['"', 1],
      [RESULT, 0],
      ["", 0],
    ] as const) {
      const text = `${HEADER}\n{"type":"round","at":1,"node":3,"round":1}\n${rest}`;
      writeFileSync(path, text);
      cutCount = 0;
      const types: string[] = [];
      for await (const line of readTraceFile(path, () => (cutCount += 1))) types.push(line.type);
      expect([types, cutCount]).toEqual([["trace", "round", ...(rest === RESULT ? ["result"] : [])], wasCut]);
      expect([...readTrace(text)].map(({ type }) => type)).toEqual(types);
    }
  });

  it("may lack the last newline, and may not be endless", async () => {
    expect(await read(`${HEADER}\n${RESULT}`)).toBe(1);
    await expect(read(`${HEADER}\n"${"x".repeat(TRACE_LINE_MAX_BYTES + 1000)}`)).rejects.toThrow(/line 2: .*longer/);
    await expect(read("")).rejects.toThrow(/empty/);
  });
});
