// Tables as CSV after RFC 4180: CRLF, a header, quotes where they are needed. Numbers are written with nine significant
// digits, so that the text does not depend on the last bit of a division.

import type { Cell, Table } from "./table-form.ts";

const DIGITS = 9;

export function csvOf({ columns, rows }: Table): string {
  return [columns, ...rows].map((row) => `${row.map((cell) => quoted(cellText(cell))).join(",")}\r\n`).join("");
}

export function cellText(cell: Cell, digits: number = DIGITS): string {
  if (cell === null) return "";
  if (typeof cell === "string") return cell;
  return Number.isSafeInteger(cell) ? String(cell) : String(Number(cell.toPrecision(digits)));
}

function quoted(text: string): string {
  return /[",\r\n]/u.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
