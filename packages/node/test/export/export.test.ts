// Exports of a real home: whole, resumable at any byte, and compared line by line.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diffExports } from "../../src/export/diff-exports.ts";
import { placeOf, writeExport } from "../../src/export/export-file.ts";
import {
  EXPORT_KINDS,
  type ExportKind,
  type ExportRange,
  exportLines,
  rangeOf,
} from "../../src/export/export-lines.ts";
import { pruneHome } from "../../src/prune/prune-home.ts";
import { type VerifiedHome, openVerifiedHome } from "../../src/verify/verified-home.ts";
import { FIXTURE_KEEP_MIN, HomeFixture } from "../home-fixture.ts";

const NEVER = new AbortController().signal;
const ALL = { from: 0, to: Number.MAX_SAFE_INTEGER };

let fixture: HomeFixture;
let folder = "";
let home: VerifiedHome;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-export-"));
  fixture = await HomeFixture.create();
  await fixture.start({ keepCommits: null, snapshotSpacing: 10 });
  await fixture.train();
  await fixture.grow(60);
  await fixture.stop();
  home = await openVerifiedHome(fixture.paths.root);
}, 60_000);

afterAll(async () => {
  await home.close();
  await fixture.remove();
  await rm(folder, { recursive: true, force: true });
});

async function write(path: string, kind: ExportKind, wanted: ExportRange = ALL): Promise<void> {
  const range = await rangeOf(home, kind, wanted);
  const place = await placeOf(path, kind);
  const from = place?.lastAt === undefined ? range.from : place.lastAt + 1;
  const lines = exportLines(home, { kind, model: "tiny" }, { from, to: range.to });
  await writeExport(path, lines, { keepBytes: place?.keepBytes ?? 0, signal: NEVER });
}

describe("export", () => {
  test.each(EXPORT_KINDS)("of %s, cut off at any byte, goes on to the same bytes", async (kind) => {
    const whole = join(folder, `${kind}.jsonl`);
    await write(whole, kind, { from: 0, to: 12 });
    const wanted = await readFile(whole);
    expect(wanted.length).toBeGreaterThan(100);
    const step = Math.max(1, Math.floor(wanted.length / 41));
    for (let length = 0; length < wanted.length; length += step) {
      const torn = join(folder, "torn.jsonl");
      await writeFile(torn, wanted.subarray(0, length));
      await write(torn, kind, { from: 0, to: 12 });
      expect(await readFile(torn)).toEqual(wanted);
    }
  });

  test("gives the commits of the range and no others", async () => {
    const path = join(folder, "range.jsonl");
    await write(path, "commits", { from: 5, to: 9 });
    const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
    expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([5, 6, 7, 8, 9].map((at) => ({ at })));
  });

  test("refuses to go on with an export of another kind", async () => {
    const path = join(folder, "kind.jsonl");
    await write(path, "state", { from: 1, to: 2 });
    await expect(placeOf(path, "commits")).rejects.toMatchObject({ code: "FILE_MALFORMED" });
  });
});

describe("diff of two exports", () => {
  test("names the first line and field that differ, and what only one of them has", async () => {
    const [left, right] = [join(folder, "left.jsonl"), join(folder, "right.jsonl")];
    await write(left, "commits", { from: 1, to: 9 });
    await write(right, "commits", { from: 3, to: 7 });
    const same = await diffExports(left, right);
    expect(same).toMatchObject({ difference: undefined, from: 3, to: 7 });
    expect(same.notes).toHaveLength(1);
    const text = await readFile(right, "utf8");
    const lines = text.split("\n");
    await writeFile(
      right,
      [...lines.slice(0, 2), lines[2]?.replace(/"timestampMs":\d+/u, '"timestampMs":1'), ...lines.slice(3)].join("\n"),
    );
    expect((await diffExports(left, right)).difference).toMatchObject({
      subject: "timestampMs of commit 5",
      right: "1",
    });
    await writeFile(right, [...lines.slice(0, 2), ...lines.slice(3)].join("\n"));
    expect((await diffExports(left, right)).difference).toMatchObject({ subject: "commit 5", right: "not there" });
  });
});

test.each(EXPORT_KINDS)("an empty range of %s is a mistake", async (kind) => {
  await expect(rangeOf(home, kind, { from: 10, to: 9 })).rejects.toMatchObject({ code: "USAGE" });
  expect(await rangeOf(home, kind, { from: 9, to: 9 })).toEqual({ from: 9, to: 9 });
});

describe("a pruned home", () => {
  test("says from which commit on it can be exported", async () => {
    await home.close();
    await pruneHome({ home: fixture.paths.root, keepCommits: FIXTURE_KEEP_MIN, isDryRun: false, signal: NEVER });
    home = await openVerifiedHome(fixture.paths.root);
    await expect(rangeOf(home, "commits", { from: 1, to: 9 })).rejects.toMatchObject({ code: "USAGE" });
    const path = join(folder, "pruned.jsonl");
    await write(path, "blocks");
    expect((await readFile(path)).length).toBeGreaterThan(0);
  });
});
