// Nothing that a command reads is emptied by what it writes, and no two things are written into one file.

import { linkSync, mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inProcess } from "./cli-process.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-cli-"));
const at = (...names: readonly string[]): string => [folder, ...names].join("/");

const KEPT = "what must not be lost\n";
writeFileSync(at("kept"), KEPT);
mkdirSync(at("below"));
linkSync(at("kept"), at("hard"));
symlinkSync("kept", at("soft"));
symlinkSync("fresh", at("dangling"));
symlinkSync("below", at("folder"));

const RUN = ["run", "good-lan"];

describe("one file for two things is refused before it is opened", () => {
  test.each([
    ["the trace that is read", ["export", at("kept"), "--perfetto", at("kept")], "the trace and --perfetto"],
    [
      "spelled differently",
      ["export", at("kept"), "--perfetto", at("below", "..", "kept")],
      "the trace and --perfetto",
    ],
    ["by a hard link", ["export", at("kept"), "--shiviz", at("hard")], "the trace and --shiviz"],
    ["by a symbolic link", ["view", at("soft"), "-o", at("kept")], "the trace and the page"],
    [
      "two that are new",
      ["export", at("kept"), "--perfetto", at("p"), "--shiviz", at(".", "p")],
      "--perfetto and --shiviz",
    ],
    [
      "in one folder",
      [...RUN, "--trace", at("folder", "x"), "--decisions", at("below", "x")],
      "--trace and --decisions",
    ],
    ["made through a link", [...RUN, "--trace", at("fresh"), "--perfetto", at("dangling")], "--trace and --perfetto"],
    ["the scenario", ["run", at("kept"), "--decisions", at("kept")], "the scenario and --decisions"],
    ["the choices", [...RUN, "--replay", at("kept"), "--decisions", at("soft")], "--replay and --decisions"],
    ["the adversary", [...RUN, "--adversary", at("kept"), "--trace", at("kept")], "--adversary and --trace"],
    ["what shrinks", [...RUN, "--shrink", "-o", at("m"), "--trace", at("m")], "--trace and what --shrink writes"],
  ])("%s", async (_what, argv, expected) => {
    const { exitCode, notes, data } = await inProcess(argv);
    expect(notes).toContain(`error: ${expected} are the same file`);
    expect(notes).toMatch(/\(USAGE\)\n$/u);
    expect([exitCode, data]).toEqual([2, ""]);
    expect(readFileSync(at("kept"), "utf8")).toBe(KEPT);
  });

  test("devices are nobody's, and a name of a built-in scenario is no file", async () => {
    const none = ["--set", "sede=1"];
    for (const argv of [
      ["--trace", "/dev/null", "--decisions", "/dev/null"],
      ["--trace", "good-lan"],
    ]) {
      const { notes } = await inProcess([...RUN, ...argv, ...none]);
      expect(notes).toContain("unknown field sede");
    }
  });
});
