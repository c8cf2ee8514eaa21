// Commands about one scenario: run it, or make it smaller.

import type { Command } from "commander";
import { type CliContext, SEED_MAX, onAction, repeated, wholeNumber } from "../context.ts";

const SCENARIO_HELP = "a built-in scenario's name or a JSON file; `selvedge sim scenarios` lists names";

export function registerRunCommands(program: Command, context: CliContext): void {
  const run = withScenarioOptions(program.command("run").argument("<scenario>", SCENARIO_HELP))
    .description("run one scenario and print its verdict")
    .option("--trace <file>", "write every event as JSON lines")
    .option("--perfetto <file>", "write a trace that ui.perfetto.dev opens")
    .option("--decisions <file>", "write every random choice of the run")
    .option("--replay <file>", "take the choices from such a file instead of drawing them")
    .option("--check-determinism", "run again here, in a thread and in another process, and compare the trace digests")
    .option("--shrink", "if the run fails, find a smaller scenario that fails in the same way")
    .option("-o, --output <file>", "where --shrink writes it (default: minimal.json)")
    .option("--json", "print the whole result as JSON");
  onAction(run, context, async () => (await import("../actions/run.ts")).runOne);

  const shrink = withScenarioOptions(program.command("shrink").argument("<scenario>", SCENARIO_HELP))
    .description("find the smallest scenario that fails in the same way")
    .option("-o, --output <file>", "where to write it", "minimal.json")
    .option("--runs <count>", "at most so many runs", wholeNumber("--runs", 1, 1_000_000), 600);
  onAction(shrink, context, async () => (await import("../actions/shrink.ts")).runShrink);
}

function withScenarioOptions(command: Command): Command {
  return command
    .option("--seed <seed>", "another seed than the scenario's", wholeNumber("--seed", 0, SEED_MAX))
    .option("--protocol <name>", "another protocol than the scenario's")
    .option("--set <path=value>", "set a field, for instance committee.size=16; repeatable", repeated)
    .option("--adversary <file>", "an adversary of your own (.ts or .mjs); repeatable", repeated);
}
