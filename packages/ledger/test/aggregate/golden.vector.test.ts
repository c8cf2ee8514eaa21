// The aggregators against reference values of another implementation (ByzFL, float64) on a fixed 12 × 7 input. Skipped
// where the file is not there: set SELVEDGE_DATA or keep the data in ../shared/data beside the repository.

import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { coordinateMedian } from "../../src/aggregate/coordinate-median.ts";
import { weightedMean } from "../../src/aggregate/weighted-mean.ts";
import { normOf } from "../../src/index.ts";

interface Golden {
  readonly X: readonly (readonly number[])[];
  readonly agg: { readonly Average: readonly number[]; readonly Median: readonly number[] };
  readonly preagg: { readonly "Clipping(c=2)": readonly (readonly number[])[] };
}

const folder = process.env["SELVEDGE_DATA"] ?? fileURLToPath(new URL("../../../../../shared/data", import.meta.url));
const file = `${folder}/golden-aggregators.json`;
const isThere = existsSync(file);
if (!isThere) console.warn(`skipped: ${file} is not there`);

describe.skipIf(!isThere)("golden aggregators", () => {
  const golden = isThere ? (JSON.parse(readFileSync(file, "utf8")) as Golden) : undefined;
  // Inputs are rounded to float32, so results agree to its precision, not to that of float64.
  const near = (values: ArrayLike<number>, expected: readonly number[]): void => {
    expect(values).toHaveLength(expected.length);
    for (const [index, value] of expected.entries()) expect(values[index]).toBeCloseTo(value, 5);
  };
  const rows = (golden?.X ?? []).map((row) => ({ weight: 1, scale: 1, delta: [Float32Array.from(row)] }));

  it("the mean with equal weights is Average", () => {
    near(weightedMean(rows, 0), golden?.agg.Average ?? []);
  });

  it("the coordinate-wise median is Median", () => {
    near(coordinateMedian(rows, 0), golden?.agg.Median ?? []);
  });

  it("scaling by bound ÷ norm is static clipping", () => {
    for (const [index, expected] of (golden?.preagg["Clipping(c=2)"] ?? []).entries()) {
      const row = rows[index];
      if (row === undefined) throw new Error("as many rows");
      const norm = normOf(row.delta);
      near(weightedMean([{ ...row, scale: norm > 2 ? 2 / norm : 1 }], 0), expected);
    }
  });
});
