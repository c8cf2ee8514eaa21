// Total order: what a node commits is one growing chain. With agreement it follows that outputs are prefixes of one
// another. A restart may announce the same commits again, or go on after those that its store holds: what was stored and
// not yet announced when the node stopped it never announces. How many these are nobody outside knows, so a restart may
// leave some out; that it goes on after the same commit as the others is checked.

import type { Observed } from "../protocol/observation.ts";
import type { Checker, Violation } from "./checker.ts";
import { NodeSequence } from "./node-sequence.ts";
import { type ObservedOf, shortDigest, unsafe } from "./violation.ts";

const NAME = "total-order";

export function createTotalOrder(size: number): Checker {
  const sequence = new NodeSequence(size);
  /** By commit index, as the first node announced it. */
  const digests = new Map<number, string>();
  /** By commit index, what a node went on after that had not announced it. */
  const unannounced = new Map<number, string>();
  let followed = 0;

  const judge = (observed: ObservedOf<"committed">): Violation | undefined => {
    const { node, index, digest, parentDigest } = observed;
    const announcement = sequence.announce(node, index);
    if (announcement === "gap" || announcement === "back") {
      return unsafe(NAME, observed, `node ${node} announces commit ${index} out of turn (${announcement})`);
    }
    if (announcement === "again" && digests.get(index) !== digest) {
      return unsafe(NAME, observed, `after a restart commit ${index} of node ${node} is another one`);
    }
    const wanted = unannounced.get(index);
    if (wanted !== undefined && wanted !== digest) {
      const detail = `commit ${index} of node ${node} is ${shortDigest(digest)}, and another node went on after ${shortDigest(wanted)}`;
      return unsafe(NAME, observed, detail);
    }
    const parent = digests.get(index - 1);
    if (announcement === "ahead" && parent === undefined) unannounced.set(index - 1, parentDigest);
    if (!digests.has(index)) digests.set(index, digest);
    if (parent === undefined) return undefined;
    followed += 1;
    if (parent === parentDigest) return undefined;
    const detail = `commit ${index} of node ${node} follows ${shortDigest(parentDigest)}, not ${shortDigest(parent)}`;
    return unsafe(NAME, observed, detail);
  };

  return {
    name: NAME,
    property: "Each node's commits form one chain without gap or return, and restarts repeat it.",
    watches: ["committed"],
    observe: (observed: Observed) => (observed.type === "committed" ? judge(observed) : undefined),
    lifecycle: (node, isUp) => {
      // What a restart announces comes before the word that it is up.
      if (!isUp) sequence.onRestart(node);
    },
    exercised: () => followed,
    isRequired: true,
  };
}
