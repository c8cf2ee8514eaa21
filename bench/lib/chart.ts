// The picture of a network run: what was acknowledged and how late, second by second, and the search for saturation.
// Pure: reports in, an SVG string out. Series differ by dash and marker besides colour, so it prints in grey.

import * as echarts from "echarts";
import type { NetworkReport, PipelineReport } from "../scenario/network.ts";

const WIDTH = 960;
const HEIGHT = 960;
const TEXT = { fontFamily: "DejaVu Sans, Helvetica, Arial, sans-serif", color: "#000000" };
const COLOURS = { network: "#1f4e9c", null: "#b2321e" } as const;
const GRID_LINE = { show: true, lineStyle: { color: "#d9d9d9" } };
const LABELS = { network: "network", null: "null pipeline" } as const;

type Side = keyof typeof COLOURS;

interface Sides {
  readonly sides: readonly (readonly [Side, PipelineReport])[];
}

export function renderNetworkChart({ options, network, null: floor }: NetworkReport): string {
  const sides: Sides["sides"] =
    floor === null
      ? [["network", network]]
      : [
          ["network", network],
          ["null", floor],
        ];
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    const title = `${options.nodes} nodes, ${options.txBytes} B transactions, ${options.rate}/s offered`;
    chart.setOption(chartOption(title, { sides }));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function chartOption(title: string, { sides }: Sides): echarts.EChartsOption {
  const grids = [90, 380, 670].map((top) => ({ left: 90, right: 40, top, height: 200 }));
  const axis = (gridIndex: number, name: string): object => ({
    gridIndex,
    name,
    type: "value",
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: TEXT,
    axisLabel: TEXT,
    splitLine: GRID_LINE,
  });
  const yAxis = (gridIndex: number, name: string): object => ({ ...axis(gridIndex, name), nameGap: 60, min: 0 });
  return {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: TEXT,
    title: { text: title, left: "center", top: 10, textStyle: { ...TEXT, fontSize: 16 } },
    legend: { top: 40, textStyle: TEXT, data: sides.map(([side]) => LABELS[side]) },
    grid: grids,
    xAxis: [
      axis(0, "seconds since the load began"),
      axis(1, "seconds since the load began"),
      axis(2, "acknowledged, tx/s"),
    ],
    yAxis: [yAxis(0, "acknowledged, tx/s"), yAxis(1, "latency p50, p99 (ms)"), yAxis(2, "latency p50 (ms)")],
    series: sides.flatMap(([side, report]) => seriesOf(side, report)),
  };
}

function seriesOf(side: Side, { main, saturation }: PipelineReport): echarts.SeriesOption[] {
  const line = (at: number, data: number[][], dash: "solid" | "dashed" | "dotted"): echarts.SeriesOption => ({
    type: "line",
    name: LABELS[side],
    xAxisIndex: at,
    yAxisIndex: at,
    data,
    symbol: side === "network" ? "circle" : "rect",
    symbolSize: 5,
    itemStyle: { color: COLOURS[side] },
    lineStyle: { color: COLOURS[side], type: dash, width: 1.5 },
  });
  const dash = side === "network" ? "solid" : "dashed";
  const bySecond = (value: (second: (typeof main.seconds)[number]) => number): number[][] =>
    main.seconds.map((second, index) => [index + 1, value(second)]);
  const steps = saturation?.steps.map(({ committedPerSecond, p50Ms }) => [committedPerSecond, p50Ms]) ?? [];
  return [
    line(
      0,
      bySecond(({ committed }) => committed),
      dash,
    ),
    line(
      1,
      bySecond(({ p50Ms }) => p50Ms),
      dash,
    ),
    line(
      1,
      bySecond(({ p99Ms }) => p99Ms),
      "dotted",
    ),
    line(2, steps, dash),
  ];
}
