// Sources and registers list the same names, in both directions.

import { expect, test } from "vitest";
import { checkErrorCodes, checkLimits, errorCodes, limitNames, registeredNames } from "../../tidy/registers.ts";

test("a limit is an exported constant in capitals", () => {
  expect(limitNames("export const A_MAX = 1;\nconst B = 2;\nexport const c = 3;\nexport const D = 4;")).toEqual([
    "A_MAX",
    "D",
  ]);
});

test("a register's names stand in the first cell of a row", () => {
  expect(registeredNames("| name | value |\n|---|---|\n| `A_MAX` | 1 |\n| B_MAX | C_MAX |\n| acksMax | 2 |")).toEqual([
    "A_MAX",
    "B_MAX",
  ]);
});

test("codes are literals in capitals, not comments and not names of other projects", () => {
  const source = [
    'err(rejection("BLOCK_PARENTS_UNSORTED", "why"));',
    'readonly code = "BUSY";',
    'type Code = "IDX_A" | "IDX_B";',
    'reject("TORN", detail); // "NOT_THIS"',
    '/* "NOR_THIS" */ process.env["SELVEDGE_HOME"]; if (error.code === "LEVEL_NOT_FOUND") f("GET");',
  ].join("\n");
  expect(new Set(errorCodes(source))).toEqual(new Set(["BLOCK_PARENTS_UNSORTED", "BUSY", "IDX_A", "IDX_B", "TORN"]));
});

test("a limit without a row and a row without a limit are problems", () => {
  const source = { path: "packages/node/src/network/limits.ts", text: "export const PEERS_MAX = 1;" };
  expect(checkLimits([source, { path: "docs/limits.md", text: "| `OLD_MAX` | 1 |" }])).toEqual([
    { path: source.path, message: "limit PEERS_MAX has no row in docs/limits.md" },
    { path: "docs/limits.md", message: "limit OLD_MAX is in no source file" },
  ]);
  expect(checkLimits([source, { path: "docs/limits.md", text: "| `PEERS_MAX` | 1 |" }])).toEqual([]);
  expect(checkLimits([source])).toHaveLength(1);
});

test("a code without a row, a row without a code and a row given twice are problems", () => {
  const source = { path: "packages/node/src/a.ts", text: 'reject("A_WRONG")' };
  const testing = { path: "packages/node/src/testing/b.ts", text: 'reject("B_WRONG")' };
  expect(checkErrorCodes([source, testing, { path: "docs/errors.md", text: "| A_WRONG | x |" }])).toEqual([]);
  const messages = checkErrorCodes([source, { path: "docs/errors.md", text: "| C_OLD | x |\n| C_OLD | y |" }]);
  expect(messages.map(({ message }) => message)).toEqual([
    "code A_WRONG has no row in docs/errors.md",
    "code C_OLD is in no source file",
    "code C_OLD has two rows",
  ]);
});
