// Child process of run-later.ts: runs test suites of the packages over the product with one seeded defect (or none), until
// the first test fails; all of their tests, or those that a pattern fits. Prints a line of JSON for each failed test and one with their number, and in the end the CPU time
// of the whole process, whose threads the suites run in.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type TestModule, type VitestPluginContext, startVitest } from "vitest/node";
import { LATER_MUTANTS } from "./later-mutants.ts";
import type { Mutant } from "./mutant.ts";
import { PACKAGES, patched } from "./patch.ts";

/** A test that failed, or a file that could not even be loaded. */
export interface BrokenLaw {
  readonly suite: string;
  readonly law: string;
}

interface VitestPlugin {
  readonly name: string;
  readonly load: (path: string) => string | undefined;
  readonly configureVitest: (context: VitestPluginContext) => void;
}

const [id = "none", pattern = "", ...suites] = process.argv.slice(2);
const mutant = LATER_MUTANTS.find((candidate) => candidate.id === id);
if (mutant === undefined && id !== "none") throw new Error(`there is no mutant ${id}`);

const root = fileURLToPath(PACKAGES);
const vitest = await startVitest(
  "test",
  suites.map((suite) => `${root}${suite}`),
  {
    root,
    config: false,
    watch: false,
    include: suites,
    bail: mutant === undefined ? 0 : 1,
    ...(pattern !== "" && { testNamePattern: pattern }),
    pool: "threads",
    maxWorkers: 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: [{}],
  },
  { plugins: mutant === undefined ? [] : [pluginOf(mutant)] },
);
const modules = vitest.state.getTestModules();
let count = 0;
for (const module of modules) {
  count += [...module.children.allTests()].length;
  for (const law of brokenOf(module)) {
    const told: BrokenLaw = { suite: module.moduleId.slice(root.length), law };
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
}
process.stdout.write(`tests ${count}\n`);
const { user, system } = process.cpuUsage();
process.stdout.write(`cpu ${(user + system) / 1_000_000}\n`);
await vitest.close();
process.exit(0);

function pluginOf(seeded: Mutant): VitestPlugin {
  const target = fileURLToPath(new URL(seeded.file, PACKAGES));
  return {
    name: "seeded-defect",
    load: (path) => (path === target ? patched(seeded, readFileSync(target, "utf8")) : undefined),
    // Transformed modules are kept from run to run; the patched one must never be taken for the sound one, or for another.
    configureVitest: ({ defineCacheKeyGenerator }) =>
      defineCacheKeyGenerator(({ id: path }) => (path === target ? false : undefined)),
  };
}

function brokenOf(module: TestModule): readonly string[] {
  const tests = [...module.children.allTests("failed")].map(({ name }) => name);
  return tests.length === 0 && module.errors().length > 0 ? ["the suite itself"] : tests;
}
