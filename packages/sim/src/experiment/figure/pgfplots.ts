// Figures as pgfplots tables: one block of columns a series, separated by two empty lines, as `\addplot table[index=…]`
// and gnuplot's `index` read them.

import { cellText } from "../csv.ts";
import type { Figure } from "./figure.ts";

export function pgfplotsOf(figure: Figure): string {
  switch (figure.type) {
    case "lines":
      return blocks(
        figure.series.map(({ name, points }) => ({
          name,
          columns: ["x", "y", "low", "high"],
          rows: points.map(({ x, y, low, high }) => [x, y, low ?? y, high ?? y]),
        })),
      );
    case "bars":
      return blocks(
        figure.series.map(({ name, values }) => ({
          name,
          columns: ["category", "y"],
          rows: values.map((value, index) => [braced(figure.categories[index] ?? ""), value ?? Number.NaN]),
        })),
      );
    default:
      return blocks([
        {
          name: figure.title,
          columns: ["x", "y", "value"],
          rows: figure.cells.map(({ x, y, value }) => [x, y, value]),
        },
      ]);
  }
}

interface Block {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
}

function blocks(all: readonly Block[]): string {
  return all
    .map(({ name, columns, rows }) => {
      const lines = rows.map((row) => row.map((cell) => (Number.isNaN(cell) ? "nan" : cellText(cell))).join(" "));
      return [`# ${name}`, columns.join(" "), ...lines, ""].join("\n");
    })
    .join("\n\n");
}

/** Text with spaces is one cell. */
function braced(text: string): string {
  return `{${text}}`;
}
