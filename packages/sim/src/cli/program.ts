// The command line's grammar: every command with its options and help. What the commands do is in actions/, loaded when
// one is called.

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { registerListCommands } from "./commands/lists.ts";
import { registerManyCommands } from "./commands/many.ts";
import { registerRunCommands } from "./commands/run.ts";
import { registerTraceCommands } from "./commands/trace.ts";
import type { CliContext } from "./context.ts";

export function createProgram(context: CliContext): Command {
  const program = new Command("selvedge sim");
  program
    .description("The real consensus and ledger code in virtual time, under networks and adversaries of your choosing.")
    .version(`selvedge sim ${packageVersion()} (Node.js ${process.versions.node})`)
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    // Errors are printed once, in run-cli.ts.
    .configureOutput({ outputError: () => undefined })
    .addHelpText(
      "after",
      "\nExit codes: 0 PASS, 1 UNSAFE, STALLED or CRASHED, 3 INCONCLUSIVE, 2 usage or wrong input,\n" +
        "69 no queue, 70 not deterministic or a bug of ours, 74 output failed, 130 interrupted.\n" +
        "Handbook: docs/simulator.md",
    );
  registerRunCommands(program, context);
  registerManyCommands(program, context);
  registerTraceCommands(program, context);
  registerListCommands(program, context);
  return program;
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "0.0.0";
}
