// Agreement: at one commit index all honest nodes have the same commit, for ever.

import type { Observed } from "../protocol/observation.ts";
import type { Checker, Violation } from "./checker.ts";
import { shortDigest, unsafe } from "./violation.ts";

const NAME = "agreement";

interface FirstCommit {
  readonly digest: string;
  readonly node: number;
  readonly blockCount: number;
  readonly transactionCount: number;
}

export function createAgreement(): Checker {
  const firsts = new Map<number, FirstCommit>();
  let compared = 0;
  const observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "committed") return undefined;
    const { index, digest, node, blocks, transactions } = observed;
    const first = firsts.get(index);
    if (first === undefined) {
      firsts.set(index, { digest, node, blockCount: blocks.length, transactionCount: transactions.length });
      return undefined;
    }
    if (first.node !== node) compared += 1;
    if (first.digest !== digest) {
      const detail = `commit ${index} is ${shortDigest(digest)} at node ${node} and ${shortDigest(first.digest)} at node ${first.node}`;
      return unsafe(NAME, observed, detail);
    }
    if (first.blockCount !== blocks.length || first.transactionCount !== transactions.length) {
      return unsafe(NAME, observed, `commit ${index} brings other content at node ${node} than at node ${first.node}`);
    }
    return undefined;
  };
  return {
    name: NAME,
    property: "Honest nodes have the same commit at every index.",
    watches: ["committed"],
    observe,
    exercised: () => compared,
    isRequired: true,
  };
}
