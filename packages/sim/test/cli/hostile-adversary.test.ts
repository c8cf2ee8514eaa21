// What an adversary's file may do to the process that runs it: whatever it is, no script reads a PASS.

import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { inProcess, sim } from "./cli-process.ts";

const SLOW_MS = 180_000;
const folder = mkdtempSync(join(tmpdir(), "selvedge-cli-"));
const SHORT = ["run", "good-lan", "--set", "durationMs=300", "--set", "workload.transactionsPerSecond=50"];

function adversary(name: string, text: string): readonly string[] {
  const path = join(folder, name);
  writeFileSync(path, text);
  return ["--adversary", path];
}

const hooked = (body: string): string =>
  `export default { name: "mine", power: "timing", onMessage() { ${body} return { type: "delay", ms: 1 }; } };`;

describe("an adversary that", { timeout: SLOW_MS }, () => {
  test.each([
    ["ends the process", "exit.mjs", hooked("process.exit(0);")],
    ["ends it with the code of a finding", "exit-1.mjs", hooked("process.exit(1);")],
    ["ends it as it is loaded", "top-exit.mjs", "process.exit(0); export default {};"],
    ["never loads", "never.mjs", "await new Promise(() => {}); export default {};"],
  ])("%s: exit code 70 and a sentence", async (_what, name, text) => {
    const { code, stdout, stderr } = await sim([...SHORT, ...adversary(name, text)]);
    expect([code, stdout]).toEqual([70, ""]);
    expect(stderr).toContain("ended before the command was done: there is no verdict (UNEXPECTED)\n");
  });

  test("throws: shrinking says so, as a run does, and finds nothing to shrink", async () => {
    const files = adversary("throws.mjs", hooked('throw new Error("boo");'));
    const [, ...scenario] = SHORT;
    const { exitCode, data, notes } = await inProcess(["shrink", ...scenario, ...files]);
    expect(notes).toMatch(/boo.*\(SIM_ADVERSARY_FAILED\)\n$/u);
    expect([exitCode, data]).toEqual([2, ""]);
  });

  test("leaves a rejected promise behind: SIM_ADVERSARY_FAILED", async () => {
    const files = adversary("rejects.mjs", hooked('Promise.reject(new Error("late boo"));'));
    const { code, stdout, stderr } = await sim([...SHORT, ...files]);
    expect(stderr).toMatch(/^error: adversary of .*rejects\.mjs: a rejected promise was left behind: late boo .*\n$/u);
    expect(stderr).toContain("(SIM_ADVERSARY_FAILED)");
    expect([code, stdout]).toEqual([2, ""]);
  });

  test("has control characters in its name and its acts: none reaches the terminal", async () => {
    const text = `export default { name: "a\\u001b[2J\\nPASS", power: "timing", onMessage(m, w) { w.acted("b\\u009b\\nc"); return { type: "delay", ms: 1 }; } };`;
    const { stdout, stderr } = await sim([
      ...SHORT,
      ...adversary("control.mjs", text),
      "--set",
      String.raw`name="x\u001b[31m\nPASS  forged"`,
    ]);
    expect(stderr).toBe("");
    expect(stdout).toMatch(/^PASS {2}x\?\[31m\?PASS {2}forged: selvedge/u);
    expect(stdout).toContain("a?[2J?PASS: b??c");
    expect(stdout).not.toMatch(/(?!\n)\p{Cc}/u);
  });
});
