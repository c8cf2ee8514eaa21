// Commands about what a validator has signed.

import type { Command } from "commander";
import { type CliContext, onAction, onActionWithArgument, withHome } from "../context.ts";

export function registerSafetyCommands(program: Command, context: CliContext): void {
  const safety = program
    .command("safety")
    .description("the record of what a stopped validator signed last; exit 75 while the node runs");
  const show = withHome(safety.command("show").description("the last round that was signed"));
  onAction(show, context, async () => (await import("../actions/safety.ts")).showSafety);
  const exported = withHome(
    safety
      .command("export <file>")
      .description("write the record to a file of its own; refuses to overwrite (exit 73)"),
  );
  onActionWithArgument(exported, context, async () => (await import("../actions/safety.ts")).exportSafety);
  const imported = withHome(
    safety
      .command("import <file>")
      .description("raise the record to that of an export, never lower it; refuses another chain or key (exit 76)"),
  );
  onActionWithArgument(imported, context, async () => (await import("../actions/safety.ts")).importSafetyFile);
  const recover = withHome(
    safety
      .command("recover")
      .description("go on without the record: sign nothing until the others have said what this validator signed")
      .option("--start-anew", "yes, there is no export, and no other node runs with this key"),
  );
  onAction(recover, context, async () => (await import("../actions/safety.ts")).recoverSafetyFile);
}
