// A part of this repository's own tests as the injection: for what only they can hold still long enough to be judged.

import { join } from "node:path";
import { REPOSITORY } from "./places.ts";
import { runPlain } from "./strace.ts";

const MAX_MS = 3_600_000;

export async function runVitest(filter: string): Promise<{ readonly code: number | null; readonly passed: number }> {
  const args = [join(REPOSITORY, "node_modules/vitest/vitest.mjs"), "run", filter, "--root", REPOSITORY];
  const { code, stdout } = await runPlain({ file: process.execPath, args, timeoutMs: MAX_MS });
  return { code, passed: Number(/Tests .*?(\d+) passed/u.exec(stdout)?.[1] ?? "0") };
}
