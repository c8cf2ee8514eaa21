// Runs one command line and says how it ended: the only place where errors become `error: message (CODE)` on stderr and
// an exit code.

import { CommanderError } from "commander";
import { EXIT, exitCodeOfErrorCode } from "./exit-codes.ts";
import { type Output, printable, processOutput } from "./output.ts";
import { createProgram } from "./program.ts";

/** Codes under which commander throws although nothing is wrong. */
const HELP_CODES: ReadonlySet<string> = new Set(["commander.helpDisplayed", "commander.version"]);

export async function runCli(argv: readonly string[], output: Output = processOutput()): Promise<number> {
  let exitCode: number = EXIT.ok;
  const program = createProgram({ output, onExitCode: (code) => (exitCode = code) });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    return report(output, error);
  }
}

function report(output: Output, error: unknown): number {
  if (error instanceof CommanderError) {
    if (HELP_CODES.has(error.code)) return EXIT.ok;
    // "commander.help": the help was printed because no command was given.
    if (error.code !== "commander.help") output.note(`${error.message} (USAGE)`);
    return EXIT.usage;
  }
  const code = codeOf(error);
  if (code === undefined) {
    output.note(`error: ${error instanceof Error ? (error.stack ?? error.message) : String(error)} (UNEXPECTED)`);
    return EXIT.invariant;
  }
  output.note(`error: ${printable(error instanceof Error ? error.message : String(error))} (${code})`);
  return exitCodeOfErrorCode(code);
}

/** Ours are told by their code, whichever part of the simulator they come from. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error) || typeof error.code !== "string") return undefined;
  return error.code === "USAGE" || error.code.startsWith("SIM_") ? error.code : undefined;
}
