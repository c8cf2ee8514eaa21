// The command line on real runs: verdicts and exit codes, files that it writes, replays, pipes that close.

import { spawn } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { type Ended, inProcess, sim, startSim } from "./cli-process.ts";

const SLOW_MS = 180_000;
const folder = mkdtempSync(join(tmpdir(), "selvedge-cli-"));
/** Four nodes for a short while: some hundred blocks. */
const SHORT = ["good-lan", "--set", "durationMs=700", "--set", "workload.transactionsPerSecond=100"];
/** Two of four nodes are gone for good: no quorum. */
const STALLS = [
  ...SHORT,
  "--set",
  'faults.0={"type":"crash","nodes":[2,3],"fromMs":150}',
  "--set",
  'checks={"commitGapMaxMs":300}',
];

function digestIn(ended: Ended): string {
  return /trace digest\s+([0-9a-f]{64})/u.exec(ended.stdout)?.[1] ?? `no digest: ${ended.stdout}${ended.stderr}`;
}

describe("run", { timeout: SLOW_MS }, () => {
  test("a good network passes; its trace, its choices and its picture can be kept, and the choices replay it", async () => {
    const [trace, perfetto, decisions] = ["t.jsonl", "p.json", "d.json"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    const first = await sim(["run", ...SHORT, "--trace", trace, "--perfetto", perfetto, "--decisions", decisions]);
    expect(first.stderr).toBe("");
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(
      /^PASS {2}good-lan: selvedge, 4 nodes, seed 1, 0\.7 s of virtual time, modelled crypto\n/u,
    );
    expect(first.stdout).not.toContain("replay:");
    expect(readFileSync(trace, "utf8")).toMatch(/^\{"type":"trace"[^\n]*\n[^]*\{"type":"result","verdict":"PASS"/u);
    expect(JSON.parse(readFileSync(perfetto, "utf8"))).toHaveProperty("traceEvents");

    // Another seed would draw otherwise: the log alone decides.
    const replay = await inProcess(["run", ...SHORT, "--replay", decisions, "--json"]);
    expect(JSON.parse(replay.data)).toMatchObject({
      verdict: "PASS",
      scenario: "good-lan",
      traceDigest: digestIn(first),
    });

    const view = await inProcess(["view", trace, "-o", join(folder, "t.html")]);
    expect([view.exitCode, view.notes]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "t.html"), "utf8")).toContain("<!doctype html>");
    const exported = await inProcess(["export", trace, "--perfetto", join(folder, "again.json")]);
    expect([exported.exitCode, exported.notes]).toEqual([0, ""]);
    expect(readFileSync(join(folder, "again.json"), "utf8")).toBe(readFileSync(perfetto, "utf8"));
  });

  test("without a quorum a run stalls: exit code 1, and the command it prints does it again", async () => {
    const failed = await sim(["run", ...STALLS, "--seed", "7"]);
    expect([failed.code, failed.stderr]).toEqual([1, ""]);
    expect(failed.stdout).toMatch(/^STALLED {2}good-lan/u);
    const [, line = ""] = /^replay: selvedge sim (.*)$/mu.exec(failed.stdout) ?? [];
    const again = await viaShell(line);
    expect(again.code).toBe(1);
    expect(digestIn(again)).toBe(digestIn(failed));
  });

  test("a fault that never acts makes a run inconclusive: exit code 3", async () => {
    const { exitCode, data } = await inProcess([
      "run",
      ...SHORT,
      "--set",
      'faults.0={"type":"link","from":[0],"to":[0],"lossProbability":1}',
    ]);
    expect(data).toMatch(/^INCONCLUSIVE/u);
    expect(exitCode).toBe(3);
  });

  test("the same scenario is the same here, in a thread and in another process, also with an adversary of one's own", async () => {
    const adversary = join(folder, "slow-zero.ts");
    writeFileSync(
      adversary,
      `export default () => {
  let count: number = 0;
  return {
    name: "slow-zero",
    power: "timing",
    onMessage: (message, world) => {
      if (message.from !== 0) return undefined;
      count += 1;
      world.acted("delayed");
      return { type: "delay", ms: 1 + world.choices.below(5) + (count % 3) };
    },
  };
};
`,
    );
    const argv = ["run", ...SHORT, "--adversary", adversary, "--check-determinism"];
    const { code, stdout, stderr } = await sim(argv, { env: { SELVEDGE_SECOND_NODE: process.execPath } });
    expect(stderr).toContain(`another process, ${process.execPath}\n`);
    expect(stderr).toContain(
      "deterministic: the same trace digest in this process, this process again, a worker thread, another process",
    );
    expect(stdout).toContain("slow-zero");
    expect(code).toBe(0);
  });

  test("an adversary that does not depend on the scenario alone is found out: exit code 70", async () => {
    const adversary = join(folder, "dice.ts");
    writeFileSync(
      adversary,
      `export default { name: "dice", power: "timing", onMessage: () => ({ type: "delay", ms: 1 + (process.pid % 97) + Math.floor(Math.random() * 9) }) };\n`,
    );
    const { code, stderr } = await sim(["run", ...SHORT, "--adversary", adversary, "--check-determinism"]);
    expect(stderr).toContain("(SIM_NONDETERMINISTIC)");
    expect(code).toBe(70);
  });

  test("shrinking writes a smaller scenario that fails in the same way", async () => {
    const file = join(folder, "minimal.json");
    const faults = [
      "--set",
      'faults.1={"type":"pause","nodes":[0],"fromMs":100,"toMs":150}',
      "--set",
      'faults.2={"type":"clock","nodes":[1],"offsetMs":50}',
    ];
    const shrunk = await inProcess(["shrink", ...STALLS, ...faults, "-o", file, "--runs", "40"]);
    expect(shrunk.notes).toBe("");
    expect(shrunk.data).toContain("shrunk: STALLED");
    expect(shrunk.exitCode).toBe(1);
    const minimal: { faults: { type: string }[] } = JSON.parse(readFileSync(file, "utf8"));
    expect(minimal.faults.map(({ type }) => type)).toEqual(["crash"]);
    expect((await inProcess(["run", file])).data).toMatch(/^STALLED/u);
  });

  test.each([
    ["a trace in a folder that is not there", ["--trace", join(folder, "none", "t.jsonl")]],
    ["choices over a folder", ["--decisions", folder]],
    ["a full disk", ["--trace", "/dev/full"]],
  ])("%s cannot be written: exit code 74", async (_what, options) => {
    const { exitCode, notes, data } = await inProcess(["run", ...SHORT, ...options]);
    expect(notes).toContain("(SIM_OUTPUT_FAILED)");
    expect(data).toBe("");
    expect(exitCode).toBe(74);
  });

  test("a reader that closes the pipe changes neither the exit code nor the quiet", async () => {
    const child = startSim(["schema", "scenario"]);
    child.child.stdout?.destroy();
    expect(await child.ended).toMatchObject({ code: 0, stderr: "" });
    const failing = startSim(["run", ...STALLS]);
    failing.child.stdout?.destroy();
    expect(await failing.ended).toMatchObject({ code: 1, stderr: "" });
  });
});

describe("many runs", { timeout: SLOW_MS }, () => {
  test("a sweep runs, is found done, and stops in an orderly way", async () => {
    const here = join(folder, "sweeps");
    mkdirSync(here);
    const sweep = {
      format: 1,
      name: "two",
      base: "good-lan",
      axes: { durationMs: [600], "committee.size": [4, 5] },
      seeds: [1, 2],
    };
    writeFileSync(join(here, "two.json"), JSON.stringify(sweep));
    const first = await sim(["sweep", "two.json", "--workers", "2"], { cwd: here });
    expect(first.stdout).toMatch(/^4 jobs: 4 (PASS|INCONCLUSIVE)\nsweep-two\/sweep.csv\n$/u);
    writeFileSync(join(here, "same.json"), JSON.stringify({ ...sweep, axes: { durationMs: [600] }, seeds: [1, 1] }));
    const same = await inProcess(["sweep", join(here, "same.json"), "-o", join(here, "sweep-same")]);
    expect(same.data).toMatch(/^2 rows of 1 job: 2 (PASS|INCONCLUSIVE)\n/u);
    const again = await inProcess(["sweep", join(here, "two.json"), "-o", join(here, "sweep-two"), "--json"]);
    expect(JSON.parse(again.data)).toMatchObject({ total: 4, reused: 4, isStopped: false });

    writeFileSync(
      join(here, "long.json"),
      JSON.stringify({ ...sweep, axes: { durationMs: [500] }, seeds: { from: 1, count: 5000 } }),
    );
    const long = startSim(["sweep", "long.json", "--workers", "1"], { cwd: here });
    const jobs = join(here, "sweep-long", "jobs");
    while (!existsSync(jobs) || readdirSync(jobs).length < 2) await new Promise((resolve) => setTimeout(resolve, 20));
    long.child.kill("SIGINT");
    const stopped = await long.ended;
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("the same command goes on where this one was");
    expect(existsSync(join(here, "sweep-long", "sweep.csv"))).toBe(false);
  });

  test("a folder that may not be written to is exit code 74", async () => {
    const locked = join(folder, "locked");
    mkdirSync(locked);
    chmodSync(locked, 0o500);
    writeFileSync(join(folder, "one.json"), JSON.stringify({ format: 1, name: "one", base: "good-lan" }));
    // Root may write anywhere: a file in the way stops everybody.
    const target = process.getuid?.() === 0 ? join(folder, "one.json", "below") : join(locked, "below");
    const { exitCode, notes } = await inProcess(["sweep", join(folder, "one.json"), "-o", target]);
    expect(notes).toContain("(SIM_OUTPUT_FAILED)");
    expect(exitCode).toBe(74);
  });

  test("a swarm counts what passes and keeps what does not", async () => {
    const findings = join(folder, "findings");
    const argv = [
      "swarm",
      "--count",
      "2",
      "--seed",
      "3",
      "--size-max",
      "4",
      "--workers",
      "1",
      "-o",
      findings,
      "--json",
    ];
    const { exitCode, data } = await inProcess(argv);
    const summary: { count: number; verdicts: Record<string, number>; kept: { file: string }[] } = JSON.parse(data);
    const { PASS: passed = 0, INCONCLUSIVE: doubtful = 0 } = summary.verdicts;
    expect(summary.count).toBe(2);
    expect(summary.kept).toHaveLength(2 - passed - doubtful);
    expect(summary.kept.every(({ file }) => existsSync(file))).toBe(true);
    expect(exitCode).toBe(summary.kept.length > 0 ? 1 : passed > 0 ? 0 : 3);
  });
});

describe("experiments", { timeout: SLOW_MS }, () => {
  test("a manifest runs again to the same bytes, and says so if it does not", async () => {
    const first = join(folder, "e18");
    const run = await inProcess(["experiment", "e18-message-delays", "--quick", "-o", first, "--workers", "1"]);
    expect(run.exitCode, run.notes).toBe(0);
    // A slow machine is told how far it is.
    expect(run.notes).toMatch(/^(\d+ of \d+ runs(, about \d+ s to go)?\n)*$/u);
    expect(run.data).toContain("e18-message-delays.csv");
    expect(existsSync(join(first, "runs"))).toBe(false);
    // What theory says (G30), of every block that leads.
    const csv = readFileSync(join(first, "e18-message-delays.csv"), "utf8");
    for (const where of ["its author", "the others"])
      expect(csv).toMatch(new RegExp(`^selvedge,4,P,leader,${where},\\d+,3,3,3\r$`, "mu"));

    const manifest = readFileSync(join(first, "manifest.json"), "utf8");
    writeFileSync(
      join(folder, "wrong.json"),
      manifest.replace(/("e18-message-delays.csv": )"[0-9a-f]{8}/u, '$1"00000000'),
    );
    const wrong = await inProcess(["experiment", "--manifest", join(folder, "wrong.json"), "-o", first]);
    // The other table stands in the manifest, too, and is byte for byte what it was.
    expect(wrong.notes).toMatch(/: e18-message-delays\.csv \(SIM_NONDETERMINISTIC\)\n$/u);
    expect(wrong.exitCode).toBe(70);
    // What was there stays; what was made now lies beside it.
    expect(readFileSync(join(first, "manifest.json"), "utf8")).toBe(manifest);
    expect(readFileSync(join(first, "mismatch", "e18-message-delays.csv"), "utf8")).toBe(csv);
    expect(wrong.notes).toContain(`these are in ${join(first, "mismatch")}`);
  });

  test("they are listed", async () => {
    expect((await inProcess(["experiment"])).data).toContain("e18-message-delays");
  });
});

describe("lists", { timeout: SLOW_MS }, () => {
  test.each([
    [["scenarios"], "good-wan"],
    [["networks"], "bft-5"],
    [["behaviours"], "equivocator"],
    [["behaviours", "equivocator"], "options:"],
    [["protocols"], "selvedge"],
    [["schema"], '"title": "A scenario of the simulator"'],
    [["schema", "trace"], "anyOf"],
  ])("%j", async (argv, expected) => {
    const { exitCode, data, notes } = await inProcess(argv);
    expect(data).toContain(expected);
    expect([exitCode, notes]).toEqual([0, ""]);
  });

  test("help and version go to stdout and are no failure", async () => {
    expect(await sim(["--version"])).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^selvedge sim 0/u),
    });
    expect((await sim(["run", "--help"])).stdout).toContain("--check-determinism");
  });

  test("a printed scenario is a scenario", async () => {
    const { data } = await inProcess(["scenarios", "--print", "good-lan"]);
    const file = join(folder, "printed.json");
    writeFileSync(file, data);
    const { exitCode, data: report } = await inProcess(["run", file, "--set", "durationMs=1000", "--json"]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(report)).toMatchObject({ scenario: "good-lan", isCryptoModelled: true });
  });
});

/** The line as a user pastes it. */
function viaShell(line: string): Promise<Ended> {
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const child = spawn("sh", ["-c", `"$0" "$1" ${line}`, process.execPath, main], { stdio: ["ignore", "pipe", "pipe"] });
  const output = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (output.stderr += text.toString()));
  return new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...output })));
}
