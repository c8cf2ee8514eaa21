// CSV, pgfplots and SVG: what other programs must be able to read.

import { describe, expect, it } from "vitest";
import { csvOf } from "../../src/experiment/csv.ts";
import type { Figure } from "../../src/experiment/figure/figure.ts";
import { lineFigure } from "../../src/experiment/figure/line-figure.ts";
import { pgfplotsOf } from "../../src/experiment/figure/pgfplots.ts";
import { svgOf } from "../../src/experiment/figure/svg.ts";
import { latexOf } from "../../src/experiment/latex.ts";

const LINES: Figure = {
  type: "lines",
  name: "lines",
  title: "Latency & <load>",
  x: { label: "load (1/s)", isLogarithmic: true },
  y: { label: "latency (ms)" },
  series: ["ours", "theirs", "others", "baseline"].map((name, index) => ({
    name,
    points: [1, 10, 100].map((x) => ({ x, y: x + index, low: x + index - 0.5, high: x + index + 0.5 })),
  })),
  bands: [{ from: 10, to: 20, label: "fault" }],
};

describe("CSV after RFC 4180", () => {
  it("ends lines with CRLF and quotes what would break a cell", () => {
    const table = {
      name: "t",
      columns: ["plain", 'a "quoted" name', "with,comma"],
      rows: [
        [1, "two\nlines", null],
        [0.1 + 0.2, "x", -3],
      ],
    };
    expect(csvOf(table)).toBe('plain,"a ""quoted"" name","with,comma"\r\n1,"two\nlines",\r\n0.3,x,-3\r\n');
  });

  it("writes large and small numbers so that they are read back", () => {
    const values = [123_456_789_012, 1e-9, 2 / 3, 1e21];
    const cells = csvOf({ name: "t", columns: ["v"], rows: values.map((value) => [value]) })
      .split("\r\n")
      .slice(1, -1);
    for (const [index, cell] of cells.entries()) expect(Number(cell) / (values[index] ?? 1)).toBeCloseTo(1, 8);
  });
});

describe("LaTeX tables", () => {
  const table = {
    name: "t",
    columns: ["protocol", "n", "ms", "ms_mean", "ms_low", "ms_high", "share"],
    rows: [
      ["C_slots & 100 %", 4, 12.345678, 13, 11.5, 13, null],
      ["x^2~\\{}", 10, 7, 7, 7, 7, 0.123456],
      ["none", 31, null, null, null, null, 1],
    ],
  };

  it("keep value and interval in one cell, leave out means, and say what was not measured", () => {
    expect(latexOf(table)?.split("\n").slice(1)).toEqual([
      "\\begin{tabular}{lrrr}",
      "\\toprule",
      "protocol & n & ms & share \\\\",
      "\\midrule",
      "C\\_slots \\& 100 \\% & 4 & 12.35 [11.5, 13] & -- \\\\",
      "x\\textasciicircum{}2\\textasciitilde{}\\textbackslash{}\\{\\} & 10 & 7 & 0.1235 \\\\",
      "none & 31 & -- & 1 \\\\",
      "\\bottomrule",
      "\\end{tabular}",
      "",
    ]);
  });

  it("are made of tables about points that a page holds", () => {
    expect(latexOf({ ...table, columns: [...table.columns.slice(0, -1), "trace_digest"] })).toBeUndefined();
    const long = Array.from({ length: 61 }, () => table.rows[1] ?? []);
    expect(latexOf({ ...table, rows: long })).toBeUndefined();
    expect(latexOf({ ...table, rows: long.slice(1) })).toBeDefined();
  });

  it("keep a column whose name only ends like part of another", () => {
    const lone = { name: "t", columns: ["burst_mean", "water_low"], rows: [[1, 2]] };
    expect(latexOf(lone)).toContain("burst mean & water low");
  });
});

describe("pgfplots tables", () => {
  it("have a block a series, two empty lines apart, with equal cells in each row", () => {
    const blocks = pgfplotsOf(LINES).split("\n\n\n");
    expect(blocks).toHaveLength(4);
    for (const block of blocks) {
      const [comment, head, ...rows] = block.trimEnd().split("\n");
      expect(comment).toMatch(/^# /u);
      expect(head).toBe("x y low high");
      expect(rows.map((row) => row.split(" ").length)).toEqual([4, 4, 4]);
    }
  });
});

describe("SVG", () => {
  const svg = svgOf(LINES);

  it("tells series apart without colour: by dash and by symbol", () => {
    const dashes = new Set([...svg.matchAll(/stroke-dasharray="([^"]+)"/gu)].map(([, dash]) => dash));
    expect(dashes.size).toBeGreaterThanOrEqual(3);
  });

  it("names axes with units and every series, in letters of at least 14 pixels", () => {
    for (const text of [
      "load (1/s)",
      "latency (ms)",
      "ours",
      "theirs",
      "others",
      "baseline",
      "Latency &amp; &lt;load&gt;",
    ]) {
      expect(svg).toContain(text);
    }
    const sizes = [...svg.matchAll(/font-size:(\d+)px/gu)].map(([, size]) => Number(size));
    expect(Math.min(...sizes)).toBeGreaterThanOrEqual(14);
  });

  it("says so where a bar is missing, and writes values into heat cells", () => {
    const bars: Figure = {
      type: "bars",
      name: "bars",
      title: "bars",
      y: { label: "ms", min: 0 },
      categories: ["a", "b", "c"],
      series: [{ name: "s", values: [3, null, undefined] }],
    };
    expect(svgOf(bars).match(/>none</gu)).toHaveLength(1);
    expect(svgOf(bars).match(/>not run</gu)).toHaveLength(1);
    const heat: Figure = {
      type: "heat",
      name: "heat",
      title: "heat",
      x: { label: "crashed", values: [0, 1] },
      y: { label: "Byzantine", values: [0] },
      cells: [
        { x: 0, y: 0, value: 1, text: "1.00" },
        { x: 1, y: 0, value: 0.25, text: "0.25" },
      ],
    };
    expect(svgOf(heat)).toContain("0.25");
  });
});

describe("line figures from tables", () => {
  it("make a series of each label value, and leave out what was not measured", () => {
    const table = {
      name: "t",
      columns: ["protocol", "n", "ms", "ms_low", "ms_high"],
      rows: [
        ["a", 4, 1, 0.5, 1.5],
        ["a", 7, null, null, null],
        ["b", 4, 2, 2, 2],
      ],
    };
    const x = { label: "n", column: "n" };
    const figure = lineFigure({ name: "f", title: "f", table, by: ["protocol"], x, y: { label: "ms", column: "ms" } });
    expect(figure.series).toEqual([
      { name: "a", points: [{ x: 4, y: 1, low: 0.5, high: 1.5 }] },
      { name: "b", points: [{ x: 4, y: 2, low: 2, high: 2 }] },
    ]);
  });
});
