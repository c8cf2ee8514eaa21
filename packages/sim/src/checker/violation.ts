// How checkers say what is broken, and the one sum that several need. No property is here.

import type { Observed } from "../protocol/observation.ts";
import type { CheckerContext, Violation } from "./checker.ts";

export type ObservedOf<Type extends Observed["type"]> = Extract<Observed, { readonly type: Type }>;

interface Where {
  readonly node: number | null;
  readonly atUs: number;
}

export function unsafe(checker: string, { node, atUs }: Where, detail: string): Violation {
  return { checker, kind: "safety", detail, node, atUs };
}

export function unlive(checker: string, { node, atUs }: Where, detail: string): Violation {
  return { checker, kind: "liveness", detail, node, atUs };
}

export function unbounded(checker: string, { node, atUs }: Where, detail: string): Violation {
  return { checker, kind: "bounds", detail, node, atUs };
}

/** Stake of the members named, each once; whoever is no member has none. */
export function stakeAmong({ committee }: CheckerContext, nodes: Iterable<number>): number {
  let sum = 0;
  for (const node of new Set(nodes)) sum += committee.validators[node]?.stake ?? 0;
  return sum;
}

export interface Thresholds {
  readonly faultyStakeMax: number;
  readonly quorumStake: number;
  readonly validityStake: number;
}

/** F, Q and F + 1 from the stakes alone: checkers do not take the word of the code under test for them. */
export function thresholdsOf({ committee }: CheckerContext): Thresholds {
  const total = committee.validators.reduce((sum, { stake }) => sum + stake, 0);
  const faultyStakeMax = Math.floor((total - 1) / 3);
  return { faultyStakeMax, quorumStake: total - faultyStakeMax, validityStake: faultyStakeMax + 1 };
}

/** Guarantees that count stake hold only while no more than F of it is corrupted. */
export function isWithinFaultBound(context: CheckerContext): boolean {
  const corrupted = context.committee.validators.filter(({ index }) => !context.isHonest(index));
  return corrupted.reduce((sum, { stake }) => sum + stake, 0) <= thresholdsOf(context).faultyStakeMax;
}

export function shortDigest(digest: string): string {
  return digest.slice(0, 12);
}
