// How a daemon's memory develops over a long run: launched with the probe that notes it, read back and judged at the end.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Launch } from "./daemon.ts";
import type { Checks } from "./fault.ts";

const PROBE = fileURLToPath(new URL("memory-probe.ts", import.meta.url));
/** Live memory after a full collection; over less than half an hour the slope says nothing, and is only told. */
export const SLOPE_MAX_MIB_PER_HOUR = 0.5;
const SLOPE_MIN_HOURS = 0.5;
/** Resident without pages of files. */
const ANONYMOUS_MAX_MIB = 512;
/** Of so many samples the least counts: a snapshot that is being written as one is taken is no leak. */
const SAMPLES_EACH = 4;
const MIB = 2 ** 20;
const SECONDS_PER_HOUR = 3600;

interface MemorySample {
  readonly hours: number;
  /** Heap without compiled code, and what it holds outside, after a full collection. */
  readonly liveMib: number;
  readonly codeMib: number;
  readonly residentMib: number;
  readonly anonymousMib: number;
}

export function probedLaunch(file: string): Launch {
  return { nodeFlags: ["--expose-gc", "--import", PROBE], env: { FAULTS_MEMORY_FILE: file } };
}

export function judgeMemory(name: string, file: string, checks: Checks): void {
  const samples = readSamples(file);
  const last = samples.slice(Math.floor(samples.length / 2));
  const spanHours = (last.at(-1)?.hours ?? 0) - (last[0]?.hours ?? 0);
  const live = slopeOf(leastOfEach(last).map(({ hours, liveMib }) => [hours, liveMib]));
  const resident = slopeOf(last.map(({ hours, residentMib }) => [hours, residentMib]));
  const code = slopeOf(last.map(({ hours, codeMib }) => [hours, codeMib]));
  const most = (of: (sample: MemorySample) => number): number => Math.max(0, ...samples.map(of));
  const mostAnonymous = most(({ anonymousMib }) => anonymousMib);
  const mostResident = most(({ residentMib }) => residentMib);
  checks.remark(
    `${name}: live memory ${(last.at(-1)?.liveMib ?? 0).toFixed(1)} MiB, ${live.toFixed(2)} MiB/h over the last ${(60 * spanHours).toFixed(0)} min; compiled code ${code.toFixed(2)} MiB/h, resident ${resident.toFixed(2)} MiB/h, at most ${mostResident.toFixed(0)} MiB, ${mostAnonymous.toFixed(0)} of them not of files`,
  );
  checks.expect("C5", samples.length > 0, `${name} noted nothing of its memory`);
  const isSmall = mostAnonymous <= ANONYMOUS_MAX_MIB;
  checks.expect("C5", isSmall, `${name} had ${mostAnonymous.toFixed(0)} MiB resident besides pages of files`);
  if (spanHours >= SLOPE_MIN_HOURS)
    checks.expect("C5", live <= SLOPE_MAX_MIB_PER_HOUR, `${name} grows by ${live.toFixed(2)} MiB/h`);
}

function readSamples(file: string): readonly MemorySample[] {
  const lines = readFileSync(file, { encoding: "utf8", flag: "a+" }).trim().split("\n").filter(Boolean);
  return lines.map((line) => {
    const [seconds = 0, data = 0, external = 0, resident = 0, code = 0, anonymous = 0] = line.split(",").map(Number);
    return {
      hours: seconds / SECONDS_PER_HOUR,
      liveMib: (data + external) / MIB,
      codeMib: code / MIB,
      residentMib: resident / MIB,
      anonymousMib: anonymous / MIB,
    };
  });
}

/** Of whole groups: the least of fewer is higher by chance, and stands at the end, where it weighs most. */
function leastOfEach(samples: readonly MemorySample[]): readonly MemorySample[] {
  const least: MemorySample[] = [];
  for (let from = 0; from + SAMPLES_EACH <= samples.length; from += SAMPLES_EACH) {
    const each = samples.slice(from, from + SAMPLES_EACH);
    least.push(each.reduce((one, other) => (other.liveMib < one.liveMib ? other : one)));
  }
  return least;
}

/** Least squares. */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / points.length;
  const meanY = points.reduce((sum, [, y]) => sum + y, 0) / points.length;
  const over = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  const under = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return under === 0 ? 0 : over / under;
}
