// Reads a closed LevelDB database as LevelDB is about to, and names everything that does not hold: CURRENT, MANIFEST,
// tables, logs. Called before every open, because LevelDB itself serves damaged tables and skips damaged log records
// without a word. Changes nothing; mending is mend-database.ts.

import { type FileHandle, open, readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { NodeError, isSystemError } from "../../errors.ts";
import { MalformedFile, uint32At, uint64At } from "./bytes.ts";
import { type LogContent, readLogRecords } from "./log-records.ts";
import { type DatabaseVersion, type TableFile, readManifest } from "./manifest.ts";
import { type DataBlock, checkTable } from "./table.ts";

/** A batch in a log begins with its sequence number and the count of its records. */
const BATCH_HEADER_BYTES = 12;

export type DatabaseDamage =
  /** Nothing can be read without it: CURRENT, the manifest, a log that is gone. */
  | { readonly kind: "structure"; readonly file: string; readonly detail: string }
  /** A table of which nothing can be read: the records in its range are lost. */
  | { readonly kind: "table"; readonly file: string; readonly detail: string; readonly table: TableFile }
  /** One data block of a table: the records in its range are lost, the others are not. */
  | { readonly kind: "data"; readonly file: string; readonly block: DataBlock }
  /** Records of a log from `at` on are lost. */
  | { readonly kind: "log"; readonly file: string; readonly at: number };

export interface DatabaseCheck {
  readonly damages: readonly DatabaseDamage[];
  readonly checkedBytes: number;
  /** Tables of payload that were left to the scrub. */
  readonly skippedTables: number;
}

export interface CheckLimits {
  /** Tables that hold payload alone are read up to this many bytes; the scrub reads them all. */
  readonly payloadBytesMax: number;
}

export async function checkDatabase(folder: string, limits: CheckLimits): Promise<DatabaseCheck> {
  const found = await readVersion(folder);
  if (isDamage(found)) return { damages: [found], checkedBytes: 0, skippedTables: 0 };
  const tables = await checkTables(folder, found.tables, limits);
  const damages = [...tables.damages, ...(await checkLogs(folder, found))];
  return { ...tables, damages };
}

/** The version that CURRENT leads to, or the first damage on the way there. */
export async function readVersion(folder: string): Promise<DatabaseVersion | DatabaseDamage> {
  const currentFile = join(folder, "CURRENT");
  const current = (await readIfThere(currentFile))?.toString("latin1");
  if (current === undefined) return structureDamage(currentFile, "is missing");
  const name = /^(?<name>MANIFEST-\d{6,})\n$/u.exec(current)?.groups?.["name"];
  if (name === undefined) return structureDamage(currentFile, "does not name a manifest");
  const manifestFile = join(folder, name);
  const manifest = await readIfThere(manifestFile);
  if (manifest === undefined) return structureDamage(manifestFile, "is missing");
  const { records, damagedAt } = readLogRecords(manifest);
  if (damagedAt !== undefined) return structureDamage(manifestFile, `is damaged at byte ${damagedAt}`);
  if (records.length === 0) return structureDamage(manifestFile, "is empty");
  try {
    return readManifest(records);
  } catch (error) {
    if (error instanceof MalformedFile) return structureDamage(manifestFile, error.message);
    throw error;
  }
}

function isDamage(found: DatabaseVersion | DatabaseDamage): found is DatabaseDamage {
  return "kind" in found;
}

async function checkTables(
  folder: string,
  tables: readonly TableFile[],
  { payloadBytesMax }: CheckLimits,
): Promise<DatabaseCheck> {
  const damages: DatabaseDamage[] = [];
  let checkedBytes = 0;
  let payloadBytes = 0;
  let skippedTables = 0;
  for (const table of tables) {
    if (isPayloadOnly(table)) payloadBytes += table.sizeBytes;
    if (isPayloadOnly(table) && payloadBytes > payloadBytesMax) {
      skippedTables += 1;
      continue;
    }
    damages.push(...(await checkTableFile(folder, table)));
    checkedBytes += table.sizeBytes;
  }
  return { damages, checkedBytes, skippedTables };
}

function isPayloadOnly({ smallestKey, largestKey }: TableFile): boolean {
  return smallestKey >= "p/" && largestKey < "p0";
}

export async function checkTableFile(folder: string, table: TableFile): Promise<DatabaseDamage[]> {
  const file = join(folder, `${numbered(table.number)}.ldb`);
  const whole = (detail: string): DatabaseDamage => ({ kind: "table", file, detail, table });
  const bytes = await readIfThere(file);
  if (bytes === undefined) return [whole("is missing")];
  if (bytes.length !== table.sizeBytes) return [whole(`has ${bytes.length} bytes in place of ${table.sizeBytes}`)];
  return checkTable(bytes, table.smallestKey).map((damage) =>
    damage.kind === "data"
      ? { kind: "data", file, block: damage.block }
      : whole(`is damaged at byte ${damage.offset}: ${damage.detail}`),
  );
}

/** The logs whose content is not in the tables yet: each must be there, whole, and go on where the one before ended. */
async function checkLogs(folder: string, version: DatabaseVersion): Promise<DatabaseDamage[]> {
  const files = await liveLogs(folder, version);
  const first = numbered(version.logNumber);
  if (version.logNumber > 0 && !files.some(({ name }) => name === `${first}.log`))
    return [structureDamage(join(folder, `${first}.log`), "is missing")];
  let sequence: number | undefined;
  for (const [position, { path }] of files.entries()) {
    const log = readLogRecords(await readFile(path));
    const gap = firstGap(log, { sequence, lowestMax: version.lastSequence + 1 });
    const isCutInside = log.isCut && position < files.length - 1;
    const at = gap.at ?? log.damagedAt ?? (isCutInside ? log.wholeBytes : undefined);
    if (at !== undefined) return [{ kind: "log", file: path, at }];
    sequence = gap.next;
  }
  return [];
}

export async function liveLogs(
  folder: string,
  { logNumber, previousLogNumber }: DatabaseVersion,
): Promise<readonly { readonly name: string; readonly path: string }[]> {
  const names = (await readdir(folder)).filter((name) => /^\d+\.log$/u.test(name));
  return names
    .filter((name) => Number.parseInt(name, 10) >= logNumber || Number.parseInt(name, 10) === previousLogNumber)
    .toSorted((left, right) => Number.parseInt(left, 10) - Number.parseInt(right, 10))
    .map((name) => ({ name, path: join(folder, name) }));
}

interface SequenceStart {
  /** What the first batch must have; undefined in the first log. */
  readonly sequence: number | undefined;
  /** In the first log: nothing may be missing between the tables and it. */
  readonly lowestMax: number;
}

/** Batches are numbered by their records without a gap; where they are not, something was lost. */
function firstGap({ records }: LogContent, start: SequenceStart): { at?: number; next: number | undefined } {
  let next = start.sequence;
  for (const { payload, offset } of records) {
    if (payload.length < BATCH_HEADER_BYTES) return { at: offset, next };
    const sequence = uint64At(payload, 0);
    const isGap = next === undefined ? sequence > start.lowestMax : sequence !== next;
    if (isGap) return { at: offset, next };
    next = sequence + uint32At(payload, 8);
  }
  return { next };
}

/** One sentence: the file, the place, what is wrong with it. */
export function sentenceOf(damage: DatabaseDamage): string {
  if (damage.kind === "data")
    return `${damage.file} is damaged at byte ${damage.block.handle.offset}: a block of records does not match its checksum`;
  if (damage.kind === "log")
    return `${damage.file} is damaged at byte ${damage.at}: a record is missing or does not hold`;
  return `${damage.file} ${damage.detail}`;
}

function structureDamage(file: string, detail: string): DatabaseDamage {
  return { kind: "structure", file, detail };
}

function numbered(value: number): string {
  return String(value).padStart(6, "0");
}

async function readIfThere(path: string): Promise<Buffer | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await file.readFile();
  } catch (cause) {
    if (isSystemError(cause, "ENOENT") || isSystemError(cause, "ENOTDIR")) return undefined;
    throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  } finally {
    await file?.close();
  }
}
