// A checker watches one property. It is told of every observation of nodes that are honest at that moment, keeps what it
// needs, and answers with a violation the moment the property is broken. It counts how often it had something to check: a
// checker that never had anything makes a run inconclusive, not good.

import type { Committee } from "@selvedge/integrity";
import type { Observation, Observed } from "../protocol/observation.ts";

export interface Violation {
  readonly checker: string;
  readonly kind: "safety" | "liveness" | "bounds";
  readonly detail: string;
  readonly node: number | null;
  readonly atUs: number;
}

export interface CheckerContext {
  readonly committee: Committee;
  readonly protocol: string;
  readonly size: number;
  /** Never corrupted up to now. */
  readonly isHonest: (node: number) => boolean;
  readonly isUp: (node: number) => boolean;
  /** Transactions and updates that the workload handed in, by content: for validity. */
  readonly wasSubmitted: (transaction: Uint8Array) => boolean;
  /** The rounds behind which blocks may have been collected; bounds and causal completeness read it. */
  readonly gcDepth: number;
  /** What must be bounded at this node, by name; empty while it is down. Absent: bounds are not checked. */
  readonly gaugesOf?: (node: number) => Readonly<Record<string, number>>;
}

export interface Checker {
  readonly name: string;
  /** The guarantee, in one sentence, as the report prints it. */
  readonly property: string;
  /** The observations that it looks at; others need not be shown to it. */
  readonly watches: readonly Observation["type"][];
  readonly observe: (observed: Observed) => Violation | undefined;
  /** A process was restarted (true) or stopped (false). */
  readonly lifecycle?: (node: number, isUp: boolean) => void;
  /** After the run; for what only the end can tell. */
  readonly finish?: (nowUs: number) => Violation | undefined;
  readonly exercised: () => number;
  /** Sentences on what it was asked to watch and never saw: with one of them, nothing found proves nothing. */
  readonly unseen?: () => readonly string[];
  /** If it must have been exercised for a PASS under this protocol and workload. */
  readonly isRequired: boolean;
}
