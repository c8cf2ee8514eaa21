// The safety file never forgets what was signed, and never pretends to know what it does not.

import { createHash } from "node:crypto";
import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Digest, digestFromHex, epoch, round } from "@selvedge/integrity";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { SafetyFile } from "../../src/storage/safety-file.ts";

const digest = digestFromHex<Digest>("ab".repeat(32));
const record = (at: number): { epoch: ReturnType<typeof epoch>; round: ReturnType<typeof round>; digest: Digest } => ({
  epoch: epoch(0),
  round: round(at),
  digest,
});

describe("safety file", () => {
  let folder: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "selvedge-safety-"));
    path = join(folder, "safety.log");
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it("remembers the last signature over a restart", async () => {
    const file = await SafetyFile.open(path, { create: true });
    await file.append(record(1));
    await file.append(record(2));
    await file.close();
    const again = await SafetyFile.open(path, { create: false });
    expect(again.last).toEqual(record(2));
    await again.append(record(3));
    await again.close();
  });

  it("refuses a second signature of a round", async () => {
    const file = await SafetyFile.open(path, { create: true });
    await file.append(record(5));
    await expect(file.append(record(5))).rejects.toMatchObject({ code: "STATE_DIVERGED" });
    await expect(file.append(record(4))).rejects.toMatchObject({ code: "STATE_DIVERGED" });
    await file.close();
  });

  it("that is missing is not made up", async () => {
    await expect(SafetyFile.open(path, { create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });

  it("drops a torn last line, which no signature followed", async () => {
    const file = await SafetyFile.open(path, { create: true });
    await file.append(record(1));
    await file.close();
    await appendFile(path, "0 2 abab");
    const again = await SafetyFile.open(path, { create: false });
    expect(again.last).toEqual(record(1));
    await again.append(record(2));
    await again.close();
    const last = await SafetyFile.open(path, { create: false });
    expect(last.last).toEqual(record(2));
    await last.close();
  });

  it("finds every flipped bit and every missing line", async () => {
    const file = await SafetyFile.open(path, { create: true });
    for (const at of [1, 2, 3]) await file.append(record(at));
    await file.close();
    const whole = await readFile(path);
    // The last newline too: without it, the last line must not pass for a torn one.
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(path, damaged);
      await expect(SafetyFile.open(path, { create: false }), `byte ${at}`).rejects.toMatchObject({
        code: "DATA_CORRUPT",
      });
    }
    const lines = whole.toString().split("\n");
    await writeFile(path, [lines[0], lines[2], ""].join("\n"));
    await expect(SafetyFile.open(path, { create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });

  it("cut before its last newline keeps the record, whose signature may have left", async () => {
    const file = await SafetyFile.open(path, { create: true });
    for (const at of [1, 2]) await file.append(record(at));
    await file.close();
    const whole = await readFile(path);
    await writeFile(path, whole.subarray(0, -1));
    const again = await SafetyFile.open(path, { create: false });
    expect(again.last).toEqual(record(2));
    await again.close();
    expect(await readFile(path)).toEqual(whole);
  });

  it("stays short and keeps its last record, its chain and its refusals", async () => {
    const options = { create: true, compactAboveBytes: 400 };
    const file = await SafetyFile.open(path, options);
    for (let at = 1; at <= 50; at += 1) await file.append(record(at));
    await expect(file.append(record(50))).rejects.toMatchObject({ code: "STATE_DIVERGED" });
    await file.close();
    const whole = await readFile(path);
    expect(whole.length).toBeLessThan(600);
    const again = await SafetyFile.open(path, { create: false, compactAboveBytes: 400 });
    expect(again.last).toEqual(record(50));
    await again.append(record(51));
    await again.close();
    for (let at = 0; at < whole.length; at += 1) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      await writeFile(path, damaged);
      await expect(SafetyFile.open(path, { create: false }), `byte ${at}`).rejects.toMatchObject({
        code: "DATA_CORRUPT",
      });
    }
    const [since = ""] = whole.toString().split("\n");
    await writeFile(path, `${since}\n`);
    await expect(SafetyFile.open(path, { create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });

  it("writes nothing after a write that failed", async () => {
    const file = await SafetyFile.open(path, { create: true });
    await file.append(record(1));
    await file.close();
    await expect(file.append(record(2))).rejects.toMatchObject({ code: "IO_FAILED" });
    await expect(file.append(record(3))).rejects.toMatchObject({ code: "IO_FAILED" });
    expect(file.last).toEqual(record(1));
  });

  it("is read whole, however long it has become", async () => {
    let text = "";
    let chain = "0".repeat(16);
    // Several pieces of a stream, cut within lines.
    for (let at = 1; at <= 1500; at += 1) {
      const fields = `0 ${at} ${digest}`;
      chain = createHash("sha256").update(`${chain} ${fields}`).digest("hex").slice(0, 16);
      text += `${fields} ${chain}\n`;
    }
    await writeFile(path, text);
    const again = await SafetyFile.open(path, { create: false });
    expect(again.last).toEqual(record(1500));
    await again.close();
    await writeFile(path, text.replace("\n0 700 ", "\n0 701 "));
    await expect(SafetyFile.open(path, { create: false })).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });
});
