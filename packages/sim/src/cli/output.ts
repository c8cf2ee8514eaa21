// What commands print: data on stdout, everything else on stderr, colour only for people at a terminal.

import type { Writable } from "node:stream";

export interface Output {
  /** Data: what a script reads. Resolves once handed to the system, so that leaving at once loses nothing. */
  readonly data: (text: string) => Promise<void>;
  /** One line for people, on stderr. */
  readonly note: (line: string) => void;
  /** A line on stderr that the next one replaces; nothing where nobody watches. */
  readonly status: (line: string) => void;
  readonly hasColour: boolean;
}

const CLEAR_LINE = "\r\u001b[K";

export function processOutput(): Output {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", ignoreBrokenPipe);
  const isWatched = process.stderr.isTTY;
  const noColour = process.env["NO_COLOR"];
  let isStatusShown = false;
  const clear = (): string => {
    const text = isStatusShown ? CLEAR_LINE : "";
    isStatusShown = false;
    return text;
  };
  return {
    data: (text) => {
      process.stderr.write(clear());
      return written(process.stdout, text);
    },
    // Messages of errors, jobs and peers hold texts of others.
    note: (line) => void process.stderr.write(`${clear()}${printable(line)}\n`),
    status: (line) => {
      if (!isWatched) return;
      process.stderr.write(`${clear()}${line}`);
      isStatusShown = line !== "";
    },
    hasColour: process.stdout.isTTY && (noColour === undefined || noColour === ""),
  };
}

/** JSON itself escapes the control characters below the space only. */
export function jsonLine(value: unknown): string {
  const escaped = (control: string): string => `\\u00${control.charCodeAt(0).toString(16)}`;
  return `${JSON.stringify(value).replaceAll(/[\u007f-\u009f]/gu, escaped)}\n`;
}

/** Left-aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const lineOf = (row: readonly string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${lineOf(row)}\n`).join("");
}

/** Text of others (a file, a peer) without control characters, which could drive a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/(?!\n)\p{Cc}/gu, "?");
}

/** The same for a text within a line: a newline in it could forge the next one. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

/** A reader that has seen enough (`| head`) changes nothing: the exit code still tells the verdict. */
function ignoreBrokenPipe(error: Error): void {
  if (!isBrokenPipe(error)) throw error;
}

function isBrokenPipe(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED");
}

function written(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error instanceof Error && !isBrokenPipe(error) ? reject(error) : resolve()));
  });
}
