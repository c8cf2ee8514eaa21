// The rule that S4 warns of, kept as a canary: "take the first committed slot and ignore undecided ones". It looks
// equivalent, and lets two views decide one slot differently. Tests alone can reach it.

import type { AnchorRule } from "../../src/commit/committer.ts";

export const unsafeAnchorRule: AnchorRule = (verdict) => (verdict.type === "commit" ? "take" : "pass");
