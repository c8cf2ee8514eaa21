// `npm run faults`: injects faults of the catalogue into real daemons on this machine and says what the checkers found.
// Progress on stderr, one line a fault on stdout; exit 1 if any checker failed. A fault that cannot be injected on this
// machine is skipped and says why; it never counts as passed.

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { UsageError, fromUsersFolder, note, runCommand } from "@selvedge/node/testing";
import { CATALOGUE } from "./catalogue/all.ts";
import { soakFault } from "./catalogue/soak.ts";
import { type FaultArguments, USAGE, parseFaultArguments } from "./lib/arguments.ts";
import { type Fault } from "./lib/fault.ts";
import { Random } from "./lib/random.ts";
import { type FaultResult, markdownReport, tableLine } from "./lib/result.ts";
import { runFault } from "./lib/run-fault.ts";

const EXIT_FAILED = 1;

async function main(argv: readonly string[]): Promise<number> {
  if (argv.includes("--help") || argv.includes("-h")) {
    process.stdout.write(USAGE);
    return 0;
  }
  const options = parseFaultArguments(argv);
  const faults = chosen(options);
  if (options.isList) {
    for (const { id, title, how, expected } of faults)
      process.stdout.write(`${id.padEnd(9)} ${title}\n          by: ${how}\n          so that: ${expected}\n`);
    return 0;
  }
  const seed = options.seed ?? randomBytes(8).toString("hex");
  note(`seed ${seed}`);
  const { report } = options;
  const onResult = (results: readonly FaultResult[]): void => {
    if (report !== null) writeReport(report, results, { argv, seed });
  };
  const results = await runAll(faults, { ...options, seed, onResult });
  if (report !== null) note(`wrote ${fromUsersFolder(report)}`);
  const failed = results.filter(({ state }) => state === "failed").length;
  const skipped = results.filter(({ state }) => state === "skipped").length;
  note(`${results.length - failed - skipped} passed, ${failed} failed, ${skipped} skipped`);
  return failed === 0 ? 0 : EXIT_FAILED;
}

function chosen({ names, isSample, minutes, nodes }: FaultArguments): readonly Fault[] {
  if (names.includes("soak")) return [soakFault({ minutes, nodes })];
  if (names.length === 0) return isSample ? CATALOGUE.filter(({ isQuick }) => isQuick === true) : CATALOGUE;
  const unknown = names.find((name) => !CATALOGUE.some(({ id }) => matches(id, name)));
  if (unknown !== undefined) throw new UsageError(`there is no fault ${unknown}; --list says what there is`);
  return CATALOGUE.filter(({ id }) => names.some((name) => matches(id, name)));
}

function matches(id: string, name: string): boolean {
  return name.endsWith("*") ? id.startsWith(name.slice(0, -1)) : id === name;
}

interface RunOptions extends FaultArguments {
  readonly seed: string;
  /** After each, with all so far: a catalogue of hours that is cut short leaves a report of what it did. */
  readonly onResult: (results: readonly FaultResult[]) => void;
}

async function runAll(faults: readonly Fault[], options: RunOptions): Promise<FaultResult[]> {
  const root = mkdtempSync(join(tmpdir(), "selvedge-faults-"));
  const results: FaultResult[] = [];
  for (const fault of faults) {
    note(`${fault.id}: ${fault.title}`);
    const result = await runFault(fault, {
      folder: join(root, fault.id),
      random: new Random(`${options.seed}/${fault.id}`),
      isSample: options.isSample,
      count: (full, sample) => options.count ?? (options.isSample ? sample : full),
      note: (text) => note(`  ${fault.id}: ${text}`),
    });
    results.push(result);
    process.stdout.write(options.isJson ? `${JSON.stringify(result)}\n` : `${tableLine(result)}\n`);
    options.onResult(results);
    if (result.state !== "failed" && !options.isKeep) rmSync(join(root, fault.id), { recursive: true, force: true });
  }
  const isToKeep = options.isKeep || results.some(({ state }) => state === "failed");
  if (isToKeep) note(`folders of what failed: ${root}`);
  else rmSync(root, { recursive: true, force: true });
  return results;
}

function writeReport(
  file: string,
  results: readonly FaultResult[],
  { argv, seed }: { readonly argv: readonly string[]; readonly seed: string },
): void {
  const path = fromUsersFolder(file);
  mkdirSync(dirname(path), { recursive: true });
  const command = `npm run faults -- ${argv.join(" ")}`;
  writeFileSync(path, markdownReport(results, { command, seed, date: new Date().toISOString() }));
}

await runCommand(main, USAGE);
