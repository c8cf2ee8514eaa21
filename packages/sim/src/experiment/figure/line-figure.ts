// The most common figure: rows of an aggregated table as lines, one series for each combination of some labels.

import type { Table } from "../table-form.ts";
import { numberIn, recordsOf } from "../table.ts";
import type { FigureAxis, FigurePoint, FigureSeries, LineFigure } from "./figure.ts";

export interface LineFigureDraft {
  readonly name: string;
  readonly title: string;
  readonly table: Table;
  /** Label columns whose values name a series. */
  readonly by: readonly string[];
  readonly x: FigureAxis & { readonly column: string };
  /** With `COLUMN_low` and `COLUMN_high`, if the table has them, as interval. */
  readonly y: FigureAxis & { readonly column: string };
  /** Rows to leave out. */
  readonly where?: (record: Readonly<Record<string, string | number | null>>) => boolean;
}

export function lineFigure({ name, title, table, by, x, y, where = () => true }: LineFigureDraft): LineFigure {
  const series = new Map<string, FigurePoint[]>();
  for (const record of recordsOf(table).filter(where)) {
    const key = by.map((label) => seriesName(label, record[label] ?? "")).join(", ");
    const points = series.get(key) ?? [];
    series.set(key, points);
    const at = { x: numberIn(record, x.column), y: numberIn(record, y.column) };
    if (at.x === null || at.y === null) continue;
    const low = numberIn(record, `${y.column}_low`);
    const high = numberIn(record, `${y.column}_high`);
    points.push({ x: at.x, y: at.y, ...(low === null || high === null ? {} : { low, high }) });
  }
  const drawn: FigureSeries[] = [...series].map(([key, points]) => ({ name: key, points }));
  const { column: _x, ...xAxis } = x;
  const { column: _y, ...yAxis } = y;
  return { type: "lines", name, title, x: xAxis, y: yAxis, series: drawn };
}

function seriesName(label: string, value: string | number): string {
  return typeof value === "string" ? value : `${label} ${value}`;
}
