// Compares two export files line by line, without reading either of them whole.

import { NodeError, isSystemError } from "../errors.ts";
import type { Comparison, Difference } from "./difference.ts";
import { linesOf } from "./export-file.ts";

interface Line {
  readonly at: number;
  readonly position: number;
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export async function diffExports(left: string, right: string): Promise<Comparison> {
  const readers = { left: new LineReader(left), right: new LineReader(right) };
  let lines = await firstInCommon(readers);
  let range: { readonly from: number; readonly to: number } | undefined;
  while (lines.left !== undefined && lines.right !== undefined) {
    const difference = differenceOf(lines.left, lines.right);
    const from = range?.from ?? lines.left.at;
    if (difference !== undefined) return { difference, from, to: range?.to ?? from, notes: [] };
    range = { from, to: lines.left.at };
    lines = { left: await readers.left.next(), right: await readers.right.next() };
  }
  return { difference: undefined, from: range?.from ?? 0, to: range?.to ?? 0, notes: notesOf(lines) };
}

interface LinePair {
  readonly left: Line | undefined;
  readonly right: Line | undefined;
}

/** One of them may begin later: what only the other has before it is no difference. */
async function firstInCommon(readers: { readonly left: LineReader; readonly right: LineReader }): Promise<LinePair> {
  let [left, right] = [await readers.left.next(), await readers.right.next()];
  while (left !== undefined && right !== undefined && compareLines(left, right) !== 0) {
    if (compareLines(left, right) < 0) left = await readers.left.next();
    else right = await readers.right.next();
  }
  return { left, right };
}

function compareLines(left: Line, right: Line): number {
  return left.at - right.at || left.position - right.position;
}

function notesOf({ left, right }: LinePair): readonly string[] {
  const notes: string[] = [];
  if (left !== undefined) notes.push(`the first goes on to ${left.at} and beyond`);
  if (right !== undefined) notes.push(`the second goes on to ${right.at} and beyond`);
  return notes;
}

class LineReader {
  readonly #path: string;
  readonly #lines: AsyncIterator<{ readonly text: string }, void>;

  constructor(path: string) {
    this.#path = path;
    this.#lines = linesOf(path)[Symbol.asyncIterator]();
  }

  async next(): Promise<Line | undefined> {
    const text = await this.#read();
    if (text === undefined) return undefined;
    const fields = fieldsOf(text);
    const { at, position = 0 } = fields;
    if (typeof at !== "number" || typeof position !== "number")
      throw new NodeError("FILE_MALFORMED", `${this.#path} is no export`);
    return { at, position, text, fields };
  }

  async #read(): Promise<string | undefined> {
    try {
      const next = await this.#lines.next();
      return next.done === true ? undefined : next.value.text;
    } catch (cause) {
      if (isSystemError(cause, "ENOENT")) throw new NodeError("USAGE", `there is no ${this.#path}`);
      throw new NodeError("IO_FAILED", `cannot read ${this.#path}`, { cause });
    }
  }
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return { ...value };
  } catch {
    // Named by the caller.
  }
  return {};
}

function differenceOf(left: Line, right: Line): Difference | undefined {
  const order = compareLines(left, right);
  if (order < 0) return { subject: nameOf(left), left: "there", right: "not there" };
  if (order > 0) return { subject: nameOf(right), left: "not there", right: "there" };
  if (left.text === right.text) return undefined;
  for (const [name, value] of Object.entries(left.fields)) {
    const other = right.fields[name];
    if (JSON.stringify(value) !== JSON.stringify(other))
      return { subject: `${name} of ${nameOf(left)}`, left: shortened(value), right: shortened(other) };
  }
  return { subject: nameOf(left), left: "fewer fields", right: "more fields" };
}

function nameOf({ at, position, fields }: Line): string {
  const { kind } = fields;
  if (kind === "model") return `version ${at}`;
  return kind === "blocks" ? `block ${position} of commit ${at}` : `commit ${at}`;
}

function shortened(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value) ?? "not there");
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
