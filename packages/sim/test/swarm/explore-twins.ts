// Runs every small Twins scenario and prints what came of them and how fast they went; failures are written down.
//
//   node packages/sim/test/swarm/explore-twins.ts [--rounds 1|2|3] [--seed n]… [--output folder]

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { SwarmTally } from "../../src/swarm/run-swarm.ts";
import { twinsCount, twinsScenarios } from "../../src/swarm/twins-exploration.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "3" },
    seed: { type: "string", multiple: true, default: ["1"] },
    output: { type: "string", default: "twins-findings" },
  },
});

const rounds = Number(values.rounds);
const fileOf = ({ name, seed }: Scenario): string => join(values.output, `${name.replaceAll("|", "_")}-${seed}.json`);
const tally = new SwarmTally((scenario) => `selvedge sim run ${fileOf(scenario)}`);
const before = process.cpuUsage();
for (const seed of values.seed) {
  for (const scenario of twinsScenarios({ rounds, seed: Number(seed) })) {
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
console.log(`${count} of ${twinsCount({ rounds }) * values.seed.length} scenarios: ${JSON.stringify(verdicts)}`);
for (const finding of findings) console.log(JSON.stringify(finding));
console.log(`${(count / seconds).toFixed(0)} scenarios a second of CPU`);
process.exitCode = findings.length === 0 ? 0 : 1;
