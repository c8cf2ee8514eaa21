// The picture of an updates run: the latency of each stage by payload size, p50 as a bar and p99 as a mark above it.

import * as echarts from "echarts";
import type { UpdatesReport } from "../scenario/updates.ts";

const TEXT = { fontFamily: "DejaVu Sans, Helvetica, Arial, sans-serif", color: "#000000" };
const COLOURS = ["#1f4e9c", "#b2321e", "#2c7a3f", "#6b4a9c"];
const STAGES = ["upload", "receipt", "certified", "version"] as const;

export function renderUpdatesChart({ options, parts }: UpdatesReport): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: 960, height: 480 });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: "#ffffff",
      textStyle: TEXT,
      title: {
        text: `${options.nodes} nodes, ${options.rate} updates/s offered: latency p50 (bar) and p99 (mark)`,
        left: "center",
        textStyle: { ...TEXT, fontSize: 16 },
      },
      legend: { top: 30, textStyle: TEXT, data: parts.map(({ deltaBytes }) => `${deltaBytes / 1024} KiB`) },
      grid: { left: 80, right: 40, top: 70, bottom: 40 },
      xAxis: { type: "category", data: [...STAGES], axisLabel: TEXT },
      yAxis: { type: "value", name: "ms", axisLabel: TEXT, splitLine: { lineStyle: { color: "#d9d9d9" } } },
      series: parts.map(({ deltaBytes, latencies }, index) => ({
        type: "bar",
        name: `${deltaBytes / 1024} KiB`,
        data: STAGES.map((stage) => latencies[stage].p50Ms),
        itemStyle: { color: COLOURS[index % COLOURS.length] ?? "#000000" },
        markPoint: {
          symbol: "diamond",
          symbolSize: 10,
          itemStyle: { color: COLOURS[index % COLOURS.length] ?? "#000000" },
          label: { show: false },
          data: STAGES.map((stage, at) => ({ coord: [at, latencies[stage].p99Ms] })),
        },
      })),
    });
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}
