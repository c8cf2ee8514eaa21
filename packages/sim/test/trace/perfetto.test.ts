// The exports: what Perfetto and ShiViz need to draw the run.

import { describe, expect, it } from "vitest";
import { PerfettoWriter, perfettoOf } from "../../src/trace/perfetto.ts";
import { readTrace } from "../../src/trace/read-trace.ts";
import { SHIVIZ_PATTERN, shivizOf } from "../../src/trace/shiviz.ts";
import { tracedNetwork } from "./traced-network.ts";

interface Event {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly id: number;
  readonly args: { readonly name: string };
}

const lines = [...readTrace(tracedNetwork({ size: 4, untilMs: 500, crash: [3, 100, 200] }))];
const { traceEvents } = JSON.parse(perfettoOf(lines)) as { readonly traceEvents: readonly Event[] };

describe("for Perfetto", () => {
  it("every node is a process with a name", () => {
    const names = traceEvents.filter(({ name }) => name === "process_name").map(({ args }) => args.name);
    expect(names).toEqual(["network and adversary", "node 0", "node 1", "node 2", "node 3"]);
  });

  it("rounds of a node follow upon one another without a gap", () => {
    const rounds = traceEvents.filter(({ ph, pid, name }) => ph === "X" && pid === 1 && name.startsWith("round"));
    expect(rounds.length).toBeGreaterThan(5);
    for (const [position, { ts, dur }] of rounds.slice(0, -1).entries()) {
      expect(ts + dur).toBe(rounds[position + 1]?.ts);
    }
  });

  it("a flow that arrives was sent, no later, and lies in a slice at both ends", () => {
    const starts = new Map(traceEvents.filter(({ ph }) => ph === "s").map((event) => [event.id, event]));
    const slices = new Set(traceEvents.filter(({ ph }) => ph === "X").map(({ pid, tid, ts }) => `${pid} ${tid} ${ts}`));
    const ends = traceEvents.filter(({ ph }) => ph === "f");
    expect(ends.length).toBeGreaterThan(50);
    for (const end of ends) {
      const start = starts.get(end.id);
      expect(start?.ts ?? Infinity).toBeLessThanOrEqual(end.ts);
      for (const at of [start, end]) expect(slices.has(`${at?.pid} ${at?.tid} ${at?.ts}`)).toBe(true);
    }
  });

  it("the time that a node is down is one slice", () => {
    const down = traceEvents.filter(({ name }) => name === "down");
    expect(down).toMatchObject([{ ph: "X", pid: 4, ts: 100_000, dur: 100_000 }]);
  });

  it("a trace without events is a file nevertheless", () => {
    expect(JSON.parse(new PerfettoWriter().finish())).toEqual({ traceEvents: [], displayTimeUnit: "ms" });
  });
});

describe("for ShiViz", () => {
  const log = shivizOf(lines);
  const events = [...log.matchAll(new RegExp(SHIVIZ_PATTERN, "g"))].map(({ groups }) => ({
    host: groups?.["host"] ?? "",
    clock: JSON.parse(groups?.["clock"] ?? "") as Record<string, number>,
    event: groups?.["event"] ?? "",
  }));

  it("the pattern reads every line, and each host's own clock counts its events", () => {
    expect(events.length).toBe(log.trimEnd().split("\n").length / 2);
    for (const host of ["n0", "n1", "n2", "n3"]) {
      const own = events.filter((event) => event.host === host).map(({ clock }) => clock[host]);
      expect(own).toEqual(own.map((_, position) => position + 1));
    }
  });

  it("whoever got a message knows what its sender knew", () => {
    const got = events.findIndex(({ host, event }) => host === "n0" && /got push from 1/.test(event));
    const sent = events.slice(0, got).find(({ host, event }) => host === "n1" && /sent push to 0/.test(event));
    expect(sent).toBeDefined();
    expect(events[got]?.clock["n1"]).toBeGreaterThanOrEqual(sent?.clock["n1"] ?? Infinity);
  });
});
