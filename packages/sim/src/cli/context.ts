// What every command is given, and how its action runs: loaded only when called, so that a quick command stays quick.

import type { Command } from "commander";
import { SimInputError } from "../scenario/sim-error.ts";
import type { Output } from "./output.ts";

export interface CliContext {
  readonly output: Output;
  readonly onExitCode: (code: number) => void;
}

/** An action answers with its exit code, or throws. `argument` is the command's positional one, or "". */
export type Action<Options> = (options: Options & { readonly argument: string }, output: Output) => Promise<number>;

/** Registers a command's action. `load` imports the module that does the work. */
export function onAction<Options>(command: Command, context: CliContext, load: () => Promise<Action<Options>>): void {
  command.action(async () => {
    const action = await load();
    const [argument = ""] = command.args;
    // commander types options as any record; each command declares the options that its action reads.
    context.onExitCode(await action({ ...command.opts<Options & object>(), argument }, context.output));
  });
}

/** A whole number between the bounds; commander calls it with the option's text. */
export function wholeNumber(
  name: string,
  min: number,
  max: number = Number.MAX_SAFE_INTEGER,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,15}$/u.test(text) && value >= min && value <= max) return value;
    const bounds = max === Number.MAX_SAFE_INTEGER ? `at least ${min}` : `from ${min} to ${max}`;
    throw new SimInputError("USAGE", `${name} is a whole number ${bounds}, not ${text}`);
  };
}

/** Collects a repeatable option. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

export const SEED_MAX: number = 2 ** 32 - 1;
export const WORKERS_MAX = 1024;
