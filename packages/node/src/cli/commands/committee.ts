// Commands about who votes: the committee, its changes, its epochs.

import type { Command } from "commander";
import { type CliContext, onAction, onActionWithArgument, wholeNumber, withHome } from "../context.ts";

const API_HELP = "ask this address in place of the home's node";
const NAME_HELP = "the validator's name";
const STAKE_MAX = 2 ** 40;

export function registerCommitteeCommands(program: Command, context: CliContext): void {
  const validator = program
    .command("validator")
    .description("the committee and changes of it, each approved by a quorum");
  const list = common(
    validator.command("list").description("members, and what a change that is under way still needs"),
  );
  onAction(list, context, async () => (await import("../actions/validator.ts")).listValidators);
  const join = common(
    validator.command("join").description("propose a new member; its operator tells the keys (key inspect)"),
  )
    .requiredOption("--name <name>", NAME_HELP)
    .requiredOption("--public-key <hex>", "its signing key")
    .requiredOption("--encryption-key <hex>", "the key to which its coin shares are dealt")
    .option("--stake <n>", "its stake", wholeNumber("--stake", 1, STAKE_MAX), 1);
  onAction(join, context, async () => (await import("../actions/validator.ts")).joinValidator);
  const leave = common(validator.command("leave").description("propose that a member leaves")).requiredOption(
    "--name <name>",
    NAME_HELP,
  );
  onAction(leave, context, async () => (await import("../actions/validator.ts")).removeValidator);
  const reweigh = common(validator.command("reweigh").description("propose another stake for a member"))
    .requiredOption("--name <name>", NAME_HELP)
    .requiredOption("--stake <n>", "its new stake", wholeNumber("--stake", 1, STAKE_MAX));
  onAction(reweigh, context, async () => (await import("../actions/validator.ts")).reweighValidator);
  const rotate = common(
    validator
      .command("rotate-key")
      .description("propose new keys for a member; without keys, makes this home's next key"),
  )
    .requiredOption("--name <name>", NAME_HELP)
    .option("--public-key <hex>", "its new signing key")
    .option("--encryption-key <hex>", "its new encryption key")
    .option("--kdf-profile <profile>", "of the next key's file: standard (256 MiB) or edge (32 MiB)", "standard");
  onAction(rotate, context, async () => (await import("../actions/validator.ts")).rotateKey);
  const approve = common(
    validator.command("approve <proposal>").description("approve a proposal as this home's validator"),
  );
  onActionWithArgument(approve, context, async () => (await import("../actions/validator.ts")).approveProposal);
  registerEpoch(program, context);
}

function registerEpoch(program: Command, context: CliContext): void {
  const epoch = program.command("epoch").description("the epochs of the chain: one committee each");
  const list = common(epoch.command("list").description("every epoch that the node knows"));
  onAction(list, context, async () => (await import("../actions/epoch.ts")).listEpochs);
  const show = common(epoch.command("show [epoch]").description("one epoch, or the present one and its change"));
  onActionWithArgument(show, context, async () => (await import("../actions/epoch.ts")).showEpoch);
}

function common(command: Command): Command {
  return withHome(command, (home) => home.option("--api <url>", API_HELP));
}
