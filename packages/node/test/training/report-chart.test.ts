import { expect, test } from "vitest";
import { renderDemoChart, type DemoChartInput } from "../../src/training/report-chart.ts";

const INPUT: DemoChartInput = {
  title: "Eight devices <teach> one model",
  subtitle: "seed 1",
  versions: [
    { version: 0, closedAtSeconds: 0, accuracy: 0.1, accuracyWithoutClipping: 0.1 },
    { version: 1, closedAtSeconds: 4, accuracy: 0.6, accuracyWithoutClipping: 0.2 },
    { version: 2, closedAtSeconds: 8, accuracy: 0.94, accuracyWithoutClipping: null },
  ],
  latencies: [
    { atSeconds: 2, commitP50Ms: 120, receiptP50Ms: 60 },
    { atSeconds: 4, commitP50Ms: null, receiptP50Ms: null },
    { atSeconds: 6, commitP50Ms: 140, receiptP50Ms: 70 },
  ],
  marks: [{ atSeconds: 5, text: "validator 2 killed" }],
};

test("the chart names its series, units, marks and last accuracy, and escapes text", () => {
  const svg = renderDemoChart(INPUT);
  expect(svg.startsWith("<svg")).toBe(true);
  for (const text of [
    "with clipping",
    "same seed without clipping",
    "commit p50",
    "receipt p50",
    "(ms)",
    "(s)",
    "v2: 0.94",
  ]) {
    expect(svg).toContain(text);
  }
  expect(svg).toContain("validator 2 killed");
  expect(svg).toContain("Eight devices &lt;teach&gt; one model");
  expect(svg).not.toContain("NaN");
});

test("series differ without colour: solid, dashed and dotted lines", () => {
  const dashes = new Set([...renderDemoChart(INPUT).matchAll(/stroke-dasharray="([^"]+)"/g)].map(([, dash]) => dash));
  expect(dashes.size).toBeGreaterThanOrEqual(3);
});

test("a run that broke off before anything happened still gives a picture", () => {
  const svg = renderDemoChart({ ...INPUT, versions: [], latencies: [], marks: [] });
  expect(svg).toContain("commit p50");
  expect(svg).not.toContain("NaN");
});
