// What the commands beside the product (`npm run bench`, `npm run faults`) have in common: how they end, how they say
// that they were called wrongly, and where the files go that their user names.

import { resolve } from "node:path";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** The command was called wrongly: its message and its usage are printed, no stack. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Ends the process with what `main` returns, 2 for a wrong call and 1 for everything that it throws. */
export async function runCommand(main: (argv: readonly string[]) => Promise<number>, usage: string): Promise<never> {
  // Children end with their IPC channel, so leaving at once leaves nobody behind.
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.on(signal, () => process.exit(signal === "SIGINT" ? 130 : 143));
  try {
    process.exit(await main(process.argv.slice(2)));
  } catch (error) {
    if (error instanceof UsageError) {
      note(`${error.message}\n${usage}`);
      process.exit(EXIT_USAGE);
    }
    note(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exit(EXIT_FAILED);
  }
}

/** Progress: stdout is for results. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** A path as the user meant it: under `npm run` the process stands in the checkout; INIT_CWD is where the user stood. */
export function fromUsersFolder(path: string): string {
  return resolve(process.env["INIT_CWD"] ?? process.cwd(), path);
}
