// Reads the CPU profiles that V8 writes and says where the time went: by area of the program and by function, self time
// alone. Which files make an area is decided here, by path.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { trustedJson } from "./json.ts";

export interface ProfileShare {
  readonly name: string;
  /** Of the time that was not idle. */
  readonly share: number;
}

export interface ProfileReport {
  readonly busySeconds: number;
  readonly areas: readonly ProfileShare[];
  readonly functions: readonly ProfileShare[];
}

const FUNCTIONS_SHOWN = 30;

/** First match counts. */
const AREAS: readonly (readonly [string, RegExp])[] = [
  ["garbage collection", /^\(garbage collector\)/u],
  ["native code and system calls", /^\(program\)/u],
  [
    "signatures and hashing (node:crypto)",
    /node:internal\/crypto|^(?:hash|verify|sign|verifyOneShot|signOneShot|oneShotDigest) \(?native/u,
  ],
  ["coin and other curve arithmetic", /@noble/u],
  ["canonical encoding", /msgpackr|integrity\/src\/codec/u],
  ["merkle trees, digests, hex", /integrity\/src\/(?:merkle|digest)/u],
  ["integrity, the rest", /packages\/integrity/u],
  ["consensus engine", /packages\/consensus/u],
  ["ledger", /packages\/ledger/u],
  ["store (LevelDB)", /node\/src\/storage|classic-level|abstract-level|[/]level[/@]/u],
  [
    "network (libp2p, noise, yamux)",
    /node\/src\/network|libp2p|noise|yamux|multiformats|uint8array|it-|node:net|stream_base_commons/u,
  ],
  ["HTTP", /node\/src\/api|hono|node:_http|node:internal\/(?:webstreams|deps\/undici|abort|event_target)|node:http/u],
  ["node, the rest", /packages\/node/u],
  ["runtime, the rest", /node:/u],
];

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}

interface Profile {
  readonly startTime: number;
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Of the monotonic clock, in microseconds, as V8 stamps its samples. */
export interface ProfileWindow {
  readonly beginUs: number;
  readonly endUs: number;
}

export function monotonicUs(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

/** Over all profiles of a folder, samples of these windows alone; undefined if there are none. */
export function readProfiles(folder: string, windows: readonly ProfileWindow[]): ProfileReport | undefined {
  const totals = new Map<string, number>();
  const files = readdirSync(folder).filter((name) => name.endsWith(".cpuprofile"));
  for (const file of files) {
    const profile = trustedJson<Profile>(readFileSync(join(folder, file), "utf8"));
    addProfile(totals, profile, windows);
  }
  const busyUs = [...totals.values()].reduce((sum, us) => sum + us, 0);
  if (busyUs === 0) return undefined;
  const areas = new Map<string, number>();
  for (const [name, us] of totals) areas.set(areaOf(name), (areas.get(areaOf(name)) ?? 0) + us);
  return {
    busySeconds: busyUs / 1e6,
    areas: shares(areas, busyUs),
    functions: shares(totals, busyUs).slice(0, FUNCTIONS_SHOWN),
  };
}

function addProfile(totals: Map<string, number>, profile: Profile, windows: readonly ProfileWindow[]): void {
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  let timeUs = profile.startTime;
  for (const [at, id] of profile.samples.entries()) {
    const deltaUs = profile.timeDeltas[at] ?? 0;
    timeUs += deltaUs;
    const name = names.get(id) ?? "?";
    const isInside = windows.some(({ beginUs, endUs }) => timeUs >= beginUs && timeUs < endUs);
    if (!isInside || name === "(idle)" || name === "(root)") continue;
    totals.set(name, (totals.get(name) ?? 0) + deltaUs);
  }
}

function nameOf({ functionName, url, lineNumber }: ProfileNode["callFrame"]): string {
  if (url === "") return functionName.startsWith("(") ? functionName : `${functionName} (native)`;
  const place = url
    .replace(/^file:\/\//u, "")
    .replace(/^.*\/node_modules\//u, "")
    .replace(/^.*\/packages\//u, "packages/");
  return `${functionName === "" ? "(anonymous)" : functionName} ${place}:${lineNumber + 1}`;
}

function areaOf(name: string): string {
  return AREAS.find(([, pattern]) => pattern.test(name))?.[0] ?? "other";
}

function shares(totals: ReadonlyMap<string, number>, busyUs: number): ProfileShare[] {
  return [...totals]
    .toSorted(([, left], [, right]) => right - left)
    .map(([name, us]) => ({ name, share: us / busyUs }));
}
