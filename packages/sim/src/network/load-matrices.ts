// Reads a file of round-trip matrices (format "wan-rtt/1") that a caller parsed: checks its shape, looks each matrix over
// (matrix-lint.ts) and refuses by name what is implausible or stands in the file's own `rejected` table. Reading the file is
// the caller's work.

import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { SimInputError } from "../scenario/sim-error.ts";
import type { LatencyMatrix } from "./latency-matrix.ts";
import { MATRIX_REGIONS_MAX } from "./limits.ts";
import { type MatrixLint, lintMatrix } from "./matrix-lint.ts";
import { type MatrixLibrary, subset } from "./matrix.ts";

const CELL = Type.Union([Type.Number({ minimum: 0, maximum: 60_000 }), Type.Null()]);
const TABLE = Type.Array(Type.Array(CELL));
/** Fields that are not named here say where figures come from; they are for people. */
const ENTRY = Type.Object({
  kind: Type.Optional(Type.String()),
  why: Type.Optional(Type.String()),
  regions: Type.Optional(Type.Array(Type.String(), { minItems: 1, maxItems: MATRIX_REGIONS_MAX })),
  rtt_ms: Type.Optional(TABLE),
  /** One way. */
  latency_ms: Type.Optional(TABLE),
  /** Latitude and longitude by region, for the light-speed check of regions that are not known here. */
  coordinates: Type.Optional(Type.Record(Type.String(), Type.Tuple([Type.Number(), Type.Number()]))),
});
const FILE = Type.Object({
  schema: Type.Literal("wan-rtt/1"),
  matrices: Type.Record(Type.String(), ENTRY),
  rejected: Type.Optional(Type.Record(Type.String(), ENTRY)),
  subsets: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        from: Type.String(),
        regions: Type.Array(Type.String(), { minItems: 1 }),
        note: Type.Optional(Type.String()),
      }),
    ),
  ),
});

type Entry = Static<typeof ENTRY>;

export interface LoadedMatrices extends MatrixLibrary {
  /** Name → why it cannot be used. */
  readonly refused: ReadonlyMap<string, string>;
  /** What was found out about each table, also about those refused. */
  readonly lints: ReadonlyMap<string, MatrixLint>;
}

/** Throws SimInputError if this is no such file; a matrix that is refused throws when it is asked for. */
export function loadMatrices(json: unknown): LoadedMatrices {
  if (!Value.Check(FILE, json)) {
    const [first] = Value.Errors(FILE, json);
    throw new SimInputError(
      "SIM_MATRIX_INVALID",
      `no file of matrices: ${first?.instancePath ?? ""} ${first?.message ?? ""}`,
    );
  }
  const loading = new Loading();
  for (const [name, entry] of Object.entries(json.rejected ?? {}))
    loading.refuse(name, `rejected by its file: ${entry.why ?? ""}`);
  for (const [name, entry] of Object.entries(json.matrices)) loading.add(name, entry);
  for (const [name, part] of Object.entries(json.subsets ?? {})) loading.addSubset(name, part);
  return loading.done();
}

class Loading {
  readonly #accepted = new Map<string, LatencyMatrix>();
  readonly #refused = new Map<string, string>();
  readonly #lints = new Map<string, MatrixLint>();

  refuse(name: string, why: string): void {
    this.#refused.set(name, why);
    this.#accepted.delete(name);
  }

  add(name: string, entry: Entry): void {
    if (this.#refused.has(name)) return;
    const matrix = matrixOf(name, entry);
    if (typeof matrix === "string") {
      this.refuse(name, matrix);
      return;
    }
    const lint = lintMatrix(matrix, entry.coordinates);
    this.#lints.set(name, lint);
    if (lint.refusal === null) this.#accepted.set(name, matrix);
    else this.refuse(name, lint.refusal);
  }

  addSubset(
    name: string,
    { from, regions, note }: { readonly from: string; readonly regions: readonly string[]; readonly note?: string },
  ): void {
    const whole = this.#accepted.get(from);
    if (whole === undefined)
      this.refuse(name, `it is part of "${from}": ${this.#refused.get(from) ?? "which is not in the file"}`);
    else this.#accepted.set(name, subset(whole, { name, summary: note ?? `out of ${from}`, regions }));
  }

  done(): LoadedMatrices {
    const accepted = this.#accepted;
    const refused = this.#refused;
    const matrix = (name: string): LatencyMatrix => {
      const known = accepted.get(name);
      if (known !== undefined) return known;
      const why = refused.get(name);
      if (why !== undefined) throw new SimInputError("SIM_MATRIX_REFUSED", `matrix "${name}" is refused: ${why}`);
      const names = [...accepted.keys()].join(", ");
      throw new SimInputError(
        "SIM_SCENARIO_INVALID",
        `network.latency.matrix: there is no matrix "${name}"; known: ${names}`,
      );
    };
    return { names: [...accepted.keys()], matrix, refused, lints: this.#lints };
  }
}

/** The matrix, or why there is none. */
function matrixOf(name: string, { kind, regions, rtt_ms: rtt, latency_ms: oneWay }: Entry): LatencyMatrix | string {
  const rttMs = rtt ?? oneWay?.map((row) => row.map((cell) => (cell === null ? null : cell * 2)));
  if (regions === undefined || rttMs === undefined) return "it has no regions or no rtt_ms";
  if (rttMs.length !== regions.length || rttMs.some((row) => row.length !== regions.length))
    return `rtt_ms is not ${regions.length} by ${regions.length}, one row and column a region`;
  const twice = regions.find((region, place) => regions.indexOf(region) !== place);
  if (twice !== undefined) return `region ${twice} is listed twice`;
  const still = stillPair(regions, rttMs);
  if (still !== null) return `${still} takes no time at all`;
  return { name, summary: kind ?? name, regions, rttMs };
}

function stillPair(regions: readonly string[], rttMs: LatencyMatrix["rttMs"]): string | null {
  for (const [row, cells] of rttMs.entries()) {
    const column = cells.findIndex((cell, place) => cell === 0 && place !== row);
    if (column !== -1) return `${regions[row] ?? row} to ${regions[column] ?? column}`;
  }
  return null;
}
