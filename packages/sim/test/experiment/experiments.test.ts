// Definitions that make sense as written, and manifests that give the same bytes again.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hangoverOf } from "../../src/experiment/definitions/disturbance.ts";
import { readManifest, sha256Of } from "../../src/experiment/manifest.ts";
import { EXPERIMENTS, experimentNamed } from "../../src/experiment/registry.ts";
import { type ExecuteRuns, runExperiment } from "../../src/experiment/run-experiment.ts";
import { changedTables, writeExperiment } from "../../src/experiment/write-experiment.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { checkScenario } from "../../src/scenario/load.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-experiment-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("definitions", () => {
  it.each(EXPERIMENTS)("$name: every scenario is valid, every point is told apart by its labels", (experiment) => {
    for (const size of ["quick", "paper"] as const) {
      const points = experiment.points(size);
      const labels = points.map((point) => JSON.stringify(point.labels));
      expect(new Set(labels).size).toBe(points.length);
      for (const { scenario, seeds } of points) {
        checkScenario(scenario, experiment.name);
        expect(new Set(seeds).size).toBe(seeds.length);
        expect(seeds.length).toBeGreaterThan(0);
      }
    }
  });

  it("names are unique, and a wrong one is answered with the nearest", () => {
    expect(new Set(EXPERIMENTS.map(({ name }) => name)).size).toBe(EXPERIMENTS.length);
    expect(() => experimentNamed("e8-los")).toThrow(/e8-loss/u);
  });

  it("may be called by their numbers, as papers do, and by nothing less", () => {
    expect(experimentNamed("E1").name).toBe("e1-latency-throughput");
    expect(experimentNamed("e18").name).toBe("e18-message-delays");
    for (const name of ["e", "", "e12", "e1-", "e8-"]) expect(() => experimentNamed(name)).toThrow(/no experiment/u);
  });
});

describe("a manifest", () => {
  const experiment = experimentNamed("e8-loss");
  const point = experiment.points("quick").find(({ labels }) => labels["protocol"] === "hotstuff");
  const points = point === undefined ? [] : [{ ...point, scenario: { ...point.scenario, durationMs: 2000 } }];

  it("run again gives byte-identical CSV, wherever and in whatever order the runs are done", async () => {
    const first = writeExperiment(
      join(folder, "first"),
      { experiment, size: "quick" },
      await runExperiment(experiment, points),
    );
    const manifest = await readManifest(join(folder, "first", "manifest.json"));
    const backwards: ExecuteRuns = async (requests, onDone) => {
      const done = requests.map((_, index) => requests.length - 1 - index);
      const results = new Map(
        done.map((index) => {
          const request = requests[index];
          if (request === undefined) throw new Error("a request an index");
          onDone();
          return [index, runScenario(request.scenario, { keepLatencies: request.keepLatencies })] as const;
        }),
      );
      return requests.map((_, index) => results.get(index) ?? fail());
    };
    const outcome = await runExperiment(experimentNamed(manifest.experiment), manifest.points, { execute: backwards });
    const second = writeExperiment(join(folder, "second"), { experiment, size: manifest.size }, outcome);
    expect(changedTables(first.manifest, second.manifest)).toEqual([]);
    const names = Object.keys(first.manifest.tables);
    expect(names.length).toBe(2);
    for (const name of names) {
      const text = readFileSync(join(folder, "first", name), "utf8");
      expect(readFileSync(join(folder, "second", name), "utf8")).toBe(text);
      expect(first.manifest.tables[name]).toBe(sha256Of(text));
      expect(text.split("\r\n").length).toBeGreaterThan(2);
    }
    for (const name of first.files) expect(readFileSync(join(folder, "first", name), "utf8").length).toBeGreaterThan(0);
  });

  it("tells which tables came out otherwise", async () => {
    const manifest = await readManifest(join(folder, "first", "manifest.json"));
    const other = { ...manifest, tables: { ...manifest.tables, "e8-loss.csv": sha256Of("other") } };
    expect(changedTables(manifest, other)).toEqual(["e8-loss.csv"]);
  });

  it("that is damaged is refused by field", async () => {
    const manifest = await readManifest(join(folder, "first", "manifest.json"));
    const refused = async (value: unknown, what: RegExp): Promise<void> => {
      const file = join(folder, "damaged.json");
      writeFileSync(file, JSON.stringify(value));
      await expect(readManifest(file)).rejects.toThrow(what);
    };
    await refused({ ...manifest, format: 2 }, /format/u);
    await refused({ ...manifest, points: [{ ...manifest.points[0], seeds: [] }] }, /seeds/u);
    await refused(
      { ...manifest, points: [{ ...manifest.points[0], scenario: { format: 1 } }] },
      /points\.0\.scenario/u,
    );
  });
});

describe("the hangover", () => {
  const second = (latencyMs: number, submitted = 10, count = submitted) => ({
    submitted,
    latencySumMs: latencyMs * count,
    latencyCount: count,
  });

  it("is the time from the end of the disturbance until two calm seconds", () => {
    const usual = [100, 100, 100, 100].map((ms) => second(ms));
    const seconds = [
      ...usual,
      second(2000),
      second(1000),
      second(400),
      second(140),
      second(200),
      second(149),
      second(100),
    ];
    expect(hangoverOf(seconds, { fromMs: 4000, toMs: 5000 })).toEqual({ usualMs: 100, worstMs: 2000, hangoverS: 4 });
  });

  it("is nothing if latency is usual at once, and unknown if it never is again", () => {
    const calm = [100, 100, 100, 900, 100, 100].map((ms) => second(ms));
    expect(hangoverOf(calm, { fromMs: 3000, toMs: 4000 }).hangoverS).toBe(0);
    const late = [100, 100, 100, 900, 900, 900].map((ms) => second(ms));
    expect(hangoverOf(late, { fromMs: 3000, toMs: 4000 }).hangoverS).toBeNull();
  });

  it("does not end in a second whose transactions were lost", () => {
    const seconds = [second(100), second(100), second(100), second(900), second(100, 10, 2), second(100), second(100)];
    expect(hangoverOf(seconds, { fromMs: 3000, toMs: 4000 }).hangoverS).toBe(1);
  });
});

function fail(): never {
  throw new Error("a result a request");
}
