// The picture in the demonstration's report: accuracy over time, with and without clipping, above the two latencies.
// Pure: a plain record in, an SVG string out. Series differ by dash and marker, not by colour alone, so it prints in grey.
import * as echarts from "echarts";

export interface ChartVersion {
  readonly version: number;
  /** Since the run began. */
  readonly closedAtSeconds: number;
  /** From 0 to 1, on the test set. */
  readonly accuracy: number;
  /** The same version of the same seed had nobody clipped; null where that run has no such version. */
  readonly accuracyWithoutClipping: number | null;
}

export interface ChartLatency {
  readonly atSeconds: number;
  /** Medians of the interval that ends here; null where nothing was measured. */
  readonly commitP50Ms: number | null;
  readonly receiptP50Ms: number | null;
}

export interface ChartMark {
  readonly atSeconds: number;
  /** Short: "validator 2 killed". */
  readonly text: string;
}

export interface DemoChartInput {
  readonly title: string;
  readonly subtitle: string;
  /** Ascending in time. */
  readonly versions: readonly ChartVersion[];
  /** Ascending in time. */
  readonly latencies: readonly ChartLatency[];
  readonly marks: readonly ChartMark[];
}

const WIDTH = 960;
const HEIGHT = 720;
const FONT = "DejaVu Sans, Helvetica, Arial, sans-serif";
const BLACK = "#000000";
const BLUE = "#1f4e9c";
const RED = "#b2321e";
const GREEN = "#2c7a3f";
const GRID_LINE = "#d9d9d9";

export function renderDemoChart(input: DemoChartInput): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(chartOption(input));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function chartOption(input: DemoChartInput): echarts.EChartsOption {
  const endSeconds = lastSecond(input);
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: { fontFamily: FONT, color: BLACK },
    title: [
      {
        text: input.title,
        subtext: input.subtitle,
        left: 16,
        top: 10,
        textStyle: textStyle(17),
        subtextStyle: textStyle(12),
      },
      {
        text: "Test accuracy of each version (share of digits read correctly)",
        left: 16,
        top: 78,
        textStyle: textStyle(13),
      },
      { text: "Latency, median of each interval (ms)", left: 16, top: 432, textStyle: textStyle(13) },
    ],
    legend: [legend(["with clipping", "same seed without clipping"], 102), legend(["commit p50", "receipt p50"], 456)],
    grid: [
      { left: 64, right: 72, top: 168, height: 216 },
      { left: 64, right: 72, top: 488, height: 160 },
    ],
    xAxis: [timeAxis(0, endSeconds), timeAxis(1, endSeconds)],
    yAxis: [valueAxis(0, { min: 0, max: 1, interval: 0.2 }), valueAxis(1, { min: 0 })],
    series: [...accuracySeries(input), ...latencySeries(input)],
  };
}

function textStyle(fontSize: number): {
  fontSize: number;
  color: string;
  fontFamily: string;
  fontWeight: "normal" | "bold";
} {
  return { fontSize, color: BLACK, fontFamily: FONT, fontWeight: fontSize > 12 ? "bold" : "normal" };
}

function legend(names: readonly string[], top: number): echarts.LegendComponentOption {
  return { data: [...names], left: 64, top, itemWidth: 44, itemGap: 28, textStyle: textStyle(12) };
}

/** Both panels share one time axis, so that a mark stands at the same place in both. */
function timeAxis(gridIndex: number, max: number): echarts.XAXisComponentOption {
  return {
    type: "value",
    gridIndex,
    min: 0,
    max,
    name: "time since the start of the run (s)",
    nameLocation: "middle",
    nameGap: 26,
    nameTextStyle: textStyle(12),
    axisLine: { lineStyle: { color: BLACK } },
    axisLabel: { color: BLACK, showMaxLabel: false },
    splitLine: { show: false },
  };
}

function valueAxis(
  gridIndex: number,
  range: { readonly min: number; readonly max?: number; readonly interval?: number },
): echarts.YAXisComponentOption {
  return {
    type: "value",
    gridIndex,
    ...range,
    axisLine: { show: true, lineStyle: { color: BLACK } },
    axisLabel: { color: BLACK },
    splitLine: { lineStyle: { color: GRID_LINE } },
  };
}

function accuracySeries(input: DemoChartInput): readonly echarts.LineSeriesOption[] {
  const labelled = labelledVersions(input);
  const clipped = input.versions.map(({ version, closedAtSeconds, accuracy }) => ({
    value: [closedAtSeconds, accuracy],
    label: { show: labelled.has(version), formatter: `v${version}: ${accuracy.toFixed(2)}` },
  }));
  const unclipped = input.versions
    .filter(({ accuracyWithoutClipping }) => accuracyWithoutClipping !== null)
    .map(({ closedAtSeconds, accuracyWithoutClipping }) => [closedAtSeconds, accuracyWithoutClipping ?? 0]);
  return [
    {
      ...line({ name: "with clipping", panel: 0, color: BLUE, dash: "solid", symbol: "circle" }),
      data: clipped,
      label: {
        position: "bottom",
        distance: 8,
        fontSize: 11,
        color: BLACK,
        backgroundColor: "#ffffff",
        fontFamily: FONT,
      },
      markLine: markLine(input.marks, true),
    },
    {
      ...line({ name: "same seed without clipping", panel: 0, color: RED, dash: "dashed", symbol: "triangle" }),
      data: unclipped,
    },
  ];
}

function latencySeries(input: DemoChartInput): readonly echarts.LineSeriesOption[] {
  return [
    {
      ...line({ name: "commit p50", panel: 1, color: BLACK, dash: "solid", symbol: "rect" }),
      data: input.latencies.map(({ atSeconds, commitP50Ms }) => [atSeconds, commitP50Ms ?? "-"]),
      markLine: markLine(input.marks, false),
    },
    {
      ...line({ name: "receipt p50", panel: 1, color: GREEN, dash: "dotted", symbol: "emptyDiamond" }),
      data: input.latencies.map(({ atSeconds, receiptP50Ms }) => [atSeconds, receiptP50Ms ?? "-"]),
    },
  ];
}

function line(options: {
  readonly name: string;
  readonly panel: number;
  readonly color: string;
  readonly dash: "solid" | "dashed" | "dotted";
  readonly symbol: string;
}): echarts.LineSeriesOption {
  const { name, panel, color, dash, symbol } = options;
  return {
    type: "line",
    name,
    xAxisIndex: panel,
    yAxisIndex: panel,
    color,
    symbol,
    symbolSize: 7,
    showAllSymbol: true,
    connectNulls: false,
    lineStyle: { color, type: dash, width: 2 },
    itemStyle: { color },
  };
}

/** Dash-dotted uprights at the marks; the words only in the upper panel, on alternating heights so that they do not meet. */
function markLine(marks: readonly ChartMark[], hasWords: boolean): NonNullable<echarts.LineSeriesOption["markLine"]> {
  return {
    symbol: "none",
    silent: true,
    lineStyle: { color: BLACK, type: [8, 3, 2, 3], width: 1.2 },
    data: marks.map(({ atSeconds, text }, position) => ({
      xAxis: atSeconds,
      label: {
        show: hasWords,
        formatter: text,
        position: "end",
        distance: 4 + 14 * (position % 2),
        color: BLACK,
        fontSize: 11,
        fontFamily: FONT,
      },
    })),
  };
}

/**
 * The last and some before it, never the untrained one on the axis: a label each would not be legible.
 * A label that a mark's upright would cross is left out.
 */
function labelledVersions(input: DemoChartInput): ReadonlySet<number> {
  const { versions, marks } = input;
  const stride = Math.max(1, Math.ceil(versions.length / 5));
  const last = versions.length - 1;
  const halfLabelSeconds = 0.04 * lastSecond(input);
  const isCrossed = (seconds: number): boolean =>
    marks.some(({ atSeconds }) => Math.abs(atSeconds - seconds) < halfLabelSeconds);
  const isLabelled = (version: ChartVersion, position: number): boolean =>
    position === last ||
    (position > 0 && position % stride === 0 && last - position >= stride && !isCrossed(version.closedAtSeconds));
  return new Set(versions.filter(isLabelled).map(({ version }) => version));
}

function lastSecond(input: DemoChartInput): number {
  const times = [
    ...input.versions.map(({ closedAtSeconds }) => closedAtSeconds),
    ...input.latencies.map(({ atSeconds }) => atSeconds),
    ...input.marks.map(({ atSeconds }) => atSeconds),
  ];
  const last = times.reduce((latest, time) => Math.max(latest, time), 1);
  // A little room, so that the last point and its label stay inside.
  return Math.ceil(last * 1.04);
}
