// Reads the test runner's JSON report. A run that tested nothing, or broke outside a test, counts as a failure.

export interface TestTally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export function tallyOf(report: unknown, exitCode: number): TestTally {
  const passed = countIn(report, "numPassedTests");
  const failed = countIn(report, "numFailedTests");
  const skipped = countIn(report, "numPendingTests") + countIn(report, "numTodoTests");
  const brokeElsewhere = failed === 0 && (exitCode !== 0 || passed === 0);
  return { passed, failed: brokeElsewhere ? Math.max(1, countIn(report, "numFailedTestSuites")) : failed, skipped };
}

/** The last line of a check. A failed step counts as one failure, so that the line never looks better than the run. */
export function finalLine(tests: TestTally, failedStepCount: number): string {
  return `${tests.passed} passed, ${tests.failed + failedStepCount} failed`;
}

function countIn(report: unknown, name: string): number {
  if (typeof report !== "object" || report === null) return 0;
  const count: unknown = Object.entries(report).find(([key]) => key === name)?.[1];
  return typeof count === "number" && Number.isSafeInteger(count) && count >= 0 ? count : 0;
}
