// The last line of a check never looks better than the run was.

import { expect, test } from "vitest";
import { cruiseComplaint } from "../../check/cruise.ts";
import { finalLine, tallyOf } from "../../check/tally.ts";

test("a green run is counted as it was", () => {
  const report = { numPassedTests: 7, numFailedTests: 0, numPendingTests: 1, numTodoTests: 1 };
  expect(tallyOf(report, 0)).toEqual({ passed: 7, failed: 0, skipped: 2 });
});

test("a run that tested nothing fails", () => {
  expect(tallyOf({ numPassedTests: 0, numFailedTests: 0 }, 0).failed).toBe(1);
  expect(tallyOf({ numPassedTests: 0, numFailedTests: 0, numPendingTests: 9 }, 0).failed).toBe(1);
  expect(tallyOf(undefined, 0).failed).toBe(1);
});

test("a run that broke outside a test fails, once per broken file", () => {
  expect(tallyOf({ numPassedTests: 7, numFailedTests: 0, numFailedTestSuites: 2 }, 1).failed).toBe(2);
  expect(tallyOf({ numPassedTests: 7, numFailedTests: 0, numFailedTestSuites: 0 }, 1).failed).toBe(1);
  expect(tallyOf({ numPassedTests: 7, numFailedTests: 3, numFailedTestSuites: 4 }, 1).failed).toBe(3);
});

test("a failed step counts as one failure in the last line", () => {
  expect(finalLine({ passed: 7, failed: 0, skipped: 3 }, 0)).toBe("7 passed, 0 failed");
  expect(finalLine({ passed: 7, failed: 1, skipped: 0 }, 2)).toBe("7 passed, 3 failed");
});

test("a cruise that saw nothing, or less than there is, is no pass", () => {
  const verdict = (modules: number) => `no dependency violations found (${modules} modules, 90 dependencies cruised)`;
  expect(cruiseComplaint(verdict(30), 20)).toBeUndefined();
  expect(cruiseComplaint(verdict(0), 0)).toBeDefined();
  expect(cruiseComplaint(verdict(19), 20)).toBeDefined();
  expect(cruiseComplaint("", 0)).toBeDefined();
});
