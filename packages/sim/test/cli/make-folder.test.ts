// An output folder is made or refused, and in either case there is an answer.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makeFolder } from "../../src/make-folder.ts";
import { startSim } from "./cli-process.ts";

const folder = mkdtempSync(join(tmpdir(), "selvedge-folder-"));

describe("an output folder", () => {
  test("is made with those above it, or left as it is", () => {
    const deep = join(folder, "a", "b", "c");
    makeFolder(deep);
    makeFolder(deep);
    expect(statSync(deep).isDirectory()).toBe(true);
  });

  test("is refused below a file", () => {
    writeFileSync(join(folder, "file"), "");
    expect(() => makeFolder(join(folder, "file", "below", "it"))).toThrow("ENOTDIR");
  });

  test("may be made by many at once", () => {
    const code = `import(process.argv[1]).then(({ makeFolder }) => makeFolder(process.argv[2]));`;
    mkdirSync(join(folder, "many"));
    const target = join(folder, "many", "x", "y");
    const module = new URL("../../src/make-folder.ts", import.meta.url).href;
    const commands = Array.from({ length: 3 }, () => '"$0" -e "$1" "$2" "$3" &').join("\n");
    execFileSync("sh", ["-c", `${commands}\nwait`, process.execPath, code, module, target]);
    expect(existsSync(target)).toBe(true);
  });

  test.runIf(existsSync("/proc/self"))(
    "is refused where the system makes none, instead of asking for ever",
    { timeout: 180_000 },
    async () => {
      expect(() => makeFolder("/proc/none/jobs")).toThrow("ENOENT");
      writeFileSync(join(folder, "sweep.json"), JSON.stringify({ format: 1, name: "one", base: "good-lan" }));
      const { child, ended } = startSim(["sweep", join(folder, "sweep.json"), "-o", "/proc/none"]);
      const impatience = setTimeout(() => child.kill("SIGKILL"), 120_000);
      const { code, stderr } = await ended;
      clearTimeout(impatience);
      expect(stderr).toContain("(SIM_OUTPUT_FAILED)");
      expect(code).toBe(74);
    },
  );
});
