// What a writer writes, the reader reads: each line of a real run, and the ends that a run seldom meets.

import { describe, expect, it } from "vitest";
import type { Observed } from "../../src/protocol/observation.ts";
import type { RunResult } from "../../src/run/result.ts";
import { readTrace } from "../../src/trace/read-trace.ts";
import { DETAIL_MAX_CHARS, type TraceLine } from "../../src/trace/trace-event.ts";
import { createTraceWriter } from "../../src/trace/trace-writer.ts";
import { SCENARIO_EXAMPLE } from "./example-scenario.ts";
import { tracedNetwork } from "./traced-network.ts";

const NETWORK = { size: 4, untilMs: 600 } as const;

function kinds(lines: Iterable<TraceLine>): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { type } of lines) counts[type] = (counts[type] ?? 0) + 1;
  return counts;
}

function linesOf(observed: readonly Partial<Observed>[]): readonly TraceLine[] {
  let text = "";
  const { observer } = createTraceWriter({ scenario: SCENARIO_EXAMPLE, sink: (line) => (text += line) });
  for (const each of observed) observer.onObserved?.({ node: 1, atUs: 5, ...each } as Observed);
  return [...readTrace(text)].slice(1);
}

describe("a trace of a run", () => {
  const text = tracedNetwork(NETWORK);
  const lines = [...readTrace(text)];

  it("names every block once, before anything else speaks of it", () => {
    const known = new Set<string>();
    for (const line of lines) {
      if (line.type === "block") {
        expect(known.has(line.digest)).toBe(false);
        known.add(line.digest);
      }
      if (line.type === "signed" || line.type === "accepted") expect(known.has(line.digest)).toBe(true);
      if (line.type === "output") for (const digest of line.blocks) expect(known.has(digest)).toBe(true);
    }
    expect(known.size).toBeGreaterThan(40);
  });

  it("lists the blocks of a commit once, however many nodes make it", () => {
    const outputs = lines.filter(({ type }) => type === "output");
    const commits = new Set(lines.flatMap((line) => (line.type === "committed" ? [line.digest] : [])));
    expect(outputs.length).toBe(commits.size);
    expect(lines.filter(({ type }) => type === "committed").length).toBeGreaterThan(outputs.length * 2);
  });

  it("goes by time", () => {
    const times = lines.flatMap((line) => ("at" in line ? [line.at] : []));
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });

  it("may leave out messages and acceptances, and nothing else", () => {
    const whole = kinds(lines);
    const short = kinds(readTrace(tracedNetwork({ ...NETWORK, writer: { messages: false, acceptances: false } })));
    const { sent, delivered, accepted, ...rest } = whole;
    expect([sent, delivered, accepted].every((count) => (count ?? 0) > 0)).toBe(true);
    expect(short).toEqual(rest);
  });

  it("reaches a second reader line by line as it reaches the sink", () => {
    const seen: TraceLine[] = [];
    const again = tracedNetwork({ ...NETWORK, writer: { onLine: (line) => seen.push(line) } });
    expect(seen).toEqual([...readTrace(again)]);
  });
});

describe("the writer", () => {
  it("writes what the schema allows, however long a process' words are", () => {
    const long = "x".repeat(5 * DETAIL_MAX_CHARS);
    const [reported, stopped] = linesOf([
      { type: "reported", fault: long, about: null, detail: long },
      { type: "stopped", reason: long },
    ]);
    expect(reported).toMatchObject({ type: "reported", detail: long.slice(0, DETAIL_MAX_CHARS) });
    expect(stopped).toMatchObject({ type: "stopped", reason: long.slice(0, DETAIL_MAX_CHARS) });
  });

  it("knows proposals of protocols without blocks", () => {
    expect(linesOf([{ type: "signed", round: 7, digest: "ab".repeat(32), block: null }])).toEqual([
      { type: "signed", at: 5, node: 1, round: 7, digest: "ab".repeat(8) },
    ]);
  });

  it("writes payloads, verdicts, acks and receipts as they were told", () => {
    const lines = linesOf([
      { type: "payloadHeld", root: "cd".repeat(32), isHeld: true },
      { type: "decided", slot: "P3", verdict: "skip", block: null },
      { type: "round", round: 4 },
    ]);
    expect(lines).toEqual([
      { type: "payload", at: 5, node: 1, root: "cd".repeat(8), held: true },
      { type: "decided", at: 5, node: 1, slot: "P3", verdict: "skip", block: null },
      { type: "round", at: 5, node: 1, round: 4 },
    ]);
  });

  it("ends with the result", () => {
    let text = "";
    const { observer, finish } = createTraceWriter({
      scenario: SCENARIO_EXAMPLE,
      sink: (line) => (text += line),
      versions: { node: "26" },
    });
    observer.onActed?.({ who: "partition", what: "began", node: null, atUs: 10 });
    observer.onLifecycle?.(2, "down", 11);
    finish({
      verdict: "STALLED",
      findings: [{ verdict: "STALLED", class: "liveness", detail: "no commit", node: null, atMs: 3.5 }],
      fired: { partition: 1 },
      exercised: {},
      adversary: {},
      recoveryMs: null,
      traceDigest: "ef".repeat(32),
      metrics: { commitCount: 0, throughputPerSecond: 0 },
    } as unknown as RunResult);
    expect([...readTrace(text)].slice(1)).toEqual([
      { type: "acted", at: 10, who: "partition", what: "began", node: null },
      { type: "lifecycle", at: 11, node: 2, state: "down" },
      expect.objectContaining({ type: "result", verdict: "STALLED", traceDigest: "ef".repeat(8), commits: 0 }),
    ]);
  });
});
