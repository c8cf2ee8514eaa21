// The command line's grammar: every command with its options and help. What the commands do is in actions/, loaded when
// one is called.

import { readFileSync } from "node:fs";
import { Command } from "commander";
import { registerDemoCommand } from "../demo/command.ts";
import { registerChainCommands } from "./commands/chain.ts";
import { registerCommitteeCommands } from "./commands/committee.ts";
import { registerDeviceCommands } from "./commands/device.ts";
import { registerHousekeepingCommands } from "./commands/housekeeping.ts";
import { registerNodeCommands } from "./commands/node.ts";
import { registerSafetyCommands } from "./commands/safety.ts";
import { registerSetupCommands } from "./commands/setup.ts";
import type { CliContext } from "./context.ts";

export function createProgram(context: CliContext): Command {
  const program = new Command("selvedge");
  program
    .description("A ledger for decentralised AI training: signed model updates, agreed and replayable to the last bit.")
    .version(`selvedge ${packageVersion()} (Node.js ${process.versions.node})`)
    .exitOverride()
    // Or `--version 3` of a command would be read as the program's own.
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    // Errors are printed once, in run.ts.
    .configureOutput({ outputError: () => undefined })
    .addHelpText(
      "after",
      "\nExit codes: 0 done, 2 usage, 3/4 syncing/stalled (status), 65 data corrupt, 69 unreachable, 73 would overwrite,\n75 try again, 76 wrong chain, 77 key permissions, 78 configuration. docs/errors.md lists all.",
    );
  registerSetupCommands(program, context);
  registerSafetyCommands(program, context);
  registerNodeCommands(program, context);
  registerCommitteeCommands(program, context);
  registerDeviceCommands(program, context);
  registerChainCommands(program, context);
  registerHousekeepingCommands(program, context);
  registerDemoCommand(program, context);
  return program;
}

function packageVersion(): string {
  const parsed: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  return typeof parsed === "object" && parsed !== null && "version" in parsed ? String(parsed.version) : "0.0.0";
}
