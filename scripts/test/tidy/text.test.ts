// Single-file checks: each refuses its own fault and lets the ordinary case pass.

import { expect, test } from "vitest";
import {
  checkSize,
  checkText,
  headingMessages,
  lockFileMessages,
  machineMessages,
  noteMessages,
  wordMessages,
} from "../../tidy/text.ts";

test("a document has exactly one first-level heading, code blocks aside", () => {
  expect(headingMessages("# One\n## Two\n```sh\n# a comment\n```\n")).toEqual([]);
  expect(headingMessages("# One\n# Two\n")).toHaveLength(1);
  expect(headingMessages("no heading")).toHaveLength(1);
});

test("words of other systems are refused as whole words only", () => {
  expect(wordMessages("The validator determines; examiners agree.")).toEqual([]);
  expect(wordMessages("Each Authority signs.")).toEqual(['says "authority"; say validator']);
});

test("a note to oneself carries an issue number or does not merge", () => {
  expect(noteMessages("// TODO(#12): later")).toEqual([]);
  expect(noteMessages("// TODO: later")).toHaveLength(1);
  expect(noteMessages("// TODO(me)\n// FIXME")).toHaveLength(2);
});

test("a lock file names no place to download from", () => {
  expect(lockFileMessages("  vitest@5.1.0:\n    resolution: {integrity: sha512-abc}")).toEqual([]);
  expect(lockFileMessages("resolution: {tarball: https://packages.example/x.tgz}")).toHaveLength(2);
  expect(lockFileMessages('"resolved": "x"')).toHaveLength(1);
});

test("a path of one developer's machine is refused, a route or an address is not", () => {
  expect(machineMessages('const route = "/v1/models"; // see https://example.org/home/page and ./work/x')).toEqual([]);
  expect(machineMessages('read("/home/someone/data")')).toHaveLength(1);
  expect(machineMessages('read("/work/data")')).toHaveLength(1);
});

test("an index that re-exports everything is a problem", () => {
  const path = "packages/integrity/src/index.ts";
  expect(checkText({ path, text: 'export * from "./a.ts";\n' })).toHaveLength(1);
  expect(checkText({ path, text: 'export { a } from "./a.ts";\n' })).toEqual([]);
});

test("large files and binaries do not belong in the repository", () => {
  expect(checkSize({ path: "a.ts", sizeBytes: 512 * 1024, text: "" })).toEqual([]);
  expect(checkSize({ path: "a.ts", sizeBytes: 512 * 1024 + 1, text: "" })).toHaveLength(1);
  expect(checkSize({ path: "a.bin", sizeBytes: 3, text: undefined })).toHaveLength(1);
});
