// A block in an honest node's DAG keeps P1–P4, judged here a second time from the block alone and from the blocks that
// its references name. Each block is judged once in a run.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { Observed } from "../protocol/observation.ts";
import { type BlockIndex, IdSet } from "./block-index.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { thresholdsOf, unsafe } from "./violation.ts";

const NAME = "well-formed";

export function createWellFormed(context: CheckerContext, index: BlockIndex): Checker {
  const judged = new IdSet();
  let count = 0;
  const observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "accepted") return undefined;
    const { block } = observed;
    const { id } = index.of(block);
    if (judged.has(id)) return undefined;
    judged.add(id);
    count += 1;
    const fault = faultOfParents(block, context) ?? faultOfReferences(block, index);
    const { round, author } = block.ref;
    return fault === undefined ? undefined : unsafe(NAME, observed, `block (${round}, ${author}) is in: ${fault}`);
  };
  return {
    name: NAME,
    property: "Accepted blocks keep P1 to P4: own parent first, distinct authors, lower rounds, a quorum below.",
    watches: ["accepted"],
    observe,
    exercised: () => count,
    isRequired: true,
  };
}

function faultOfParents({ ref, header }: VerifiedBlock, context: CheckerContext): string | undefined {
  const authors = new Set<number>();
  let stakeBelow = 0;
  for (const parent of header.parents) {
    if (authors.has(parent.author)) return "two parents of one author (P3)";
    authors.add(parent.author);
    if (parent.round >= ref.round) return "a parent of its own round or above (P2)";
    if (parent.round === ref.round - 1) stakeBelow += context.committee.validators[parent.author]?.stake ?? 0;
  }
  if (header.parents[0]?.author !== ref.author) return "the first parent is not its author's (P1)";
  return stakeBelow < thresholdsOf(context).quorumStake
    ? `parents of stake ${stakeBelow} in the round before (P4)`
    : undefined;
}

/** A reference that names another round or author than the block has would keep P1–P4 by a lie. */
function faultOfReferences({ header }: VerifiedBlock, index: BlockIndex): string | undefined {
  for (const { round, author, digest } of header.parents) {
    if (round === 0) continue;
    const parent = index.byDigest(digest);
    if (parent !== undefined && (parent.round !== round || parent.author !== author)) {
      return `it calls block (${parent.round}, ${parent.author}) by (${round}, ${author})`;
    }
  }
  return undefined;
}
