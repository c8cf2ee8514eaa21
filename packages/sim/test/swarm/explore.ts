// What the exhaustive explorations share: runs every scenario of a family, prints what came of them and how fast they
// went, writes failures to a folder as files that replay with one command, and exits with 1 if there were any.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runScenario } from "../../src/run/run-scenario.ts";
import type { Scenario } from "../../src/scenario/schema.ts";
import { SwarmTally } from "../../src/swarm/run-swarm.ts";

export interface Exploration {
  readonly scenarios: Iterable<Scenario>;
  /** How many there are in the whole family, however many of them are run. */
  readonly total: number;
  /** Folder of the failures. */
  readonly output: string;
}

export function explore({ scenarios, total, output }: Exploration): void {
  const fileOf = ({ name, seed }: Scenario): string => join(output, `${name.replaceAll("|", "_")}-${seed}.json`);
  const tally = new SwarmTally((scenario) => `selvedge sim run ${fileOf(scenario)}`);
  const before = process.cpuUsage();
  for (const scenario of scenarios) {
    const result = runScenario(scenario);
    tally.add(scenario, result);
    if (result.verdict === "PASS") continue;
    mkdirSync(output, { recursive: true });
    writeFileSync(fileOf(scenario), `${JSON.stringify(scenario, null, 2)}\n`);
  }
  const { user, system } = process.cpuUsage(before);
  const { count, verdicts, findings } = tally.report();
  const seconds = (user + system) / 1_000_000;
  console.log(`${count} of ${total} scenarios: ${JSON.stringify(verdicts)}`);
  for (const finding of findings) console.log(JSON.stringify(finding));
  console.log(`${(count / seconds).toFixed(1)} scenarios a second of CPU`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
