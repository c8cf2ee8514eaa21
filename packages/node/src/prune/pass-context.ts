// What the steps of one pass share: where they read, what the plan is, where removals go, and what they have found out.

import type { UpdateDigest } from "@selvedge/integrity";
import type { PrunePlan } from "./prune-plan.ts";
import type { PruneSink } from "./prune-sink.ts";
import type { PruneView } from "./prune-view.ts";

export interface PassContext {
  readonly view: PruneView;
  readonly plan: PrunePlan;
  readonly sink: PruneSink;
  /** Updates that versions above the base are made of: their replay needs headers and payloads. */
  readonly replayed: ReadonlySet<UpdateDigest>;
  /** Updates that this pass removes; a dry run leaves them in the store. */
  readonly removed: Set<UpdateDigest>;
}
