// All seeded defects, in the order of the table.

import type { Mutant } from "./mutant.ts";
import { COMMIT_RULE_MUTANTS } from "./mutants/commit-rule.ts";
import { DAG_MUTANTS } from "./mutants/dag.ts";
import { OUTPUT_MUTANTS } from "./mutants/output.ts";
import { RECOVERY_MUTANTS } from "./mutants/recovery.ts";
import { THRESHOLD_MUTANTS } from "./mutants/thresholds.ts";
import { UPDATE_MUTANTS } from "./mutants/updates.ts";

export const MUTANTS: readonly Mutant[] = [
  ...THRESHOLD_MUTANTS,
  ...COMMIT_RULE_MUTANTS,
  ...OUTPUT_MUTANTS,
  ...DAG_MUTANTS,
  ...RECOVERY_MUTANTS,
  ...UPDATE_MUTANTS,
];
