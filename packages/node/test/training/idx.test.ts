// The parsers on bytes made here, whole and damaged; the loader on a temporary folder, and on real MNIST where it is at hand.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { IMAGE_PIXELS } from "../../src/training/data-set.ts";
import { IdxError, loadHalf, loadMnist, parseIdxImages, parseIdxLabels, readIdxFile } from "../../src/training/idx.ts";

const mnistFolder = join(
  process.env["SELVEDGE_DATA"] ?? join(import.meta.dirname, "../../../../../shared/data"),
  "mnist",
);

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  for (const [position, value] of values.entries()) new DataView(bytes.buffer).setUint32(position * 4, value);
  return bytes;
}

function imagesFile(count: number, header: Uint8Array = words(0x803, count, 28, 28)): Uint8Array {
  return Buffer.concat([header, new Uint8Array(count * IMAGE_PIXELS).fill(7)]);
}

function labelsFile(...labels: readonly number[]): Uint8Array {
  return Buffer.concat([words(0x801, labels.length), Uint8Array.from(labels)]);
}

function errorOf(act: () => unknown): unknown {
  try {
    act();
    return null;
  } catch (error) {
    if (!(error instanceof IdxError)) throw error;
    return error.code;
  }
}

describe("parsers", () => {
  test("a whole file gives its body", () => {
    expect(parseIdxImages(imagesFile(2))).toEqual({ ok: true, value: Buffer.alloc(2 * IMAGE_PIXELS, 7) });
    expect(parseIdxLabels(labelsFile(0, 9))).toEqual({ ok: true, value: Buffer.from([0, 9]) });
  });

  test("a file cut off at any byte, or too long, is refused", () => {
    const whole = labelsFile(1, 2, 3);
    for (let length = 0; length < whole.length; length += 1) {
      expect(parseIdxLabels(whole.subarray(0, length))).toMatchObject({ error: { code: "IDX_SIZE_MISMATCH" } });
    }
    expect(parseIdxLabels(Buffer.concat([whole, words(0)]))).toMatchObject({ error: { code: "IDX_SIZE_MISMATCH" } });
    expect(parseIdxImages(imagesFile(2).subarray(1))).toMatchObject({ ok: false });
    expect(parseIdxImages(imagesFile(2).subarray(0, 900))).toMatchObject({ error: { code: "IDX_SIZE_MISMATCH" } });
    expect(parseIdxImages(imagesFile(0, words(0x803, 0xffff_ffff, 28, 28)))).toMatchObject({
      error: { code: "IDX_SIZE_MISMATCH" },
    });
  });

  test("a wrong magic, a wrong picture size and a label above 9 are told apart", () => {
    expect(parseIdxImages(labelsFile(...Array.from({ length: 20 }, () => 1)))).toMatchObject({
      error: { code: "IDX_MAGIC_WRONG" },
    });
    expect(parseIdxLabels(imagesFile(1))).toMatchObject({ error: { code: "IDX_MAGIC_WRONG" } });
    expect(parseIdxImages(imagesFile(1, words(0x803, 1, 56, 14)))).toMatchObject({
      error: { code: "IDX_DIMENSIONS_WRONG" },
    });
    expect(parseIdxLabels(labelsFile(3, 10))).toMatchObject({ error: { code: "IDX_LABEL_OUT_OF_RANGE" } });
  });
});

describe("loader", () => {
  let folder = "";
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "selvedge-idx-"));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("plain and gzipped files are both found by their standard names", () => {
    writeFileSync(join(folder, "train-images-idx3-ubyte"), imagesFile(2));
    writeFileSync(join(folder, "train-labels-idx1-ubyte.gz"), gzipSync(labelsFile(4, 5)));
    const half = loadHalf(folder, "train");
    expect(half.count).toBe(2);
    expect([...half.labels]).toEqual([4, 5]);
  });

  test("what is missing, does not match or is not gzip has a code", () => {
    expect(errorOf(() => loadMnist(folder))).toBe("IDX_FILE_MISSING");
    writeFileSync(join(folder, "t10k-images-idx3-ubyte"), imagesFile(2));
    writeFileSync(join(folder, "t10k-labels-idx1-ubyte"), labelsFile(4));
    expect(errorOf(() => loadHalf(folder, "t10k"))).toBe("IDX_COUNT_MISMATCH");
    writeFileSync(join(folder, "bad.gz"), gzipSync(labelsFile(1, 2, 3)).subarray(0, 12));
    expect(errorOf(() => readIdxFile(join(folder, "bad")))).toBe("IDX_GZIP_INVALID");
    expect(errorOf(() => readIdxFile(folder))).toBe("IDX_FILE_UNREADABLE");
  });

  test("neither a large file nor a gzip bomb is taken in", () => {
    writeFileSync(join(folder, "large"), new Uint8Array(1001));
    writeFileSync(join(folder, "bomb.gz"), gzipSync(new Uint8Array(100_000)));
    expect(errorOf(() => readIdxFile(join(folder, "large"), 1000))).toBe("IDX_FILE_TOO_LARGE");
    expect(errorOf(() => readIdxFile(join(folder, "bomb"), 1000))).toBe("IDX_FILE_TOO_LARGE");
    expect(readIdxFile(join(folder, "large"), 1001)).toHaveLength(1001);
  });
});

describe.skipIf(!existsSync(mnistFolder))(`MNIST in ${mnistFolder} (skipped when absent)`, () => {
  test("the test half has its published counts of each label", () => {
    const { labels, count } = loadHalf(mnistFolder, "t10k");
    expect(count).toBe(10_000);
    const counts = Array.from({ length: 10 }, (_, label) => labels.filter((value) => value === label).length);
    expect(counts).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });
});
