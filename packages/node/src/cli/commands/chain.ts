// Commands that check: a whole home, and conformance vectors of the commit rule.

import type { Command } from "commander";
import {
  type CliContext,
  HOME_FLAG,
  HOME_HELP,
  JSON_FLAG,
  JSON_HELP,
  onAction,
  onActionWithArgument,
} from "../context.ts";

export function registerChainCommands(program: Command, context: CliContext): void {
  const verify = program
    .command("verify")
    .description(
      "check a stopped node's whole chain and every model's lineage; exit 65 and the first broken thing if not",
    )
    .option(HOME_FLAG, HOME_HELP)
    .option("--full", "also every record that no commit leads to")
    .option("--restart", "begin anew in place of where the last run was interrupted")
    .option(JSON_FLAG, JSON_HELP);
  onAction(verify, context, async () => (await import("../actions/verify.ts")).runVerify);

  const replay = program
    .command("replay <file>")
    .description("decide the views of a conformance vector with the engine's own commit rule; prints JSON");
  onActionWithArgument(replay, context, async () => (await import("../actions/replay.ts")).runReplay);
}
