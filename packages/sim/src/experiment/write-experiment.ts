// Writes what an experiment gave: a CSV file a table, in LaTeX too if it is one for a page, an SVG and a pgfplots file a
// figure, and the manifest.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeFolder } from "../make-folder.ts";
import { SimRuntimeError } from "../scenario/sim-error.ts";
import { csvOf } from "./csv.ts";
import type { Experiment, ExperimentSize } from "./experiment.ts";
import { pgfplotsOf } from "./figure/pgfplots.ts";
import { svgOf } from "./figure/svg.ts";
import { latexOf } from "./latex.ts";
import { type ExperimentManifest, createManifest, sha256Of } from "./manifest.ts";
import type { ExperimentOutcome } from "./run-experiment.ts";

const MANIFEST_NAME = "manifest.json";

export interface WrittenExperiment {
  /** Names within the folder, in the order written. */
  readonly files: readonly string[];
  readonly manifest: ExperimentManifest;
}

/** The files of an experiment before anything is written: what does not match a manifest must not take its place. */
export interface ExperimentFiles {
  readonly files: readonly { readonly name: string; readonly text: string }[];
  readonly manifest: ExperimentManifest;
}

export function experimentFiles(
  { experiment, size }: { readonly experiment: Experiment; readonly size: ExperimentSize },
  { points, tables, figures }: ExperimentOutcome,
): ExperimentFiles {
  const csv = tables.map((table) => ({ name: `${table.name}.csv`, text: csvOf(table) }));
  const digests = Object.fromEntries(csv.map(({ name, text }) => [name, sha256Of(text)]));
  const manifest = createManifest({ experiment: experiment.name, size, points, tables: digests });
  const files = [
    ...csv,
    ...tables.flatMap((table) => {
      const text = latexOf(table);
      return text === undefined ? [] : [{ name: `${table.name}.tex`, text }];
    }),
    ...figures.flatMap((figure) => [
      { name: `${figure.name}.svg`, text: svgOf(figure) },
      { name: `${figure.name}.dat`, text: pgfplotsOf(figure) },
    ]),
    { name: MANIFEST_NAME, text: `${JSON.stringify(manifest, null, 1)}\n` },
  ];
  return { files, manifest };
}

/** Throws SIM_OUTPUT_FAILED. */
export function writeExperiment(
  folder: string,
  what: { readonly experiment: Experiment; readonly size: ExperimentSize },
  outcome: ExperimentOutcome,
): WrittenExperiment {
  return writeExperimentFiles(folder, experimentFiles(what, outcome));
}

/** Throws SIM_OUTPUT_FAILED. */
export function writeExperimentFiles(folder: string, { files, manifest }: ExperimentFiles): WrittenExperiment {
  try {
    makeFolder(folder);
    for (const { name, text } of files) writeFileSync(join(folder, name), text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new SimRuntimeError("SIM_OUTPUT_FAILED", `${folder} cannot be written: ${reason}`, { cause });
  }
  return { files: files.map(({ name }) => name), manifest };
}

/** Tables whose bytes are not those that the earlier manifest tells of. */
export function changedTables(earlier: ExperimentManifest, now: ExperimentManifest): readonly string[] {
  const names = new Set([...Object.keys(earlier.tables), ...Object.keys(now.tables)]);
  return [...names]
    .filter((name) => earlier.tables[name] !== now.tables[name])
    .sort((left, right) => (left < right ? -1 : 1));
}
