// Runs one command line and says how it ended: the only place where errors become `error: message (CODE)` on stderr and
// an exit code.

import { InvariantError, StoreError } from "@selvedge/integrity";
import { CommanderError } from "commander";
import { EXIT, type ExitCode, NodeError, isAnySystemError } from "../errors.ts";
import { NetworkError } from "../network/network-error.ts";
import { type Output, printable, processOutput } from "./output.ts";
import { createProgram } from "./program.ts";

/** Codes under which commander throws although nothing is wrong. */
const HELP_CODES: ReadonlySet<string> = new Set(["commander.helpDisplayed", "commander.version"]);

export async function runCli(argv: readonly string[]): Promise<number> {
  const output = processOutput();
  let exitCode: number = EXIT.ok;
  const program = createProgram({ output, onExitCode: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return report(output, error);
  }
}

function report(output: Output, error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    if (HELP_CODES.has(error.code)) return EXIT.ok;
    // "commander.help": the help was printed because no command was given.
    if (error.code !== "commander.help") output.note(`${error.message} (USAGE)`);
    return EXIT.usage;
  }
  output.note(`error: ${describe(error)}`);
  return exitCodeOfError(error);
}

function describe(error: unknown): string {
  if (error instanceof NodeError || error instanceof StoreError || error instanceof NetworkError)
    return `${printable(error.message)} (${error.code})`;
  if (error instanceof InvariantError) return `${error.message} (INVARIANT)`;
  if (isAnySystemError(error)) return `${printable(error.message)} (IO_FAILED)`;
  return error instanceof Error ? `${error.stack ?? error.message} (UNEXPECTED)` : `${String(error)} (UNEXPECTED)`;
}

/** As the daemon's own, without loading the daemon. */
function exitCodeOfError(error: unknown): ExitCode {
  if (error instanceof NodeError) return error.exitCode;
  if (error instanceof NetworkError) return EXIT.unavailable;
  if (error instanceof InvariantError) return EXIT.invariant;
  if (error instanceof StoreError) return error.code === "STORE_CORRUPT" ? EXIT.corrupt : EXIT.io;
  // Such as a full disk that stdout goes to: no bug, and nothing that a stack would explain.
  return isAnySystemError(error) ? EXIT.io : EXIT.unexpected;
}
