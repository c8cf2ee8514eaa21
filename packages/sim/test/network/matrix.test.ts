// Matrices: simulated round trips are the measured ones, and a table with wrong labels is refused by name.

import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { RecordedStreams } from "../../src/kernel/random.ts";
import { NETWORK_CATALOGUE } from "../../src/network/catalogue.ts";
import { createNetworkModel } from "../../src/network/create-network.ts";
import type { LatencyMatrix } from "../../src/network/latency-matrix.ts";
import { type LoadedMatrices, loadMatrices } from "../../src/network/load-matrices.ts";
import { lintMatrix } from "../../src/network/matrix-lint.ts";
import { BUILTIN_MATRICES, type MatrixLibrary, SAME_REGION_RTT_MS } from "../../src/network/matrix.ts";
import { median, send } from "./statistics.ts";

const PINGS = 101;
const FILE = join(
  process.env["SELVEDGE_DATA"] ?? resolve(import.meta.dirname, "../../../../../shared/data"),
  "latency/wan-rtt.json",
);
const isFileThere = existsSync(FILE);
if (!isFileThere) console.warn(`skipped: ${FILE} is absent`);

interface PairError {
  readonly pair: string;
  readonly error: number;
}

/** Of all pairs with a figure: the one whose simulated median round trip is the furthest off. */
function worstPair(matrix: LatencyMatrix, jitterSigma: number, matrices?: MatrixLibrary): PairError {
  let worst: PairError = { pair: "", error: 0 };
  for (const [row, here] of matrix.regions.entries())
    for (const [column, there] of matrix.regions.entries()) {
      const expectedMs = measuredMs(matrix, row, column);
      if (expectedMs === null) continue;
      const simulatedMs = roundTripOf({ matrix, regions: [here, there], jitterSigma, ...(matrices && { matrices }) });
      const error = Math.abs(simulatedMs / expectedMs - 1);
      if (error > worst.error) worst = { pair: `${here} to ${there}`, error };
    }
  return worst;
}

/** A round trip has one length: the mean of what the two ends measured. */
function measuredMs(matrix: LatencyMatrix, row: number, column: number): number | null {
  const there = matrix.rttMs[row]?.[column] ?? matrix.rttMs[column]?.[row] ?? null;
  const back = matrix.rttMs[column]?.[row] ?? there;
  if (there !== null && back !== null) return (there + back) / 2;
  return row === column ? (matrix.sameRegionRttMs?.[row] ?? SAME_REGION_RTT_MS) : null;
}

interface Ping {
  readonly matrix: LatencyMatrix;
  readonly regions: string[];
  readonly jitterSigma: number;
  readonly matrices?: MatrixLibrary;
}

function roundTripOf({ matrix, regions, jitterSigma, matrices }: Ping): number {
  const latency = { type: "matrix" as const, matrix: matrix.name, regions, jitterSigma };
  const model = createNetworkModel(
    { latency },
    { size: 2, streams: new RecordedStreams(5), ...(matrices && { matrices }) },
  );
  const pings = jitterSigma === 0 ? 1 : PINGS;
  const trips = Array.from({ length: pings }, (_, index) => {
    const nowUs = index * 10_000_000;
    const [there] = send(model, { from: 0, to: 1, nowUs });
    const [back] = send(model, { from: 1, to: 0, nowUs: there?.atUs ?? 0 });
    return ((back?.atUs ?? 0) - nowUs) / 1000;
  });
  return median(trips);
}

describe("median simulated round trips are within 1 % of the measured ones on all pairs", () => {
  for (const matrix of BUILTIN_MATRICES)
    it(`${matrix.name}, as shipped`, () => {
      expect(worstPair(matrix, 0).error).toBeLessThan(0.01);
      expect(worstPair(matrix, 0.02).error).toBeLessThan(0.01);
    });

  it.skipIf(!isFileThere)("every matrix of the data file", () => {
    const library = loadFile();
    expect(library.names.length).toBeGreaterThan(8);
    for (const name of library.names)
      expect(worstPair(library.matrix(name), 0, library).error, name).toBeLessThan(0.01);
  });
});

describe.skipIf(!isFileThere)("a file of matrices", () => {
  it("ships in this package as it is in the data", () => {
    const library = loadFile();
    for (const { name, regions, rttMs } of BUILTIN_MATRICES) {
      expect(library.matrix(name).regions, name).toEqual(regions);
      expect(library.matrix(name).rttMs, name).toEqual(rttMs);
    }
  });

  it("refuses the table that its own file rejects", () => {
    expect(() => loadFile().matrix("starfish-10")).toThrow(
      expect.objectContaining({
        code: "SIM_MATRIX_REFUSED",
        message: expect.stringContaining("labels and numbers disagree"),
      }),
    );
  });

  it("refuses that table by its figures as well, naming the pair", () => {
    const file = parsedFile();
    const library = loadMatrices({ ...file, rejected: {}, matrices: { "starfish-10": file.rejected["starfish-10"] } });
    expect(library.names).toEqual([]);
    expect(library.lints.get("starfish-10")?.fasterThanLight.length).toBeGreaterThan(18);
    expect(() => library.matrix("starfish-10")).toThrow(
      "us-east-1 to us-west-1 in 14 ms is faster than light in fibre",
    );
  });

  it("names the pair that a scenario needs and nobody measured", () => {
    const matrices = loadFile();
    const latency = { type: "matrix" as const, matrix: "ripe-atlas-country-24", regions: ["CA", "NG"] };
    const create = (): unknown =>
      createNetworkModel({ latency }, { size: 2, streams: new RecordedStreams(1), matrices });
    expect(create).toThrow(
      expect.objectContaining({ code: "SIM_MATRIX_INVALID", message: expect.stringContaining("CA and NG") }),
    );
  });
});

describe("implausible matrices are refused", () => {
  const three = (rttMs: (number | null)[][], regions = ["a", "b", "c"]): LoadedMatrices =>
    loadMatrices({ schema: "wan-rtt/1", matrices: { mine: { regions, rtt_ms: rttMs } } });
  const why = (library: LoadedMatrices): string => library.refused.get("mine") ?? "accepted";

  it("two directions that have little to do with one another", () => {
    expect(
      why(
        three([
          [1, 100, 50],
          [20, 1, 60],
          [50, 60, 1],
        ]),
      ),
    ).toContain("the two directions of a to b differ by 80.0 %");
  });

  it("direct ways that are mostly detours", () => {
    expect(
      why(
        three([
          [1, 300, 50],
          [300, 1, 60],
          [50, 60, 1],
        ]),
      ),
    ).toContain("slower than a detour, worst a to b");
  });

  it("faster than light, with places that the file gives", () => {
    const coordinates = { a: [0, 0], b: [0, 90], c: [0, 10] };
    const entry = {
      regions: ["a", "b", "c"],
      rtt_ms: [
        [1, 90, 50],
        [90, 1, 80],
        [50, 80, 1],
      ],
      coordinates,
    };
    const library = loadMatrices({ schema: "wan-rtt/1", matrices: { mine: entry } });
    expect(why(library)).toMatch(/a to b in 90 ms is faster than light in fibre, 97\.\d ms/u);
  });

  it("a table of another shape, a region twice, a pair in no time", () => {
    expect(
      why(
        three([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toContain("not 3 by 3");
    expect(
      why(
        three(
          [
            [1, 5, 5],
            [5, 1, 5],
            [5, 5, 1],
          ],
          ["a", "b", "a"],
        ),
      ),
    ).toContain("region a is listed twice");
    expect(
      why(
        three([
          [1, 5, 0],
          [5, 1, 5],
          [5, 5, 1],
        ]),
      ),
    ).toContain("a to c takes no time");
  });

  it("a pair measured from one end alone has that figure both ways, and one-way figures count twice", () => {
    const matrices = {
      half: {
        regions: ["a", "b"],
        rtt_ms: [
          [1, 40],
          [null, 1],
        ],
      },
      single: {
        regions: ["a", "b"],
        latency_ms: [
          [1, 15],
          [15, 1],
        ],
      },
    };
    const library = loadMatrices({ schema: "wan-rtt/1", matrices });
    const roundTripMs = (name: string): number =>
      roundTripOf({ matrix: library.matrix(name), regions: ["a", "b"], jitterSigma: 0, matrices: library });
    expect([roundTripMs("half"), roundTripMs("single")]).toEqual([40, 30]);
  });

  it("a plausible one is not", () => {
    expect(
      why(
        three([
          [1, 50, 60],
          [51, 1, 40],
          [60, 40, 1],
        ]),
      ),
    ).toBe("accepted");
  });

  it("a part of a refused one goes with it", () => {
    const matrices = {
      mine: {
        regions: ["a", "b"],
        rtt_ms: [
          [1, 0],
          [0, 1],
        ],
      },
    };
    const library = loadMatrices({
      schema: "wan-rtt/1",
      matrices,
      subsets: { part: { from: "mine", regions: ["a"] } },
    });
    expect(() => library.matrix("part")).toThrow(
      'matrix "part" is refused: it is part of "mine": a to b takes no time',
    );
  });

  it("what is no such file is told at once, naming the place", () => {
    expect(() => loadMatrices({ schema: "wan-rtt/1", matrices: { mine: { regions: ["a"], rtt_ms: [[-1]] } } })).toThrow(
      expect.objectContaining({ code: "SIM_MATRIX_INVALID", message: expect.stringContaining("/matrices/mine") }),
    );
    expect(() => loadMatrices("text")).toThrow(expect.objectContaining({ code: "SIM_MATRIX_INVALID" }));
  });
});

describe("what ships", () => {
  it("passes its own lint, with every region located", () => {
    for (const matrix of BUILTIN_MATRICES)
      expect(lintMatrix(matrix), matrix.name).toMatchObject({
        refusal: null,
        unlocatedPairCount: 0,
        missingPairCount: 0,
      });
  });

  it("is listed with a line about each", () => {
    expect(NETWORK_CATALOGUE.map(({ name }) => name)).toEqual([
      "bft-5",
      "aws-21-relab-2024",
      "delphi-4",
      "gcp-4-autobahn-2024",
      "ibm-10-2024-09",
      "5g-mmwave",
      "5g-low",
      "lte-driving",
      "wifi-campus",
      "starlink",
    ]);
    for (const { summary } of NETWORK_CATALOGUE) expect(summary.length).toBeGreaterThan(20);
  });
});

function parsedFile(): { rejected: Record<string, unknown> } {
  return JSON.parse(readFileSync(FILE, "utf8")) as { rejected: Record<string, unknown> };
}

function loadFile(): LoadedMatrices {
  return loadMatrices(parsedFile());
}
