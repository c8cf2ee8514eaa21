// Commands that keep a node's home in order: pruning, backups, exports, comparisons, bundles for a support case.

import type { Command } from "commander";
import {
  type CliContext,
  HOME_FLAG,
  HOME_HELP,
  JSON_FLAG,
  JSON_HELP,
  onAction,
  onActionWithArgument,
  onActionWithArguments,
  wholeNumber,
  withHome,
} from "../context.ts";

export function registerHousekeepingCommands(program: Command, context: CliContext): void {
  const prune = program
    .command("prune")
    .description("remove what a stopped node's prune.keep no longer keeps; a running node does it by itself")
    .option(HOME_FLAG, HOME_HELP)
    .option("--keep <commits>", 'commits to keep, like "10000 commits" (default: prune.keep of the configuration)')
    .option("--dry-run", "remove nothing; print the bytes that would be freed")
    .option(JSON_FLAG, JSON_HELP);
  onAction(prune, context, async () => (await import("../actions/prune.ts")).runPrune);
  const healthcheck = program
    .command("healthcheck")
    .description("is a running node ready; exit 0 ready, 3 syncing, 4 stalled, 69 unreachable")
    .option(HOME_FLAG, HOME_HELP)
    .option("--api <url>", "ask this address in place of the home's node")
    .option("--live", "ask only whether the process answers")
    .option("--timeout-ms <n>", "give up after so long", wholeNumber("--timeout-ms", 1, 600_000), 5_000)
    .option(JSON_FLAG, JSON_HELP);
  onAction(healthcheck, context, async () => (await import("../actions/healthcheck.ts")).runHealthcheck);
  const bundle = withHome(
    program
      .command("debug")
      .description("for a support case")
      .command("bundle")
      .description("configuration, status, metrics, the end of the log, heights, versions: redacted, in one .tar.gz")
      .requiredOption("--out <file>", "file to write; refuses one that exists (exit 73)")
      .option("--log <file>", "where the node's stderr was sent (default: node.log or logs/node.log in the home)")
      .option("--redact", "always the case; accepted so that it can be said"),
  );
  onAction(bundle, context, async () => (await import("../actions/debug.ts")).runDebugBundle);
  registerBackup(program, context);
  registerExport(program, context);
}

function registerExport(program: Command, context: CliContext): void {
  const exported = program
    .command("export <what>")
    .description("commits, blocks, state or model of a stopped node as lines of JSON")
    .option("--from <n>", "first commit, or version of the model", wholeNumber("--from", 0))
    .option("--to <n>", "last commit, or version of the model", wholeNumber("--to", 0))
    .option("--model <id>", "the model, for: export model")
    .option("--format <format>", "jsonl", "jsonl")
    .option("--out <file>", "file to write in place of stdout; refuses one that exists (exit 73)")
    .option("--resume", "go on with a file that an interrupted export has left")
    .option(HOME_FLAG, HOME_HELP);
  onActionWithArgument(exported, context, async () => (await import("../actions/export.ts")).runExport);
  const diff = program
    .command("diff <a> <b>")
    .description("where two stopped nodes' homes, or two exports, part; exit 0 if nowhere, 65 if somewhere")
    .option(JSON_FLAG, JSON_HELP);
  onActionWithArguments(diff, context, async () => (await import("../actions/export.ts")).runDiff);
}

function registerBackup(program: Command, context: CliContext): void {
  const backup = program
    .command("backup")
    .description("a node's data in a folder, hashed; never keys or safety record");
  const create = withHome(
    backup
      .command("create")
      .description("of a running node, which goes on, or of a stopped one; one moment's state")
      .requiredOption("--out <dir>", "folder to write; refuses one that is not empty (exit 73)"),
  );
  onAction(create, context, async () => (await import("../actions/backup.ts")).runBackupCreate);
  const verify = backup
    .command("verify <dir>")
    .description("every file by its hash, every record; exit 65 and the first broken thing if not")
    .option("--full", "restore it beside and check the whole chain as well")
    .option(JSON_FLAG, JSON_HELP);
  onActionWithArgument(verify, context, async () => (await import("../actions/backup.ts")).runBackupVerify);
  const restore = backup
    .command("restore <dir>")
    .description("into a fresh home, which then recovers what it signed since; refuses a home that has data (exit 73)")
    .option(HOME_FLAG, HOME_HELP)
    .option("--digest <sha256>", "the manifest's digest as create printed it: refuse any other backup")
    .option(JSON_FLAG, JSON_HELP);
  onActionWithArgument(restore, context, async () => (await import("../actions/backup.ts")).runBackupRestore);
}
