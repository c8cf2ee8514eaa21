// What the demonstration shows while it runs: one line for each version, and on a terminal a line below them that is
// drawn anew until the version closes. With --quiet nothing but the summary.

import { type Output, printable } from "../cli/output.ts";
import { percent } from "./outcome.ts";

export interface VersionRow {
  readonly version: number;
  readonly accuracy: number;
  readonly certifiedCount: number;
  readonly refusedByReason: Readonly<Record<string, number>>;
  readonly commitP50Ms: number | null;
  readonly receiptP50Ms: number | null;
  readonly validatorsUp: number;
}

const COLUMNS = ["version", "accuracy", "accepted", "refused", "commit p50", "receipt p50", "validators up"];
const WIDTHS = COLUMNS.map((title) => title.length + 2);

export class Screen {
  readonly #output: Output;
  readonly #isQuiet: boolean;
  #hasStatus = false;

  constructor(output: Output, isQuiet: boolean) {
    this.#output = output;
    this.#isQuiet = isQuiet;
  }

  /** A line that stays. */
  async line(text: string): Promise<void> {
    if (this.#isQuiet) return;
    await this.#output.data(`${this.#erased()}${text}\n`);
  }

  async tableHead(): Promise<void> {
    await this.line(cells(COLUMNS));
  }

  async row(row: VersionRow): Promise<void> {
    const refusals = Object.entries(row.refusedByReason);
    const refused = refusals.reduce((sum, [, count]) => sum + count, 0);
    const reasons = refusals.map(([code, count]) => `${code} ${count}`).join(", ");
    const line = cells([
      String(row.version),
      percent(row.accuracy),
      String(row.certifiedCount),
      String(refused),
      milliseconds(row.commitP50Ms),
      milliseconds(row.receiptP50Ms),
      String(row.validatorsUp),
    ]);
    await this.line(printable(reasons === "" ? line : `${line}  refused: ${reasons}`));
  }

  /** Drawn over the status before; only where that can be done. */
  async status(text: string): Promise<void> {
    if (this.#isQuiet || !this.#output.isTerminal) return;
    const erased = this.#erased();
    this.#hasStatus = true;
    await this.#output.data(`${erased}${text}`);
  }

  /** Also in quiet runs. */
  async summary(lines: readonly string[]): Promise<void> {
    await this.#output.data(`${this.#erased()}${lines.join("\n")}\n`);
  }

  #erased(): string {
    if (!this.#hasStatus) return "";
    this.#hasStatus = false;
    return "\r\u001b[2K";
  }
}

function cells(texts: readonly string[]): string {
  return texts.map((text, column) => text.padStart(WIDTHS[column] ?? 0)).join("");
}

function milliseconds(value: number | null): string {
  return value === null ? "–" : `${Math.round(value)} ms`;
}
