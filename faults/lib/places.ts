// Where the programs are that this harness starts, and with what environment.

import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { MALLOC_ENVIRONMENT } from "@selvedge/node";

const NODE_SOURCE = dirname(fileURLToPath(import.meta.resolve("@selvedge/node")));

/** The command line's entry: `selvedge`. */
export const SELVEDGE_MAIN: string = join(NODE_SOURCE, "main.ts");
/** The checkout. */
export const REPOSITORY: string = dirname(dirname(import.meta.dirname));
/** The simulator's entry: `selvedge sim`. Started as a program, never imported. */
export const SIM_MAIN: string = join(REPOSITORY, "packages", "sim", "src", "cli", "main.ts");
export const SINGLE_VALIDATOR: string = join(NODE_SOURCE, "testing", "single-validator-process.ts");

/** Processes are started by the thousand here: compiled code is kept, and nothing of ours in the environment. */
export function childEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).flatMap(([name, value]): [string, string][] =>
    name.startsWith("SELVEDGE_") || value === undefined ? [] : [[name, value]],
  );
  return {
    ...MALLOC_ENVIRONMENT,
    ...Object.fromEntries(kept),
    NODE_COMPILE_CACHE: join(tmpdir(), "selvedge-compile-cache"),
  };
}
