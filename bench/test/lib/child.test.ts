// Processes under measurement: what they say when they are ready, and what is said of those that never are.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ChildPlan, startChild } from "../../lib/child.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-child-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function planOf(name: string, source: string): Promise<ChildPlan> {
  const script = join(folder, `${name}.mjs`);
  await writeFile(script, source);
  return { name, script, args: [], logFile: join(folder, `${name}.log`) };
}

test("is ready once it says where it listens, and stops when told to", async () => {
  const plan = await planOf(
    "ready",
    'console.log(JSON.stringify({ api: "http://here" })); setInterval(() => {}, 1000);',
  );
  const child = await startChild(plan);
  expect(child.apiUrl).toBe("http://here");
  await child.stop();
});

test("that ends first, says nonsense or says nothing is named, with its log", async () => {
  const ended = await planOf("ended", "");
  await expect(startChild(ended)).rejects.toThrow(`ended ended before it was ready; see ${ended.logFile}`);
  const odd = await planOf("odd", 'console.log("{}"); setInterval(() => {}, 1000);');
  await expect(startChild(odd)).rejects.toThrow("odd said {}");
  const silent = { ...(await planOf("silent", "setInterval(() => {}, 1000);")), readyMaxMs: 1000 };
  await expect(startChild(silent)).rejects.toThrow(`silent was not ready within 1 s; see ${silent.logFile}`);
});
