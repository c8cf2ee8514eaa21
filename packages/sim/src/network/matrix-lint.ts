// Is a round-trip matrix plausible? Nothing is faster than light in fibre along the great circle, the two directions of a pair
// hardly differ, and hardly any pair is slower than a detour. A table with wrong labels fails at least one of these.

import { REGION_COORDINATES } from "./data/region-coordinates.ts";
import type { LatencyMatrix } from "./latency-matrix.ts";
import { roundTripMs } from "./matrix.ts";

export interface FastPair {
  readonly from: string;
  readonly to: string;
  readonly rttMs: number;
  /** What light in fibre would take along the great circle, there and back. */
  readonly lightMs: number;
}

export interface MatrixLint {
  readonly fasterThanLight: readonly FastPair[];
  /** Pairs of which a region's place is not known: the light-speed check passes them over. */
  readonly unlocatedPairCount: number;
  readonly missingPairCount: number;
  readonly asymmetry: { readonly pair: string; readonly share: number };
  /** Share of the triples whose direct way is over 5 % slower than the detour, and the worst pair. */
  readonly triangle: { readonly pair: string; readonly share: number };
  /** Why the matrix may not be used; null: it may. */
  readonly refusal: string | null;
}

export type Coordinates = Readonly<Record<string, readonly [number, number]>>;

const EARTH_RADIUS_KM = 6371;
/** Light in glass: c / 1.468. */
const FIBRE_KM_PER_MS = 299.792458 / 1.468;
/** Both coordinates are those of a city, not of a data centre. */
const COORDINATES_TOLERANCE_KM = 50;
const ASYMMETRY_MAX = 0.5;
/** Below this, a difference between the directions is noise. */
const ASYMMETRY_FLOOR_MS = 5;
const TRIANGLE_TOLERANCE = 1.05;
const TRIANGLE_SHARE_MAX = 0.1;

export function lintMatrix(matrix: LatencyMatrix, extra: Coordinates = {}): MatrixLint {
  const pairs = pairsOf(matrix);
  const places = matrix.regions.map((region) => extra[region] ?? REGION_COORDINATES[region] ?? null);
  const isLocated = ({ row, column }: Pair): boolean => places[row] !== null && places[column] !== null;
  const fasterThanLight = pairs.flatMap((pair) =>
    tooFast(matrix, pair, lightMs(places[pair.row], places[pair.column])),
  );
  const size = matrix.regions.length;
  const found = {
    fasterThanLight,
    unlocatedPairCount: pairs.filter((pair) => !isLocated(pair)).length,
    missingPairCount: size * (size - 1) - pairs.length,
    asymmetry: asymmetryOf(matrix, pairs),
    triangle: triangleOf(matrix, pairs),
  };
  return { ...found, refusal: refusalOf(found) };
}

interface Pair {
  readonly row: number;
  readonly column: number;
  readonly rttMs: number;
}

/** Ordered pairs of different regions that have a figure. */
function pairsOf(matrix: LatencyMatrix): readonly Pair[] {
  const places = matrix.regions.map((_, place) => place);
  return places.flatMap((row) =>
    places.flatMap((column) => {
      const rttMs = row === column ? null : roundTripMs(matrix, row, column);
      return rttMs === null ? [] : [{ row, column, rttMs }];
    }),
  );
}

function tooFast(matrix: LatencyMatrix, { row, column, rttMs }: Pair, leastMs: number): readonly FastPair[] {
  if (rttMs >= leastMs) return [];
  return [{ from: matrix.regions[row] ?? "", to: matrix.regions[column] ?? "", rttMs, lightMs: leastMs }];
}

function lightMs(
  from: readonly [number, number] | null | undefined,
  to: readonly [number, number] | null | undefined,
): number {
  if (!from || !to) return 0;
  return (2 * Math.max(0, greatCircleKm(from, to) - COORDINATES_TOLERANCE_KM)) / FIBRE_KM_PER_MS;
}

function greatCircleKm(from: readonly [number, number], to: readonly [number, number]): number {
  const radians = Math.PI / 180;
  const sineOfHalf = (degrees: number): number => Math.sin((degrees * radians) / 2);
  const acrossLatitude = sineOfHalf(to[0] - from[0]);
  const acrossLongitude = sineOfHalf(to[1] - from[1]);
  const shrinking = Math.cos(from[0] * radians) * Math.cos(to[0] * radians);
  const chord = acrossLatitude * acrossLatitude + shrinking * acrossLongitude * acrossLongitude;
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)));
}

function asymmetryOf(matrix: LatencyMatrix, pairs: readonly Pair[]): MatrixLint["asymmetry"] {
  let worst = { pair: "", share: 0 };
  for (const pair of pairs) {
    const back = roundTripMs(matrix, pair.column, pair.row) ?? pair.rttMs;
    const difference = Math.abs(pair.rttMs - back);
    const share = difference < ASYMMETRY_FLOOR_MS ? 0 : difference / Math.max(pair.rttMs, back);
    if (share > worst.share) worst = { pair: nameOf(matrix, pair), share };
  }
  return worst;
}

function triangleOf(matrix: LatencyMatrix, pairs: readonly Pair[]): MatrixLint["triangle"] {
  let worst = { pair: "", ratio: 1 };
  let violations = 0;
  let triples = 0;
  for (const pair of pairs)
    for (const via of matrix.regions.keys()) {
      const detour = detourMs(matrix, pair, via);
      if (detour === null) continue;
      triples += 1;
      if (pair.rttMs > detour * TRIANGLE_TOLERANCE) violations += 1;
      if (pair.rttMs / detour > worst.ratio) worst = { pair: nameOf(matrix, pair), ratio: pair.rttMs / detour };
    }
  return { pair: worst.pair, share: triples === 0 ? 0 : violations / triples };
}

function detourMs(matrix: LatencyMatrix, { row, column }: Pair, via: number): number | null {
  if (via === row || via === column) return null;
  const there = roundTripMs(matrix, row, via);
  const onwards = roundTripMs(matrix, via, column);
  return there === null || onwards === null ? null : there + onwards;
}

function refusalOf({ fasterThanLight, asymmetry, triangle }: Omit<MatrixLint, "refusal">): string | null {
  const [fast] = fasterThanLight;
  if (fast !== undefined) {
    const others = fasterThanLight.length === 1 ? "" : ` (and ${fasterThanLight.length - 1} more pairs)`;
    return `${fast.from} to ${fast.to} in ${fast.rttMs} ms is faster than light in fibre, ${fast.lightMs.toFixed(1)} ms${others}`;
  }
  if (asymmetry.share > ASYMMETRY_MAX)
    return `the two directions of ${asymmetry.pair} differ by ${percent(asymmetry.share)}`;
  if (triangle.share > TRIANGLE_SHARE_MAX)
    return `${percent(triangle.share)} of the direct ways are slower than a detour, worst ${triangle.pair}`;
  return null;
}

function nameOf(matrix: LatencyMatrix, { row, column }: Pair): string {
  return `${matrix.regions[row] ?? row} to ${matrix.regions[column] ?? column}`;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
