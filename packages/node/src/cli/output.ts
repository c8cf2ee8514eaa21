// What commands print: data on stdout, everything else on stderr, colour only for people at a terminal.

import type { Writable } from "node:stream";

export interface Output {
  /** Data: what a script reads. Resolves once handed to the system, so that leaving at once loses nothing. */
  readonly data: (text: string) => Promise<void>;
  /** One line for people, on stderr. */
  readonly note: (line: string) => void;
  readonly isTerminal: boolean;
  readonly hasColour: boolean;
}

export function processOutput(): Output {
  // A reader that has seen enough (`| head`) is no failure.
  process.stdout.on("error", leaveOnBrokenPipe);
  const isTerminal = process.stdout.isTTY;
  const noColour = process.env["NO_COLOR"];
  return {
    data: (text) => written(process.stdout, text),
    note: (line) => void process.stderr.write(`${line}\n`),
    isTerminal,
    hasColour: isTerminal && (noColour === undefined || noColour === ""),
  };
}

export function jsonLine(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

/** Left-aligned columns, two spaces apart. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows)
    for (const [column, cell] of row.entries()) widths[column] = Math.max(widths[column] ?? 0, cell.length);
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

/** Text of others (a peer, a file) without control characters, which could drive a terminal. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

function written(stream: Writable, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error instanceof Error ? reject(error) : resolve()));
  });
}

function leaveOnBrokenPipe(error: Error): void {
  if ("code" in error && error.code === "EPIPE") process.exit(0);
}
