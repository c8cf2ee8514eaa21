// What every command is given, and how its action runs: loaded only when called, so that a quick command stays quick.

import type { Command } from "commander";
import { resolveHome } from "../config/home.ts";
import { NodeError } from "../errors.ts";
import type { Output } from "./output.ts";

export interface CliContext {
  readonly output: Output;
  readonly onExitCode: (code: number) => void;
}

/** An action answers with its exit code, or throws. */
export type Action<Options> = (options: Options, output: Output) => Promise<number>;

/** Registers an action with options only. `load` imports the module that does the work. */
export function onAction<Options>(command: Command, context: CliContext, load: () => Promise<Action<Options>>): void {
  command.action(async () => {
    const action = await load();
    // commander types options as any record; each command declares the options that its action reads.
    context.onExitCode(await action(command.opts<Options & object>(), context.output));
  });
}

/** The same with one positional argument, given to the action as `argument`. */
export function onActionWithArgument<Options extends { readonly argument: string }>(
  command: Command,
  context: CliContext,
  load: () => Promise<Action<Options>>,
): void {
  command.action(async () => {
    const action = await load();
    const [argument = ""] = command.args;
    context.onExitCode(await action({ ...command.opts<Options>(), argument }, context.output));
  });
}

/** The same with several, given to the action as `arguments`. */
export function onActionWithArguments<Options extends { readonly arguments: readonly string[] }>(
  command: Command,
  context: CliContext,
  load: () => Promise<Action<Options>>,
): void {
  command.action(async () => {
    const action = await load();
    context.onExitCode(await action({ ...command.opts<Options>(), arguments: command.args }, context.output));
  });
}

export function homeOf(options: { readonly home?: string }): string {
  return resolveHome(options.home, process.env);
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
    throw new NodeError("USAGE", `${name} is a whole number ${bounds}, not ${text}`);
  };
}

/** Collects a repeatable option. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), text];
}

export const HOME_FLAG = "--home <dir>";
export const HOME_HELP = "the node's home folder (default: $SELVEDGE_HOME or ~/.selvedge)";
export const JSON_FLAG = "--json";
export const JSON_HELP = "print JSON for scripts";

/** The options of a command on a home; those that `more` adds stand between them in its help. */
export function withHome(command: Command, more: (command: Command) => Command = (same) => same): Command {
  return more(command.option(HOME_FLAG, HOME_HELP)).option(JSON_FLAG, JSON_HELP);
}
