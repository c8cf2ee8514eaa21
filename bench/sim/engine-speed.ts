// How fast the consensus engine is when nothing else costs anything: n engines in one process, constant delay, stand-in
// crypto, blocks shared between their receivers, on a queue of one bucket per virtual millisecond. Prints deliveries per
// CPU second, memory and, with --profile, where the time went. A delivery is one message handed to one engine.
//
//   node bench/sim/engine-speed.ts [--sizes 16,64,128,512] [--rounds 40] [--cpu-seconds 60] [--profile] [--no-memo]

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Session } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { monotonicUs, readProfiles } from "../lib/cpu-profile.ts";
import { EngineWorld, type SpeedRun } from "./engine-world.ts";

const { values } = parseArgs({
  options: {
    sizes: { type: "string", default: "16,64,128,512" },
    rounds: { type: "string", default: "40" },
    "cpu-seconds": { type: "string", default: "60" },
    profile: { type: "boolean", default: false },
    "no-memo": { type: "boolean", default: false },
  },
});

const BYTES_PER_MIB = 1024 * 1024;
const FUNCTIONS_SHOWN = 60;

for (const size of values.sizes.split(",").map(Number)) {
  const world = new EngineWorld({ size, isMemoShared: !values["no-memo"] });
  const limits = { rounds: Number(values.rounds), cpuSeconds: Number(values["cpu-seconds"]) };
  const run = values.profile ? profiled(() => world.run(limits)) : world.run(limits);
  process.stdout.write(`${lineOf(size, run)}\n`);
}

function lineOf(size: number, run: SpeedRun): string {
  const perSecond = run.deliveries / run.cpuSeconds;
  return [
    `n=${size}`,
    `${Math.round(perSecond)} deliveries/CPU s`,
    `${(1e6 / perSecond).toFixed(2)} us each`,
    `${run.deliveries} deliveries in ${run.cpuSeconds.toFixed(2)} CPU s`,
    `${run.rounds} rounds`,
    `${run.commits} commits`,
    `heap ${Math.round(run.heapBytes / BYTES_PER_MIB)} MiB`,
    `rss ${Math.round(run.rssBytes / BYTES_PER_MIB)} MiB`,
    `trace ${run.trace.slice(0, 16)}`,
  ].join(", ");
}

function profiled(run: () => SpeedRun): SpeedRun {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-speed-"));
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.start");
  const beginUs = monotonicUs();
  const result = run();
  const endUs = monotonicUs();
  session.post("Profiler.stop", (_, { profile }) => {
    writeFileSync(join(folder, "run.cpuprofile"), JSON.stringify(profile));
  });
  const report = readProfiles(folder, [{ beginUs, endUs }]);
  rmSync(folder, { recursive: true });
  for (const { name, share } of report?.functions.slice(0, FUNCTIONS_SHOWN) ?? []) {
    process.stdout.write(`  ${(100 * share).toFixed(1).padStart(5)} %  ${name}\n`);
  }
  return result;
}
