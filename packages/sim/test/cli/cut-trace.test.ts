// What a killed run leaves can be looked at.

import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { tracedNetwork } from "../trace/traced-network.ts";
import { inProcess } from "./cli-process.ts";

test("a trace that ends in the middle of a line is shown and exported, with a note", async () => {
  const folder = mkdtempSync(join(tmpdir(), "selvedge-cli-"));
  const trace = join(folder, "cut.jsonl");
  const text = tracedNetwork({ size: 4, untilMs: 300 }).trimEnd();
  writeFileSync(trace, text.slice(0, text.lastIndexOf("\n") + 20));
  const note = "note: the trace ends in the middle of a line, which is left out: the run was cut short\n";
  const [page, picture, clocks] = ["cut.html", "cut.json", "cut.log"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  expect(await inProcess(["view", trace, "-o", page])).toMatchObject({ exitCode: 0, notes: note });
  expect(readFileSync(page, "utf8")).toContain("the trace ends without a result: the run was cut short");
  // Said once, however often the trace is read.
  const exported = await inProcess(["export", trace, "--perfetto", picture, "--shiviz", clocks]);
  expect(exported).toMatchObject({ exitCode: 0, notes: note });
  expect(JSON.parse(readFileSync(picture, "utf8"))).toHaveProperty("traceEvents");
});
