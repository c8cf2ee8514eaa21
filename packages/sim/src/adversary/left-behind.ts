// Hooks are synchronous, but nothing keeps a user's code from starting what goes on after them. A promise that is rejected
// without anybody who waits for it is a failure of the adversary like any other: the run has no verdict.

import { setImmediate } from "node:timers/promises";
import { adversaryFailed } from "./adversary-error.ts";
import { reasonOf } from "./adversary-shape.ts";

/** Does the work; SIM_ADVERSARY_FAILED if adversaries of these files left a rejected promise behind. */
export async function refusingRejections<Result>(files: readonly string[], work: () => Result): Promise<Result> {
  if (files.length === 0) return work();
  const reasons: unknown[] = [];
  const keepFirst = (reason: unknown): void => {
    if (reasons.length === 0) reasons.push(reason);
  };
  process.on("unhandledRejection", keepFirst);
  let result: Result;
  try {
    result = work();
  } finally {
    // Node tells of them when nothing else is to be done at once.
    await setImmediate();
    process.off("unhandledRejection", keepFirst);
  }
  if (reasons.length === 0) return result;
  const [cause] = reasons;
  throw adversaryFailed(
    `adversary of ${files.join(", ")}: a rejected promise was left behind: ${reasonOf(cause)} (hooks are synchronous)`,
    { cause },
  );
}
