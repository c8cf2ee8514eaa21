// Whatever a user hands in by mistake or on purpose ends with one line that says what is wrong, a code, and exit code 2;
// never with a stack trace.

import { mkdirSync, mkdtempSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inProcess, sim } from "./cli-process.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-cli-"));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const huge = file("huge.json", "");
truncateSync(huge, 9 * 1024 * 1024);
mkdirSync(join(folder, "directory.json"));

describe("wrong input", () => {
  test.each([
    [["run"], "missing required argument", "USAGE"],
    [["frobnicate"], "unknown command", "USAGE"],
    [["run", "good-lan", "--sede", "1"], "Did you mean --seed?", "USAGE"],
    [["run", "good-lan", "--seed", "x"], "--seed is a whole number from 0 to 4294967295, not x", "USAGE"],
    [["run", "good-lan", "--set", "seed"], "--set takes path=value, not seed", "USAGE"],
    [["run", "good-lan", "--set", "sede=1"], "unknown field sede; did you mean seed?", "SIM_SCENARIO_INVALID"],
    [["run", "good-lan", "--set", "seed.x=1"], "cannot set seed.x: there is nothing below 1", "SIM_SCENARIO_INVALID"],
    [["run", "good-lan", "--protocol", "selvege"], "did you mean selvedge?", "SIM_SCENARIO_INVALID"],
    [["run", "good-lam"], "neither a built-in scenario nor a file; did you mean good-lan?", "SIM_FILE_UNREADABLE"],
    [["run", join(folder, "none.json")], "there is no such file", "SIM_FILE_UNREADABLE"],
    [["run", join(folder, "directory.json")], "is a directory", "SIM_FILE_UNREADABLE"],
    [["run", huge], "is larger than 8388608 bytes", "SIM_FILE_UNREADABLE"],
    [
      ["run", file("binary.json", Uint8Array.of(0x7f, 0x45, 0x4c, 0x46, 0xff, 0xfe))],
      "is not text",
      "SIM_FILE_UNREADABLE",
    ],
    [
      ["run", file("bad.json", '{\n  "format": 1,\n  seed: 1\n}')],
      "bad.json:3:3: not valid JSON",
      "SIM_SCENARIO_INVALID",
    ],
    [
      ["run", file("empty.json", "")],
      "empty.json:1:1: not valid JSON: the text ends too early",
      "SIM_SCENARIO_INVALID",
    ],
    [["run", file("deep.json", "[".repeat(200_000))], "the text ends too early", "SIM_SCENARIO_INVALID"],
    [["run", file("list.json", "[]")], "the file must be an object", "SIM_SCENARIO_INVALID"],
    [["run", file("escape.json", '{"\\u001b[2Jx": 1}')], "unknown field", "SIM_SCENARIO_INVALID"],
    [["run", "good-lan", "--adversary", join(folder, "none.ts")], "cannot be read", "SIM_ADVERSARY_FILE"],
    [
      ["run", "good-lan", "--adversary", file("no-adversary.mjs", "export const x = 1;")],
      "has no default export",
      "SIM_ADVERSARY_SHAPE",
    ],
    [["run", "good-lan", "--replay", file("no-log.json", "{}")], "no decision log", "SIM_DECISIONS_INVALID"],
    [["run", "good-lan", "-o", "x.json"], "add --shrink", "USAGE"],
    [
      ["sweep", file("sweep.json", '{"format":1,"name":"x","base":"good-lan","axs":{}}')],
      "unknown field axs; did you mean axes?",
      "SIM_SWEEP_INVALID",
    ],
    [
      ["sweep", file("loop.json", '{"format":1,"name":"x","base":"nowhere.json"}')],
      "nowhere.json cannot be read",
      "SIM_FILE_UNREADABLE",
    ],
    [["sweep", join(folder, "none.json")], "there is no such file", "SIM_FILE_UNREADABLE"],
    [["worker"], "required option '--queue <url>'", "USAGE"],
    [["worker", "--queue", "http://x"], "--queue takes redis://", "USAGE"],
    [["schema", "scenaro"], "did you mean scenario?", "USAGE"],
    [["scenarios", "--print", "good-wam"], "did you mean good-wan?", "USAGE"],
    [["behaviours", "equivocater"], "did you mean equivocator?", "SIM_BEHAVIOUR_UNKNOWN"],
    [["view", join(folder, "none.jsonl")], "there is no such file", "SIM_FILE_UNREADABLE"],
    [["view", folder], "is a directory", "SIM_FILE_UNREADABLE"],
    [["view", file("trace.jsonl", "rubbish\n")], "line 1", "SIM_TRACE_INVALID"],
    [["swarm"], "required option '--count <count>'", "USAGE"],
    [["swarm", "--count", "0"], "--count is a whole number from 1", "USAGE"],
    [["experiment", "nothing-like-it"], "nothing-like-it", "USAGE"],
  ])("%j", async (argv, message, code) => {
    const { exitCode, data, notes } = await inProcess(argv);
    expect(notes).toContain(message);
    expect(notes).toContain(`(${code})`);
    expect(notes).not.toMatch(/\n\s+at /u);
    // Control characters of a file do not reach the terminal.
    expect(notes).not.toContain("\u001b");
    expect(data).toBe("");
    expect(exitCode).toBe(2);
  });

  test("as a process: one line on stderr, nothing on stdout, exit code 2", async () => {
    expect(await sim(["run", "good-lam"])).toEqual({
      code: 2,
      signal: null,
      stdout: "",
      stderr:
        "error: good-lam is neither a built-in scenario nor a file; did you mean good-lan? (SIM_FILE_UNREADABLE)\n",
    });
  });

  test("an unreachable queue is exit code 69, and its password is not repeated", async () => {
    const sweep = file("one.json", JSON.stringify({ format: 1, name: "x", base: "good-lan" }));
    for (const argv of [["worker"], ["sweep", sweep]]) {
      const output = argv[0] === "sweep" ? ["-o", join(folder, "sweep-one")] : [];
      const { exitCode, notes } = await inProcess([...argv, ...output, "--queue", "redis://:topsecret@127.0.0.1:1"]);
      expect(exitCode).toBe(69);
      expect(notes).toContain("connection refused (SIM_QUEUE_UNREACHABLE)");
      expect(notes).not.toContain("secret");
    }
  });
});
