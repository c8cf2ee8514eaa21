// `export` and `diff`: what a stopped node holds as lines of JSON, and where two nodes or two such files part.

import { stat } from "node:fs/promises";
import { fromUserFolder } from "../../config/home.ts";
import { EXIT, NodeError, isSystemError } from "../../errors.ts";
import { diffExports } from "../../export/diff-exports.ts";
import { diffHomes } from "../../export/diff-homes.ts";
import type { Comparison } from "../../export/difference.ts";
import { type ExportPlace, type ExportResult, placeOf, writeExport } from "../../export/export-file.ts";
import { EXPORT_KINDS, type ExportKind, type ExportLine, exportLines, rangeOf } from "../../export/export-lines.ts";
import { type VerifiedHome, openVerifiedHome } from "../../verify/verified-home.ts";
import { homeOf } from "../context.ts";
import { type Output, jsonLine, table } from "../output.ts";
import { stopRequested } from "../stop-signal.ts";

export interface ExportOptions {
  readonly argument: string;
  readonly home?: string;
  readonly out?: string;
  readonly from?: number;
  readonly to?: number;
  readonly format: string;
  readonly model?: string;
  readonly resume?: boolean;
}

export async function runExport(options: ExportOptions, output: Output): Promise<number> {
  const kind = kindOf(options);
  const stop = new AbortController();
  void stopRequested().then(() => stop.abort());
  const home = await openVerifiedHome(homeOf(options));
  try {
    const range = await rangeOf(home, kind, { from: options.from ?? 0, to: options.to ?? Number.MAX_SAFE_INTEGER });
    if (options.out === undefined) {
      const lines = exportLines(home, { kind, model: options.model }, range);
      return await exportToStdout(lines, output, stop.signal);
    }
    return await exportToFile(home, { ...options, kind, range, signal: stop.signal }, output);
  } finally {
    await home.close();
  }
}

async function exportToStdout(lines: AsyncIterable<ExportLine>, output: Output, signal: AbortSignal): Promise<number> {
  for await (const line of lines) {
    await output.data(jsonLine(line));
    if (signal.aborted) return EXIT.temporary;
  }
  return EXIT.ok;
}

async function exportToFile(
  home: VerifiedHome,
  options: ExportOptions & {
    readonly kind: ExportKind;
    readonly range: { readonly from: number; readonly to: number };
    readonly signal: AbortSignal;
  },
  output: Output,
): Promise<number> {
  const { kind, model, range, signal } = options;
  const path = fromUserFolder(options.out ?? "", process.env);
  const place = await placeOf(path, kind);
  if (place !== undefined && options.resume !== true)
    throw new NodeError("HOME_EXISTS", `${path} exists; give --resume to go on with it`);
  const from = place?.lastAt === undefined ? range.from : place.lastAt + 1;
  const lines = exportLines(home, { kind, model }, { from, to: range.to });
  const result = await writeExport(path, lines, { keepBytes: place?.keepBytes ?? 0, signal });
  if (signal.aborted) throw new NodeError("OUTCOME_UNKNOWN", `interrupted; go on with --resume`);
  output.note(`${path}: ${resultText(result, place, kind)}`);
  return EXIT.ok;
}

function resultText(result: ExportResult, place: ExportPlace | undefined, kind: ExportKind): string {
  const upTo = result.lastAt ?? place?.lastAt;
  const before = place === undefined ? "" : `, after ${place.lastAt ?? "nothing"} that was there`;
  const end = upTo === undefined ? "" : `, up to ${kind === "model" ? "version" : "commit"} ${upTo}`;
  return `${result.lines} lines written${before}${end}`;
}

function kindOf({ argument, format, model }: ExportOptions): ExportKind {
  const kind = EXPORT_KINDS.find((known) => known === argument);
  if (kind === undefined) throw new NodeError("USAGE", `what to export is one of ${EXPORT_KINDS.join(", ")}`);
  if (format !== "jsonl") throw new NodeError("USAGE", `--format is jsonl, not ${format}`);
  if (kind === "model" && model === undefined) throw new NodeError("USAGE", "give --model");
  return kind;
}

export interface DiffOptions {
  readonly arguments: readonly string[];
  readonly json?: boolean;
}

/** 0: the same as far as both go; 65: they differ. */
export async function runDiff(options: DiffOptions, output: Output): Promise<number> {
  const [left = "", right = ""] = options.arguments.map((path) => fromUserFolder(path, process.env));
  const [isLeftFolder, isRightFolder] = [await isFolder(left), await isFolder(right)];
  if (isLeftFolder !== isRightFolder) throw new NodeError("USAGE", "give two homes, or two exports");
  const comparison = isLeftFolder ? await diffHomes(left, right) : await diffExports(left, right);
  await output.data(
    options.json === true ? jsonLine({ same: comparison.difference === undefined, ...comparison }) : textOf(comparison),
  );
  return comparison.difference === undefined ? EXIT.ok : EXIT.corrupt;
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) throw new NodeError("USAGE", `there is no ${path}`);
    throw new NodeError("IO_FAILED", `cannot look at ${path}`, { cause });
  }
}

function textOf({ difference, from, to, notes }: Comparison): string {
  const noted = notes.map((note) => ["note", note]);
  const compared = ["compared", to < from || to === 0 ? "nothing: they have nothing in common" : `${from} to ${to}`];
  if (difference === undefined) return table([["same", "as far as both go"], compared, ...noted]);
  return table([
    ["differ", difference.subject],
    ["first", difference.left],
    ["second", difference.right],
    compared,
    ...noted,
  ]);
}
