// Certification: an executed commit certifies exactly the updates whose header and acks of stake Q are output by then
// (U5), and versions take certified updates in the order in which they were certified, each once (U7).

import type { ClosedVersion, Observed } from "../protocol/observation.ts";
import type { CertificationModel } from "./certification-model.ts";
import type { Checker, Violation } from "./checker.ts";
import { type ObservedOf, shortDigest, unsafe } from "./violation.ts";

const NAME = "certification";

interface Place {
  readonly at: number;
  readonly update: string;
}

export class CertificationChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string =
    "A commit certifies exactly the updates with header and acks of a quorum; versions take them in that order, once.";
  readonly watches = ["committed", "executed"] as const;
  readonly isRequired: boolean;
  readonly #model: CertificationModel;
  /** By commit, what it certifies, if anything. */
  readonly #expected = new Map<number, readonly string[]>();
  readonly #certifiedAt = new Map<string, number>();
  /** By model, the place of the last update that a version took, and the version. */
  readonly #taken = new Map<string, Place & { readonly version: number }>();
  #lastIndex = 0;
  #judged = 0;

  constructor(model: CertificationModel, isRequired: boolean) {
    this.#model = model;
    this.isRequired = isRequired;
  }

  readonly exercised = (): number => this.#judged;

  readonly observe = (observed: Observed): Violation | undefined => {
    if (observed.type === "committed") {
      this.#onCommitted(observed);
      return undefined;
    }
    if (observed.type !== "executed" || observed.index > this.#lastIndex) return undefined;
    const detail = this.#faultOf(observed);
    return detail === undefined ? undefined : unsafe(NAME, observed, `commit ${observed.index}: ${detail}`);
  };

  #onCommitted({ index, blocks }: ObservedOf<"committed">): void {
    if (index !== this.#lastIndex + 1) return;
    this.#lastIndex = index;
    const certified = this.#model.execute(index, blocks);
    if (certified.length === 0) return;
    this.#expected.set(index, certified);
    for (const update of certified) this.#certifiedAt.set(update, index);
  }

  #faultOf({ index, certified, versions }: ObservedOf<"executed">): string | undefined {
    const expected = this.#expected.get(index) ?? [];
    const claimed = new Set<string>(certified.map(({ update }) => update));
    this.#judged += expected.length;
    for (const update of claimed) {
      if (!expected.includes(update)) return `update ${shortDigest(update)} is certified against U5`;
    }
    for (const update of expected) {
      if (!claimed.has(update)) return `update ${shortDigest(update)} is not certified, though it is due`;
    }
    for (const version of versions) {
      const fault = this.#faultOfVersion(version);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }

  #faultOfVersion({ model, version, updates }: ClosedVersion): string | undefined {
    const last = this.#taken.get(model);
    if (updates === undefined || (last !== undefined && version <= last.version)) return undefined;
    let previous: Place = last ?? { at: 0, update: "" };
    for (const update of updates) {
      const at = this.#certifiedAt.get(update);
      if (at === undefined) return `version ${version} takes ${shortDigest(update)}, which is not certified`;
      const isLater = at > previous.at || (at === previous.at && update > previous.update);
      if (!isLater) return `version ${version} takes ${shortDigest(update)} out of turn`;
      previous = { at, update };
    }
    this.#taken.set(model, { ...previous, version });
    return undefined;
  }
}
