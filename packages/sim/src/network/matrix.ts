// Round-trip matrices between regions: those that ship with the package, those that a caller loaded from a file
// (load-matrices.ts), and what a matrix means for the nodes of a committee.

import { MICROS_PER_MS } from "../kernel/time.ts";
import type { LatencySpec } from "../scenario/schema.ts";
import { SimInputError } from "../scenario/sim-error.ts";
import { AWS_21_RELAB_2024 } from "./data/aws-21-relab-2024.ts";
import { DELPHI_4 } from "./data/delphi-4.ts";
import { GCP_4_AUTOBAHN_2024 } from "./data/gcp-4-autobahn-2024.ts";
import { IBM_10_2024_09 } from "./data/ibm-10-2024-09.ts";
import type { LatencyMatrix } from "./latency-matrix.ts";

/** Matrices by name. */
export interface MatrixLibrary {
  readonly names: readonly string[];
  /** Throws SimInputError for a name that is unknown or was refused, with the reason. */
  readonly matrix: (name: string) => LatencyMatrix;
}

export type MatrixSpec = Extract<LatencySpec, { type: "matrix" }>;

/** Round trip within a region for which nobody published one: two zones of one city. */
export const SAME_REGION_RTT_MS = 1;

/** The five regions of the benchmark scripts of Narwhal, Tusk and Bullshark. */
const BFT_5_REGIONS = ["us-east-1", "us-west-1", "eu-north-1", "ap-northeast-1", "ap-southeast-2"];

/** The matrices that ship with the package. */
export const BUILTIN_MATRICES: readonly LatencyMatrix[] = [
  subset(AWS_21_RELAB_2024, {
    name: "bft-5",
    summary: "5 AWS regions of the Narwhal and Bullshark benchmarks, out of aws-21-relab-2024",
    regions: BFT_5_REGIONS,
  }),
  AWS_21_RELAB_2024,
  DELPHI_4,
  GCP_4_AUTOBAHN_2024,
  IBM_10_2024_09,
];

export interface SubsetOptions {
  readonly name: string;
  readonly summary: string;
  readonly regions: readonly string[];
}

export function subset(matrix: LatencyMatrix, { name, summary, regions }: SubsetOptions): LatencyMatrix {
  const places = regions.map((region) => placeOf(matrix, region));
  const rttMs = places.map((row) => places.map((column) => matrix.rttMs[row]?.[column] ?? null));
  const { sameRegionRttMs } = matrix;
  if (sameRegionRttMs === undefined) return { name, summary, regions, rttMs };
  return {
    name,
    summary,
    regions,
    rttMs,
    sameRegionRttMs: places.map((place) => sameRegionRttMs[place] ?? SAME_REGION_RTT_MS),
  };
}

/** A caller's matrix goes before one that ships under the same name. */
export function findMatrix(name: string, library: MatrixLibrary | null): LatencyMatrix {
  const builtin = BUILTIN_MATRICES.find((matrix) => matrix.name === name);
  if (library !== null && (library.names.includes(name) || builtin === undefined)) return library.matrix(name);
  if (builtin !== undefined) return builtin;
  const known = BUILTIN_MATRICES.map((matrix) => matrix.name).join(", ");
  throw new SimInputError(
    "SIM_SCENARIO_INVALID",
    `network.latency.matrix: there is no matrix "${name}"; known: ${known}`,
  );
}

/** Round trip between two regions by their places; null: not measured in either direction. */
export function roundTripMs(matrix: LatencyMatrix, row: number, column: number): number | null {
  const measured = matrix.rttMs[row]?.[column] ?? matrix.rttMs[column]?.[row] ?? null;
  if (measured !== null || row !== column) return measured;
  return matrix.sameRegionRttMs?.[row] ?? SAME_REGION_RTT_MS;
}

/** Nodes in regions, and half the round trip from one region to another. */
export interface MatrixDelays {
  /** By node. */
  readonly regions: Uint16Array;
  readonly regionCount: number;
  /** Microseconds, by sender's region · regionCount + receiver's region. */
  readonly halfUs: Float64Array;
}

/** One way from row to column is half of what row measured: a round trip is the mean of what both ends measured. */
export function matrixDelaysOf(matrix: LatencyMatrix, spec: Pick<MatrixSpec, "regions">, size: number): MatrixDelays {
  const named = (spec.regions ?? matrix.regions).map((region) => placeOf(matrix, region));
  const regions = Uint16Array.from({ length: size }, (_, node) => named[node % named.length] ?? 0);
  const regionCount = matrix.regions.length;
  const halfUs = new Float64Array(regionCount * regionCount);
  const used = [...new Set(regions)].sort((left, right) => left - right);
  for (const row of used) for (const column of used) halfUs[row * regionCount + column] = halfOf(matrix, row, column);
  return { regions, regionCount, halfUs };
}

function halfOf(matrix: LatencyMatrix, row: number, column: number): number {
  const rttMs = roundTripMs(matrix, row, column);
  if (rttMs !== null) return (rttMs * MICROS_PER_MS) / 2;
  const pair = `${matrix.regions[row] ?? row} and ${matrix.regions[column] ?? column}`;
  throw new SimInputError(
    "SIM_MATRIX_INVALID",
    `matrix "${matrix.name}" has no measurement between ${pair}: name other regions`,
  );
}

function placeOf(matrix: LatencyMatrix, region: string): number {
  const place = matrix.regions.indexOf(region);
  if (place !== -1) return place;
  const known = matrix.regions.join(", ");
  throw new SimInputError(
    "SIM_SCENARIO_INVALID",
    `matrix "${matrix.name}" has no region "${region}"; it has: ${known}`,
  );
}
