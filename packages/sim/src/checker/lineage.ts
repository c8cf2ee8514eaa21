// Integrity of lineage: the ledgers of honest nodes are one ledger. Same state root and same certified updates at every
// index, and every model one chain of versions, v after v − 1, the same record for the same number.

import type { ClosedVersion, Observed } from "../protocol/observation.ts";
import type { Checker, Violation } from "./checker.ts";
import { NodeSequence } from "./node-sequence.ts";
import { type ObservedOf, shortDigest, unsafe } from "./violation.ts";

const NAME = "lineage";

type Executed = ObservedOf<"executed">;

export class LineageChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string =
    "State roots agree at every index, and every model has one chain of versions, the same at all honest nodes.";
  readonly watches = ["executed"] as const;
  readonly isRequired: boolean;
  readonly #sequence: NodeSequence;
  readonly #firsts = new Map<number, { readonly stateRoot: string; readonly certified: string }>();
  /** By model, the digest of each version from 1 on. */
  readonly #versions = new Map<string, string[]>();
  /** By node and model, the highest version announced. */
  readonly #newest: readonly Map<string, number>[];
  #compared = 0;

  constructor(size: number, isRequired: boolean) {
    this.#sequence = new NodeSequence(size);
    this.#newest = Array.from({ length: size }, () => new Map<string, number>());
    this.isRequired = isRequired;
  }

  readonly exercised = (): number => this.#compared;

  readonly lifecycle = (node: number, isUp: boolean): void => {
    // What a restart announces comes before the word that it is up.
    if (!isUp) this.#sequence.onRestart(node);
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    if (observed.type !== "executed") return undefined;
    const detail = this.#faultOf(observed);
    return detail === undefined ? undefined : unsafe(NAME, observed, detail);
  };

  #faultOf(executed: Executed): string | undefined {
    const { node, index } = executed;
    const announcement = this.#sequence.announce(node, index);
    // A snapshot is written after its commit is announced: no restart can begin further ahead.
    if (announcement === "gap" || announcement === "back" || announcement === "ahead") {
      return `node ${node} executes commit ${index} out of turn (${announcement})`;
    }
    const fault = this.#faultOfRoot(executed);
    if (fault !== undefined) return fault;
    for (const version of executed.versions) {
      const broken = this.#faultOfVersion(node, version);
      if (broken !== undefined) return broken;
    }
    return undefined;
  }

  #faultOfRoot({ node, index, stateRoot, certified }: Executed): string | undefined {
    const names = certified.map(({ update }) => update).join();
    const first = this.#firsts.get(index);
    if (first === undefined) {
      this.#firsts.set(index, { stateRoot, certified: names });
      return undefined;
    }
    this.#compared += 1;
    if (first.stateRoot !== stateRoot) {
      return `after commit ${index} node ${node} has state ${shortDigest(stateRoot)}, others ${shortDigest(first.stateRoot)}`;
    }
    return first.certified === names ? undefined : `commit ${index} certifies other updates at node ${node}`;
  }

  #faultOfVersion(node: number, { model, version, digest }: ClosedVersion): string | undefined {
    const newest = this.#newest[node];
    const last = newest?.get(model) ?? 0;
    if (version > last + 1) return `node ${node} closes version ${version} of ${model} after version ${last}`;
    newest?.set(model, Math.max(last, version));
    let chain = this.#versions.get(model);
    if (chain === undefined) this.#versions.set(model, (chain = []));
    const known = chain[version - 1];
    if (known === undefined) chain[version - 1] = digest;
    return known === undefined || known === digest
      ? undefined
      : `version ${version} of ${model} is ${shortDigest(digest)} at node ${node} and ${shortDigest(known)} elsewhere`;
  }
}
