// A bit-flip campaign over a stopped node's home: each trial flips one bit in one file of a copy, opens the copy as a
// start would, and tells what came of it. SILENT is what must never be: another state was believed and nothing was said.

import { copyFile, link, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { makeRunFolder } from "../config/run-folder.ts";
import type { KeyRange } from "../storage/leveldb/table.ts";
import { type HomeTelling, type Refusal, examineHome } from "./examine-home.ts";

export type FlipOutcome =
  /** The start ends with an exit code that names the file. */
  | "refused"
  /** Cut out and named; the node heals it from others before it signs. */
  | "mended"
  /** Another value is used, and the start says which. */
  | "said"
  /** The state after is the state before. */
  | "harmless"
  | "SILENT";

export interface BitFlipOptions {
  /** Of a node that does not run; it is not changed. */
  readonly home: string;
  readonly trials: number;
  readonly seed: number;
  /** Only these kinds of file; all if absent. */
  readonly kinds?: readonly string[];
  readonly onTrial?: (trial: FlipTrial) => void;
}

export interface FlipTrial {
  readonly kind: string;
  readonly file: string;
  readonly byte: number;
  readonly bit: number;
  readonly outcome: FlipOutcome;
  readonly detail: string;
}

export interface BitFlipReport {
  readonly trials: number;
  /** By kind of file, how often each outcome; exit codes of refusals by code. */
  readonly kinds: ReadonlyMap<string, Readonly<Record<FlipOutcome, number>>>;
  readonly exitCodes: ReadonlyMap<number, number>;
  readonly silent: readonly FlipTrial[];
}

interface HomeFile {
  readonly kind: string;
  readonly path: string;
  readonly sizeBytes: number;
}

const VERIFY_PROGRESS = "run/verify.json";
const CONFIG_SEEN: string = join("run", "config-seen.json");
/** Files that a running node rewrites as a whole or never: a copy may share their bytes. */
const IMMUTABLE = /\.(ldb|safetensors)$/u;
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/data\/chain\/\d+\.ldb$/u, "table"],
  [/data\/chain\/\d+\.log$/u, "write-ahead log"],
  [/data\/chain\/MANIFEST-/u, "MANIFEST"],
  [/data\/chain\/CURRENT$/u, "CURRENT"],
  [/data\/chain\/LOG/u, "LevelDB's notes"],
  [/data\/LOCK\//u, "lock folder"],
  [/data\/chain\.mark$/u, "batch mark"],
  [/data\/chain\.lost$/u, "lost records"],
  [/data\/FORMAT$/u, "FORMAT"],
  [/safety\/.*\.log$/u, "safety file"],
  [/config\.toml$/u, "config.toml"],
  [/network\.json$/u, "network.json"],
  [/genesis-weights\//u, "initial weights"],
  [/keys\//u, "key file"],
  [/secrets\//u, "password file"],
  [/run\/verify/u, "verify's progress"],
  [/run\/config-seen\.json$/u, "last configuration"],
  [/run\//u, "run file"],
];

export async function runBitFlips(options: BitFlipOptions): Promise<BitFlipReport> {
  const scratch = await mkdtemp(join(tmpdir(), "selvedge-flips-"));
  try {
    const original = join(scratch, "original");
    await copyHome(options.home, original);
    const before = await tellingOf(original, join(scratch, "before"));
    // What the first start notes is what later ones compare with.
    await makeRunFolder(original);
    await copyFile(join(scratch, "before", CONFIG_SEEN), join(original, CONFIG_SEEN));
    return await runTrials(options, { scratch, original, before });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

interface Ground {
  readonly scratch: string;
  readonly original: string;
  readonly before: HomeTelling;
}

async function tellingOf(original: string, copy: string): Promise<HomeTelling> {
  await copyHome(original, copy);
  const telling = await examineHome({ home: copy, opensKeys: true });
  if ("code" in telling) throw new Error(`the home does not open undamaged: ${telling.message}`);
  return telling;
}

async function runTrials(options: BitFlipOptions, ground: Ground): Promise<BitFlipReport> {
  const files = (await filesOf(ground.original)).filter(({ sizeBytes }) => sizeBytes > 0);
  const byKind = Map.groupBy(files, ({ kind }) => kind);
  const kinds = [...byKind.keys()]
    .filter((kind) => options.kinds?.includes(kind) ?? true)
    .toSorted((left, right) => (left < right ? -1 : 1));
  const random = randomNumbers(options.seed);
  const counts = new Map(kinds.map((kind) => [kind, noOutcomes()]));
  const exitCodes = new Map<number, number>();
  const silent: FlipTrial[] = [];
  for (let at = 0; at < options.trials; at += 1) {
    // Every kind as often as any other, and within it every bit.
    const kind = kinds[at % kinds.length] ?? "";
    const place = placeIn(byKind.get(kind) ?? [], random);
    const { trial, exitCode } = await runTrial({ ground, place, kind, copy: join(ground.scratch, `trial-${at}`) });
    const ofKind = counts.get(kind);
    if (ofKind !== undefined) ofKind[trial.outcome] += 1;
    if (exitCode !== undefined) exitCodes.set(exitCode, (exitCodes.get(exitCode) ?? 0) + 1);
    if (trial.outcome === "SILENT") silent.push(trial);
    options.onTrial?.(trial);
  }
  return { trials: options.trials, kinds: counts, exitCodes, silent };
}

function noOutcomes(): Record<FlipOutcome, number> {
  return { refused: 0, mended: 0, said: 0, harmless: 0, SILENT: 0 };
}

interface Place {
  readonly path: string;
  readonly byte: number;
  readonly bit: number;
}

function placeIn(files: readonly HomeFile[], random: () => number): Place {
  const total = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  let byte = Math.floor(random() * total);
  for (const { path, sizeBytes } of files) {
    if (byte < sizeBytes) return { path, byte, bit: Math.floor(random() * 8) };
    byte -= sizeBytes;
  }
  throw new Error("there is no byte to flip");
}

interface TrialSetup {
  readonly ground: Ground;
  readonly place: Place;
  readonly kind: string;
  readonly copy: string;
}

async function runTrial({ ground, place, kind, copy }: TrialSetup): Promise<{ trial: FlipTrial; exitCode?: number }> {
  await copyHome(ground.original, copy, place.path);
  const file = join(copy, place.path);
  const bytes = await readFile(file);
  bytes[place.byte] = (bytes[place.byte] ?? 0) ^ (1 << place.bit);
  await writeFile(file, bytes);
  const opensKeys = ["key file", "password file", "config.toml"].includes(kind);
  const after = await examineHome({ home: copy, opensKeys });
  await rm(copy, { recursive: true, force: true });
  const [outcome, detail] = judge(ground.before, after);
  const trial = { kind, file: place.path, byte: place.byte, bit: place.bit, outcome, detail };
  return "code" in after ? { trial, exitCode: after.exitCode } : { trial };
}

function judge(before: HomeTelling, after: HomeTelling | Refusal): readonly [FlipOutcome, string] {
  if ("code" in after) return ["refused", `${after.code} (exit ${after.exitCode}): ${after.message}`];
  const different = differences(before, after);
  const { mended, lostRanges, lostBatches } = after.report;
  if (different.length === 0) return mended.length > 0 ? ["mended", mended.join("; ")] : ["harmless", ""];
  // An older state, whole in itself: what is missing was named, and peers have it.
  if (lostBatches > 0) return ["mended", `${lostBatches} batches lost; ${mended.join("; ")}`];
  const unexplained = different.filter((fact) => !isExplained(fact, { lostRanges, after }));
  if (unexplained.length > 0) return ["SILENT", `another state was believed: ${unexplained.slice(0, 5).join(", ")}`];
  return mended.length > 0 ? ["mended", mended.join("; ")] : ["said", after.said.join("; ")];
}

function differences(before: HomeTelling, after: HomeTelling): string[] {
  const facts = new Set([...before.facts.keys(), ...after.facts.keys()]);
  // What was not looked at in this trial cannot differ.
  if (!after.facts.has("identity")) facts.delete("identity");
  // A progress file that does not hold is left aside: everything is checked from the start.
  if (!after.facts.has(VERIFY_PROGRESS)) facts.delete(VERIFY_PROGRESS);
  return [...facts].filter((fact) => before.facts.get(fact) !== after.facts.get(fact));
}

/** Missing records in a range that was named, or a configuration whose change was said. */
function isExplained(
  fact: string,
  { lostRanges, after }: { lostRanges: readonly KeyRange[]; after: HomeTelling },
): boolean {
  if (fact === "config") return after.said.some((line) => line.includes(" was "));
  if (after.facts.has(fact) || !fact.includes("/")) return false;
  const key = `${fact[0] ?? ""}${fact.slice(fact.indexOf("/"))}`;
  return lostRanges.some(({ from, to }) => from <= key && key <= to);
}

async function copyHome(from: string, to: string, changed?: string): Promise<void> {
  for (const { path } of await filesOf(from)) {
    const target = join(to, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    const isShared = IMMUTABLE.test(path) && path !== changed;
    await (isShared
      ? link(join(from, path), target).catch(() => copyFile(join(from, path), target))
      : copyFile(join(from, path), target));
  }
}

/** Every file of a home with at least one byte, by kind. */
async function filesOf(home: string): Promise<HomeFile[]> {
  const entries = await readdir(home, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(home, join(entry.parentPath, entry.name)));
  const files = await Promise.all(
    paths.map(async (path) => {
      const { size } = await stat(join(home, path));
      return { path, kind: kindOf(path.split(sep).join("/")), sizeBytes: size };
    }),
  );
  return files.toSorted((left, right) => (left.path < right.path ? -1 : 1));
}

function kindOf(path: string): string {
  return KINDS.find(([pattern]) => pattern.test(path))?.[1] ?? "other";
}

/** Small and seeded: a campaign is repeated by its seed. */
function randomNumbers(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
