// Runs every small scenario around the garbage-collection horizon and prints what came of them; failures are written down.
//
//   node packages/sim/test/swarm/explore-gc.ts [--phases 1…5] [--seed n]… [--every n] [--output folder]

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { gcCount, gcScenarios } from "../../src/swarm/gc-exploration.ts";
import { SwarmTally } from "../../src/swarm/run-swarm.ts";

const { values } = parseArgs({
  options: {
    phases: { type: "string", default: "5" },
    seed: { type: "string", multiple: true, default: ["1"] },
    /** Runs one in so many. */
    every: { type: "string", default: "1" },
    output: { type: "string", default: "gc-findings" },
  },
});

const phases = Number(values.phases);
const fileOf = ({ name, seed }: Scenario): string => join(values.output, `${name}-${seed}.json`);
const tally = new SwarmTally((scenario) => `selvedge sim run ${fileOf(scenario)}`);
const before = process.cpuUsage();
let number = 0;
for (const seed of values.seed) {
  for (const scenario of gcScenarios({ phases, seed: Number(seed) })) {
    number += 1;
    if (number % Number(values.every) !== 0) continue;
    const result = runScenario(scenario);
    tally.add(scenario, result);
    if (result.verdict === "PASS") continue;
    mkdirSync(values.output, { recursive: true });
    writeFileSync(fileOf(scenario), `${JSON.stringify(scenario, null, 2)}\n`);
  }
}
const { user, system } = process.cpuUsage(before);
const { count, verdicts, findings } = tally.report();
const seconds = (user + system) / 1_000_000;
console.log(`${count} of ${gcCount({ phases }) * values.seed.length} scenarios: ${JSON.stringify(verdicts)}`);
for (const finding of findings) console.log(JSON.stringify(finding));
console.log(`${(count / seconds).toFixed(1)} scenarios a second of CPU`);
process.exitCode = findings.length === 0 ? 0 : 1;
