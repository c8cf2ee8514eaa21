// Figures as SVG, drawn by ECharts without a browser. Series differ by dash and symbol besides colour and the letters are
// large, so that a column of a paper printed in black still shows which is which.

import * as echarts from "echarts";
import type { BarFigure, Figure, FigureAxis, HeatFigure, LineFigure } from "./figure.ts";

const WIDTH = 900;
const HEIGHT = 580;
const FONT = { fontFamily: "DejaVu Sans, Helvetica, Arial, sans-serif", color: "#000000" };
const TEXT = { ...FONT, fontSize: 17 };
const COLOURS = ["#000000", "#1f4e9c", "#b2321e", "#2e7d32", "#7a4fa3", "#8a6d00"];
const DASHES: readonly ("solid" | number[])[] = ["solid", [9, 4], [2, 3], [12, 4, 2, 4], [5, 2], [1, 6]];
/** Earlier series lie on top and are smaller, so that of two that coincide both are seen. */
const SYMBOLS = [
  { symbol: "circle", symbolSize: 8 },
  { symbol: "emptyRect", symbolSize: 15 },
  { symbol: "triangle", symbolSize: 12 },
  { symbol: "diamond", symbolSize: 14 },
  { symbol: "emptyCircle", symbolSize: 13 },
  { symbol: "emptyTriangle", symbolSize: 15 },
];
const WIDTHS = [1.8, 5, 2.4, 2.4, 2.4, 5];
const SERIES_TOP = 20;
const GREYS = ["#262626", "#6b6b6b", "#a8a8a8", "#e2e2e2", "#ffffff", "#4a4a4a"];
const HATCHES = [
  undefined,
  { symbol: "none" },
  { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [2, 5], rotation: -Math.PI / 4, color: "#000000" },
];
const GRID_LINE = { show: true, lineStyle: { color: "#d0d0d0" } };

export function svgOf(figure: Figure): string {
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, width: WIDTH, height: HEIGHT });
  try {
    chart.setOption(optionOf(figure));
    return chart.renderToSVGString();
  } finally {
    chart.dispose();
  }
}

function optionOf(figure: Figure): echarts.EChartsOption {
  const common = {
    animation: false,
    backgroundColor: "#ffffff",
    textStyle: FONT,
    title: {
      text: figure.title,
      left: "center",
      top: 8,
      textStyle: { ...FONT, fontSize: 18, fontWeight: "normal" as const },
    },
  };
  switch (figure.type) {
    case "lines":
      return { ...common, ...lineOption(figure) };
    case "bars":
      return { ...common, ...barOption(figure) };
    default:
      return { ...common, ...heatOption(figure) };
  }
}

const LEGEND = { top: 40, textStyle: TEXT, itemWidth: 52, itemHeight: 12, itemGap: 22 };
const GRID = { left: 105, right: 40, top: 92, bottom: 78 };

function lineOption(figure: LineFigure): echarts.EChartsOption {
  return {
    legend: { ...LEGEND, data: figure.series.map(({ name }) => name) },
    grid: GRID,
    xAxis: { ...axisOption(figure.x, valuesOf(figure, "x")), nameGap: 40 },
    yAxis: { ...axisOption(figure.y, valuesOf(figure, "y")), nameGap: 74 },
    series: figure.series.flatMap((_series, index) => lineSeries(figure, index)),
  };
}

function lineSeries(figure: LineFigure, index: number): echarts.SeriesOption[] {
  const series = figure.series[index];
  if (series === undefined) return [];
  const colour = styleOf(COLOURS, index);
  const points = series.points.filter((point) => isDrawable(point.x, figure.x) && isDrawable(point.y, figure.y));
  const line: echarts.SeriesOption = {
    type: "line",
    name: series.name,
    data: points.map(({ x, y }) => [x, y]),
    ...styleOf(SYMBOLS, index),
    z: SERIES_TOP - index,
    showSymbol: figure.isDense !== true,
    itemStyle: { color: colour },
    lineStyle: { color: colour, type: styleOf(DASHES, index), width: styleOf(WIDTHS, index) },
    ...(index === 0 ? bandOption(figure) : {}),
  };
  const barred = points.filter(({ low, high }) => low !== undefined && high !== undefined && low < high);
  return barred.length === 0 ? [line] : [line, intervalSeries(barred, colour)];
}

function bandOption({ bands = [] }: LineFigure): object {
  if (bands.length === 0) return {};
  const label = { ...TEXT, fontSize: 14, position: "insideTop" };
  return {
    markArea: {
      silent: true,
      itemStyle: { color: "#000000", opacity: 0.1 },
      label,
      data: bands.map(({ from, to, label: name }) => [{ xAxis: from, name }, { xAxis: to }]),
    },
  };
}

/** Upright lines with short feet at both ends. */
function intervalSeries(
  points: readonly { x: number; low?: number; high?: number }[],
  colour: string,
): echarts.SeriesOption {
  const foot = 5;
  return {
    type: "custom",
    silent: true,
    data: points.map(({ x, low = 0, high = 0 }) => [x, low, high]),
    encode: { x: 0, y: [1, 2] },
    renderItem: (_params, api) => {
      const [x = 0, bottom = 0] = api.coord([api.value(0), api.value(1)]);
      const [, top = 0] = api.coord([api.value(0), api.value(2)]);
      const stroke = ([x1, y1]: readonly [number, number], [x2, y2]: readonly [number, number]) => ({
        type: "line" as const,
        shape: { x1, y1, x2, y2 },
        style: { stroke: colour, lineWidth: 1.4 },
      });
      return {
        type: "group",
        children: [
          stroke([x, bottom], [x, top]),
          stroke([x - foot, bottom], [x + foot, bottom]),
          stroke([x - foot, top], [x + foot, top]),
        ],
      };
    },
  };
}

function barOption(figure: BarFigure): echarts.EChartsOption {
  return {
    legend: { ...LEGEND, data: figure.series.map(({ name }) => name) },
    grid: { ...GRID, bottom: bottomOf(figure.categories) },
    xAxis: {
      type: "category",
      data: [...figure.categories],
      axisLabel: { ...TEXT, fontSize: 15, interval: 0, rotate: figure.categories.length > 6 ? 45 : 0 },
    },
    yAxis: { ...axisOption(figure.y, barValues(figure)), nameGap: 74 },
    series: figure.series.flatMap(({ name, values }, index) => [
      {
        type: "bar",
        name,
        barGap: BAR_GAP,
        data: values.map((value) => value ?? "-"),
        itemStyle: barStyle(index),
      },
      ...absentBars(figure, index),
    ]),
  };
}

const BAR_GAP = "8%";

/** Upright words where a bar would stand: "none" if there was nothing to measure, "not run" if nobody tried. */
function absentBars({ series, categories }: BarFigure, index: number): readonly echarts.SeriesOption[] {
  const values = series[index]?.values ?? [];
  const words = categories.map((_category, position) => absenceOf(values[position]));
  const absent = categories.flatMap((_category, position) => (words[position] === undefined ? [] : [position]));
  if (absent.length === 0) return [];
  return [
    {
      type: "custom",
      silent: true,
      data: absent.map((position) => [position, 1]),
      renderItem: (_params, api) => {
        const position = Number(api.value(0));
        const [centre = 0] = api.coord([position, 1]);
        const layout = (api.barLayout?.({ barGap: BAR_GAP, count: series.length }) ?? [])[index];
        return {
          type: "text",
          x: centre + Number(layout?.offsetCenter ?? 0),
          y: HEIGHT - bottomOf(categories) - 6,
          rotation: Math.PI / 2,
          style: {
            text: words[position] ?? "",
            fill: "#000000",
            font: `14px ${FONT.fontFamily}`,
            verticalAlign: "middle",
          },
        };
      },
    },
  ];
}

function absenceOf(value: number | null | undefined): string | undefined {
  if (value === null) return "none";
  return value === undefined ? "not run" : undefined;
}

/** Names of many categories stand aslant and need room. */
function bottomOf(categories: readonly string[]): number {
  return categories.length > 6 ? 190 : 78;
}

function barValues({ series }: BarFigure): readonly number[] {
  return series.flatMap(({ values }) => values.filter((value) => value !== null && value !== undefined));
}

function valuesOf({ series }: LineFigure, axis: "x" | "y"): readonly number[] {
  return series.flatMap(({ points }) => points.map((point) => point[axis]));
}

function barStyle(index: number): object {
  const decal = HATCHES[index % HATCHES.length];
  return {
    color: styleOf(GREYS, index),
    borderColor: "#000000",
    borderWidth: 1.2,
    ...(decal === undefined ? {} : { decal }),
  };
}

function heatOption(figure: HeatFigure): echarts.EChartsOption {
  const axis = ({ label, values }: HeatFigure["x"], nameGap: number) => ({
    type: "category" as const,
    name: label,
    nameLocation: "middle" as const,
    nameGap,
    nameTextStyle: TEXT,
    axisLabel: TEXT,
    data: values.map(String),
  });
  return {
    grid: { ...GRID, top: 60, right: 130 },
    xAxis: axis(figure.x, 40),
    yAxis: axis(figure.y, 60),
    visualMap: {
      min: 0,
      max: 1,
      precision: 2,
      calculable: false,
      right: 12,
      top: "middle",
      itemHeight: 260,
      text: ["1", "0"],
      textStyle: TEXT,
      inRange: { color: ["#3a3a3a", "#8f8f8f", "#ffffff"] },
    },
    series: [
      {
        type: "heatmap",
        data: figure.cells.map(({ x, y, value, text }) => ({
          value: [figure.x.values.indexOf(x), figure.y.values.indexOf(y), value],
          label: { show: true, formatter: text, ...FONT, fontSize: 15, color: value < 0.35 ? "#ffffff" : "#000000" },
          itemStyle: { borderColor: "#000000", borderWidth: 1 },
        })),
      },
    ],
  };
}

/** `values`: what is drawn along it. */
function axisOption({ label, isLogarithmic = false, min, max }: FigureAxis, values: readonly number[]) {
  const start = isLogarithmic ? decadeBelow(values) : min;
  return {
    type: isLogarithmic ? ("log" as const) : ("value" as const),
    name: label,
    nameLocation: "middle" as const,
    nameTextStyle: TEXT,
    axisLabel: TEXT,
    splitLine: GRID_LINE,
    axisLine: { show: true, lineStyle: { color: "#000000" } },
    axisTick: { show: true },
    ...(start === undefined ? {} : { min: start }),
    ...(max === undefined ? {} : { max }),
  };
}

/** The power of ten at or below the least of them: where a logarithmic axis starts. */
function decadeBelow(values: readonly number[]): number | undefined {
  const least = values.reduce(
    (lowest, value) => (value > 0 && value < lowest ? value : lowest),
    Number.POSITIVE_INFINITY,
  );
  return Number.isFinite(least) ? 10 ** Math.floor(Math.log10(least)) : undefined;
}

/** A logarithm has no place for zero. */
function isDrawable(value: number, { isLogarithmic = false }: FigureAxis): boolean {
  return Number.isFinite(value) && (!isLogarithmic || value > 0);
}

function styleOf<Style>(styles: readonly Style[], index: number): Style {
  const style = styles[index % styles.length];
  if (style === undefined) throw new RangeError("styles are never empty");
  return style;
}
