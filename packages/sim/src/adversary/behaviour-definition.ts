// What a named behaviour is made of: a description that the registry, the checks of a scenario and the handbook read, and
// a function that makes its hooks for one run. One villain a file, in behaviour/.

import type { Adversary, AdversaryWorld, Emission, Power } from "./adversary.ts";

export type OptionValue = number | string | boolean;

export type OptionSpec =
  | {
      readonly name: string;
      readonly summary: string;
      readonly type: "number";
      readonly default: number;
      readonly min: number;
      readonly max: number;
      readonly isInteger?: boolean;
    }
  | { readonly name: string; readonly summary: string; readonly type: "flag"; readonly default: boolean }
  | {
      readonly name: string;
      readonly summary: string;
      readonly type: "choice";
      readonly default: string;
      readonly choices: readonly string[];
    };

/** Facts and options for one instance. */
export interface BehaviourContext {
  readonly size: number;
  readonly stakes: readonly number[];
  readonly faultyStakeMax: number;
  /** Through which it acts: corrupted ones. Empty for the network's behaviours and for those that pick their victims. */
  readonly nodes: readonly number[];
  readonly number: (option: string) => number;
  readonly flag: (option: string) => boolean;
  readonly choice: (option: string) => string;
}

export type BehaviourHooks = Pick<Adversary, "start" | "onMessage" | "onEmit" | "onReceive"> & {
  /** For a chain of blocks that was altered within the window and must stay consistent after it. */
  readonly onEmitOutside?: (node: number, emission: Emission, world: AdversaryWorld) => readonly Emission[] | undefined;
  /** The window ends: what was kept is let go. */
  readonly stop?: (world: AdversaryWorld) => void;
};

export interface BehaviourDefinition {
  readonly name: string;
  /** One line for the handbook. */
  readonly summary: string;
  readonly power: Power;
  /** "nodes": acts through corrupted nodes; "network": through the network alone; "adaptive": corrupts as it goes. */
  readonly through: "nodes" | "network" | "adaptive";
  /** "selvedge": reads or forges blocks of the DAG; "any": works on every protocol. */
  readonly needs: "selvedge" | "any";
  readonly options: readonly OptionSpec[];
  readonly create: (context: BehaviourContext) => BehaviourHooks;
}

export function numberOption(
  name: string,
  summary: string,
  range: { readonly default: number; readonly min: number; readonly max: number; readonly isInteger?: boolean },
): OptionSpec {
  return { name, summary, type: "number", ...range };
}

/** Milliseconds of virtual time. */
export function timeOption(name: string, summary: string, byDefault: number): OptionSpec {
  return { name, summary, type: "number", default: byDefault, min: 0, max: 86_400_000 };
}

/** A count of at least one. */
export function countOption(name: string, summary: string, byDefault: number): OptionSpec {
  return { name, summary, type: "number", default: byDefault, min: 1, max: 10_000, isInteger: true };
}

export function shareOption(name: string, summary: string, byDefault: number): OptionSpec {
  return { name, summary, type: "number", default: byDefault, min: 0, max: 1 };
}

export function flagOption(name: string, summary: string, byDefault: boolean): OptionSpec {
  return { name, summary, type: "flag", default: byDefault };
}
