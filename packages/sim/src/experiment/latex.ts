// Tables for papers: LaTeX with rules of booktabs, one row a point. A value and its interval share a cell, means are left to
// the CSV file. Only for tables that a page holds and that are about points, not single runs.

import { cellText } from "./csv.ts";
import type { Cell, Table } from "./table-form.ts";

const ROWS_MAX = 60;
/** What a reader of a paper compares. */
const DIGITS = 4;
/** A column that only tables of single runs have. */
const RUN_COLUMN = "trace_digest";
const ABSENT = "--";

interface Column {
  readonly name: string;
  readonly position: number;
  /** Positions of the interval's ends, if the table has them. */
  readonly ends: readonly [number, number] | null;
}

/** Undefined for a table that is not for a page. Needs `\usepackage{booktabs}`. */
export function latexOf(table: Table): string | undefined {
  if (table.rows.length > ROWS_MAX || table.columns.includes(RUN_COLUMN)) return undefined;
  const columns = columnsOf(table);
  const head = columns.map(({ name }) => escaped(name.replaceAll("_", " ")));
  return [
    `% ${table.name}: needs \\usepackage{booktabs}; in brackets 95 % intervals`,
    `\\begin{tabular}{${columns.map((column) => alignmentOf(column, table)).join("")}}`,
    "\\toprule",
    lineOf(head),
    "\\midrule",
    ...table.rows.map((row) => lineOf(columns.map((column) => cellOf(column, row)))),
    "\\bottomrule",
    "\\end{tabular}",
    "",
  ].join("\n");
}

function columnsOf({ columns }: Table): readonly Column[] {
  const at = new Map(columns.map((name, position) => [name, position]));
  return columns.flatMap((name, position) => {
    if (isPartOf(name, at)) return [];
    const [low, high] = [at.get(`${name}_low`), at.get(`${name}_high`)];
    return [{ name, position, ends: low === undefined || high === undefined ? null : ([low, high] as const) }];
  });
}

/** The mean or an end of the interval of another column. */
function isPartOf(name: string, columns: ReadonlyMap<string, number>): boolean {
  return ["_mean", "_low", "_high"].some((end) => name.endsWith(end) && columns.has(name.slice(0, -end.length)));
}

function alignmentOf({ position }: Column, { rows }: Table): "l" | "r" {
  return rows.some((row) => typeof row[position] === "string") ? "l" : "r";
}

function cellOf({ position, ends }: Column, row: readonly Cell[]): string {
  const value = textOf(row[position] ?? null);
  if (ends === null || value === ABSENT) return value;
  const [low, high] = ends.map((end) => textOf(row[end] ?? null));
  return low === high ? value : `${value} [${low ?? ABSENT}, ${high ?? ABSENT}]`;
}

function textOf(cell: Cell): string {
  if (cell === null) return ABSENT;
  return escaped(cellText(cell, DIGITS));
}

function lineOf(cells: readonly string[]): string {
  return `${cells.join(" & ")} \\\\`;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\textbackslash{}",
  "^": "\\textasciicircum{}",
  "~": "\\textasciitilde{}",
};

function escaped(text: string): string {
  return text.replaceAll(/[&%$#_{}\\^~]/gu, (character) => ESCAPES[character] ?? `\\${character}`);
}
