// Mends a closed database so that everything in it that still holds can be read and nothing else: damaged data blocks are
// cut out of their tables, a log is cut where it stops holding, as if the machine had stopped there. The damaged files
// are kept aside. What records were lost is told; getting them again is heal/. A database whose damage touches what
// nobody else has (this node's own promises) is not mended.

import { copyFile, mkdir, readFile, readdir, rename, unlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { NodeError } from "../../errors.ts";
import { syncFolder, writeFileAtomically } from "../files.ts";
import { type DatabaseDamage, liveLogs, readVersion, sentenceOf } from "./check-database.ts";
import { type KeyRange, cutOut, emptyTable } from "./table.ts";

/** Space "meta" holds what nobody else can give back: the state of consensus, equivocators, this node's newest block. */
const META: KeyRange = { from: "m/", to: "m0" };
/**
 * Except for acks, without which a node that knows of it goes on and acks nothing more (docs/protocol.md §11), and for
 * states and snapshots, which are made again.
 */
const REPLACEABLE: readonly string[] = [
  "m/ack/",
  "m/ack-due/",
  "m/unseen/",
  "m/consensus-state/",
  "m/ledger-snapshot",
  "m/served-snapshot/",
  "m/snapshot-shelf/",
];

const EPOCH = /^m\/e[0-9a-f]{14}\//u;

export interface MendOptions {
  readonly folder: string;
  /** Where damaged files are kept. */
  readonly asideFolder: string;
  readonly damages: readonly DatabaseDamage[];
}

/** Ranges whose records are gone once `mend` ran. DATA_CORRUPT that names every damage if it may not run. */
export function lostBy(damages: readonly DatabaseDamage[]): readonly KeyRange[] {
  const ranges = damages.map(rangeOf);
  const isMendable = ranges.every((range) => range !== undefined && !isIrreplaceable(range));
  if (!isMendable) {
    throw new NodeError("DATA_CORRUPT", `the database cannot be mended: ${damages.map(sentenceOf).join("; ")}`);
  }
  return ranges.flatMap((range) => (range === undefined || range === EVERY_LATER_RECORD ? [] : [range]));
}

function isIrreplaceable(range: KeyRange): boolean {
  if (!isOverlap(range, META)) return false;
  // Later epochs have their number in front.
  const [epoch = "m/"] = EPOCH.exec(range.from) ?? [];
  return !REPLACEABLE.some((prefix) => {
    const inEpoch = prefix.replace("m/", epoch);
    return range.from.startsWith(inEpoch) && range.to.startsWith(inEpoch);
  });
}

/** A cut log leaves an older state that is whole in itself: no range of it is missing. */
const EVERY_LATER_RECORD: KeyRange = { from: "", to: "" };

function rangeOf(damage: DatabaseDamage): KeyRange | undefined {
  if (damage.kind === "structure") return undefined;
  if (damage.kind === "log") return EVERY_LATER_RECORD;
  if (damage.kind === "data") return damage.block.range;
  const { smallestKey, largestKey } = damage.table;
  return { from: smallestKey, to: largestKey };
}

export function isOverlap(left: KeyRange, right: KeyRange): boolean {
  return left.from <= right.to && right.from <= left.to;
}

export async function mend({ folder, asideFolder, damages }: MendOptions): Promise<void> {
  for (const file of new Set(damages.map((damage) => damage.file))) {
    const here = damages.filter((damage) => damage.file === file);
    const log = here.find((damage) => damage.kind === "log");
    await (log === undefined ? mendTable(file, here, asideFolder) : cutLog({ folder, file, at: log.at, asideFolder }));
  }
  await syncFolder(folder);
}

async function mendTable(file: string, damages: readonly DatabaseDamage[], asideFolder: string): Promise<void> {
  const whole = damages.find((damage) => damage.kind === "table");
  if (whole !== undefined) {
    const empty = emptyTable(whole.table.sizeBytes, whole.table.largest);
    if (empty === undefined) throw new NodeError("DATA_CORRUPT", sentenceOf(whole));
    await keepAside(file, asideFolder);
    await writeFileAtomically(file, empty, 0o600);
    return;
  }
  const table = new Uint8Array(await readFile(file));
  for (const damage of damages) {
    if (damage.kind === "data" && !cutOut(table, damage.block)) throw new NodeError("DATA_CORRUPT", sentenceOf(damage));
  }
  await keepAside(file, asideFolder);
  await writeFileAtomically(file, table, 0o600);
}

/** Later logs go too: what they hold follows on what was lost. */
async function cutLog(cut: {
  readonly folder: string;
  readonly file: string;
  readonly at: number;
  readonly asideFolder: string;
}): Promise<void> {
  const version = await readVersion(cut.folder);
  if ("kind" in version) throw new NodeError("DATA_CORRUPT", sentenceOf(version));
  const logs = (await liveLogs(cut.folder, version)).map(({ path }) => path);
  const later = logs.slice(logs.indexOf(cut.file) + 1).toReversed();
  for (const path of later) {
    await keepAside(path, cut.asideFolder);
    await unlink(path);
  }
  const log = await readFile(cut.file);
  await keepAside(cut.file, cut.asideFolder);
  await writeFileAtomically(cut.file, log.subarray(0, cut.at), 0o600);
}

export async function keepAside(file: string, asideFolder: string): Promise<void> {
  await mkdir(asideFolder, { recursive: true, mode: 0o700 });
  const target = join(asideFolder, basename(file));
  // The first copy is the one before anything was mended in it.
  if ((await readdir(asideFolder)).includes(basename(file))) return;
  try {
    await copyFile(file, `${target}.new`);
  } catch (cause) {
    // A table that is missing altogether leaves nothing to keep.
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return;
    throw new NodeError("IO_FAILED", `cannot keep a copy of ${file}`, { cause });
  }
  await rename(`${target}.new`, target);
}
