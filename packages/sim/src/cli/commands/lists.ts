// Commands that say what there is.

import type { Command } from "commander";
import { type CliContext, onAction } from "../context.ts";

const JSON_HELP = "print JSON for scripts";

export function registerListCommands(program: Command, context: CliContext): void {
  const scenarios = program
    .command("scenarios")
    .description("list the built-in scenarios")
    .option("--print <name>", "print one as JSON, to be changed and run")
    .option("--json", JSON_HELP);
  onAction(scenarios, context, async () => (await import("../actions/lists.ts")).listScenarios);

  const networks = program
    .command("networks")
    .description("list latency matrices and access profiles")
    .option("--json", JSON_HELP);
  onAction(networks, context, async () => (await import("../actions/lists.ts")).listNetworks);

  const behaviours = program
    .command("behaviours")
    .argument("[name]", "only this one, with its options")
    .description("list the adversary's named behaviours")
    .option("--json", JSON_HELP);
  onAction(behaviours, context, async () => (await import("../actions/lists.ts")).listBehaviours);

  const protocols = program.command("protocols").description("list the protocols").option("--json", JSON_HELP);
  onAction(protocols, context, async () => (await import("../actions/lists.ts")).listProtocols);

  const schema = program
    .command("schema")
    .argument("[kind]", "scenario, sweep or trace", "scenario")
    .description("print a JSON schema");
  onAction(schema, context, async () => (await import("../actions/schema.ts")).printSchema);
}
