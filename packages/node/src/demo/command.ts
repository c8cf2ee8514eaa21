// Registers `demo`, the main job of `npm start`. What it does is loaded only when it is called.

import type { Command } from "commander";
import { type CliContext, onAction, wholeNumber } from "../cli/context.ts";

const VERSIONS_MAX = 1000;

export function registerDemoCommand(program: Command, context: CliContext): void {
  const demo = program
    .command("demo")
    .description(
      "four validators and eight devices train a digit reader on this machine, with a poisoner and a crash; exit 0 if all held",
    )
    .option("--data <dir>", "folder with MNIST's four IDX files, plain or .gz (default: digits drawn by the program)")
    .option(
      "--versions <n>",
      "versions to train (default: 20, or 40 with --data)",
      wholeNumber("--versions", 2, VERSIONS_MAX),
    )
    .option("--seed <text>", "seed of digits, split, weights and keys", "1")
    .option(
      "--home <dir>",
      "folder of the run; continued if it fits, refused (exit 73) if not (default: a new temporary one)",
    )
    .option("--quiet", "print the summary only");
  onAction(demo, context, async () => (await import("./demo.ts")).runDemo);
}
