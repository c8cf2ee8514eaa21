// A folder of results, one file a job, named by the job's hash. A file appears whole or not at all, so that a sweep may be
// killed at any moment; a file that was damaged later is noticed when it is read.

import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../make-folder.ts";
import { reasonOf } from "../scenario/input-file.ts";
import { SimRuntimeError } from "../scenario/sim-error.ts";
import type { JobOutcome } from "./job.ts";
import { decodeOutcome, encodeOutcome } from "./outcome-text.ts";

export type StoredOutcome =
  | { readonly type: "outcome"; readonly outcome: JobOutcome }
  | { readonly type: "missing" }
  | { readonly type: "damaged"; readonly damage: string };

const TEMPORARY_SUFFIX = ".tmp";

export class ResultStore {
  readonly folder: string;
  readonly #jobsFolder: string;
  #written = 0;

  /** Makes the folder if need be, and clears away what a killed sweep left half-written. */
  constructor(folder: string) {
    this.folder = folder;
    this.#jobsFolder = join(folder, "jobs");
    attempt(folder, () => {
      makeFolder(this.#jobsFolder);
      for (const name of readdirSync(this.#jobsFolder))
        if (isAbandoned(name)) rmSync(join(this.#jobsFolder, name), { force: true });
    });
  }

  read(id: string): StoredOutcome {
    const text = attempt(this.folder, () => readIfThere(this.#fileOf(id)));
    if (text === undefined) return { type: "missing" };
    const decoded = decodeOutcome(text, id);
    return "outcome" in decoded
      ? { type: "outcome", outcome: decoded.outcome }
      : { type: "damaged", damage: decoded.damage };
  }

  write(outcome: JobOutcome): void {
    this.#writeWhole(this.#fileOf(outcome.id), encodeOutcome(outcome));
  }

  /** Another file of the folder (the table), as atomically. */
  writeFile(name: string, text: string): void {
    this.#writeWhole(join(this.folder, name), text);
  }

  pathOf(id: string): string {
    return this.#fileOf(id);
  }

  #fileOf(id: string): string {
    return join(this.#jobsFolder, `${id}.json`);
  }

  #writeWhole(file: string, text: string): void {
    this.#written += 1;
    const temporary = join(this.#jobsFolder, `${process.pid}-${this.#written}${TEMPORARY_SUFFIX}`);
    attempt(this.folder, () => {
      writeFileSync(temporary, text, { flush: true });
      renameSync(temporary, file);
    });
  }
}

/** Left by a process that is no more; another sweep may be at work in the same folder. */
function isAbandoned(name: string): boolean {
  if (!name.endsWith(TEMPORARY_SUFFIX)) return false;
  try {
    process.kill(Number.parseInt(name, 10), 0);
    return Number.parseInt(name, 10) === process.pid;
  } catch {
    return true;
  }
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function attempt<Value>(folder: string, run: () => Value): Value {
  try {
    return run();
  } catch (cause) {
    throw new SimRuntimeError("SIM_OUTPUT_FAILED", `results cannot be kept in ${folder}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}
