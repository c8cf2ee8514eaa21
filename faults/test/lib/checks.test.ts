import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BlockRef, digestFromBytes, round, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { BlockWatch } from "../../lib/block-watch.ts";
import { Checks, type Fault, SkippedFault } from "../../lib/fault.ts";
import { Random } from "../../lib/random.ts";
import { tableLine } from "../../lib/result.ts";
import { runFault } from "../../lib/run-fault.ts";

function ref(author: number, inRound: number, fill: number): BlockRef {
  return {
    author: validatorIndex(author),
    round: round(inRound),
    digest: digestFromBytes(new Uint8Array(32).fill(fill)),
  };
}

function run(body: Fault["run"]): ReturnType<typeof runFault> {
  const fault: Fault = { id: "F00", title: "nothing", how: "not", expected: "nothing", run: body };
  return runFault(fault, {
    folder: join(mkdtempSync(join(tmpdir(), "faults-test-")), "f"),
    random: new Random("x"),
    isSample: true,
    count: (_, sample) => sample,
    note: () => undefined,
  });
}

test("a run that injected nothing has not passed", async () => {
  const result = await run(async (_, checks) => void checks.expect("C1", true, ""));
  expect(result.state).toBe("failed");
});

test("a run that checked nothing has not passed", async () => {
  const result = await run(async (_, checks) => void (checks.injections += 1));
  expect(result.state).toBe("failed");
});

test("one broken checker fails the run and is named in the table", async () => {
  const result = await run(async (_, checks) => {
    checks.injections += 1;
    checks.expect("C2", true, "");
    checks.expect("C3", false, "two blocks in round 7");
  });
  expect(result.state).toBe("failed");
  expect(tableLine(result)).toContain("C3: two blocks in round 7");
  expect(tableLine(result)).toContain("C2 ok, C3 FAILED");
});

test("a fault that cannot be injected here is skipped with its reason, whatever was checked before", async () => {
  const result = await run(async (_, checks) => {
    checks.injections += 1;
    checks.expect("C1", true, "");
    throw new SkippedFault("no strace");
  });
  expect(result.state).toBe("skipped");
  expect(result.reason).toBe("no strace");
});

test("a run that broke off has failed", async () => {
  const result = await run(async (_, checks) => {
    checks.injections += 1;
    checks.expect("C1", true, "");
    throw new Error("lost the thread");
  });
  expect(result.state).toBe("failed");
  expect(result.reason).toBe("lost the thread");
});

test("two blocks of one author and round break C3, unless the author is meant to equivocate", () => {
  const checks = new Checks();
  checks.injections = 1;
  const watch = new BlockWatch(checks, [3]);
  for (const block of [ref(1, 5, 1), ref(1, 5, 1), ref(3, 5, 1), ref(3, 5, 2)]) watch.see(block);
  expect(checks.isPassed).toBe(true);
  expect(watch.twinCount).toBe(1);
  watch.see(ref(1, 5, 2));
  expect(checks.isPassed).toBe(false);
});

test("what a run tells names files as seen from its own folder", async () => {
  const folder = join(mkdtempSync(join(tmpdir(), "faults-test-")), "f");
  const fault: Fault = {
    id: "F00",
    title: "nothing",
    how: "not",
    expected: "nothing",
    run: async (_, checks) => {
      checks.remark(`${folder}/v0/CURRENT is missing`);
      checks.expect("C6", false, `${folder}/v0 is not whole`);
      throw new Error(`cannot open ${folder}/v0`);
    },
  };
  const context = { folder, random: new Random("x"), isSample: true, count: () => 1, note: () => undefined };
  const { remarks, verdicts, reason } = await runFault(fault, context);
  expect(remarks).toEqual(["v0/CURRENT is missing"]);
  expect(verdicts.flatMap(({ broken }) => broken)).toEqual(["v0 is not whole"]);
  expect(reason).toBe("cannot open v0");
});
