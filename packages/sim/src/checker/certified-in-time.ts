// Updates are not starved: what a device handed to an honest running gateway, and signed no rival to, is certified within
// `checks.censorshipMaxMs`. Not asked for unless the scenario names a bound.

import { updateKeyOf } from "@selvedge/integrity";
import { type Micros, msOfMicros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import type { CensorshipOptions } from "./censorship.ts";
import type { Checker, Violation } from "./checker.ts";
import { GatewayClock } from "./gateway-clock.ts";
import { type ObservedOf, shortDigest, unlive } from "./violation.ts";

const NAME = "certified-in-time";

interface Proposed {
  readonly gateway: number;
  readonly sinceUs: Micros;
}

export class CertifiedInTimeChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "An update handed to an honest gateway is certified in bounded time.";
  readonly watches = ["updateProposed", "executed"] as const;
  readonly isRequired: boolean = true;
  readonly #options: CensorshipOptions;
  /** Oldest first. */
  readonly #waiting = new Map<string, Proposed>();
  /** By key, the one update seen; null once there were two: then neither need be certified. */
  readonly #only = new Map<string, string | null>();
  readonly #clock: GatewayClock;
  #nowUs: Micros = 0;
  #judged = 0;

  constructor(options: CensorshipOptions) {
    this.#options = options;
    this.#clock = new GatewayClock(options);
  }

  readonly exercised = (): number => this.#judged;

  readonly lifecycle = (node: number): void => {
    this.#clock.onLifecycle(node, this.#nowUs);
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    this.#nowUs = observed.atUs;
    if (observed.type === "updateProposed") this.#onProposed(observed);
    if (observed.type !== "executed") return undefined;
    for (const { update } of observed.certified) this.#onCertified(update);
    return this.#overdueAt(observed.atUs);
  };

  readonly finish = (nowUs: Micros): Violation | undefined => this.#overdueAt(Math.min(nowUs, this.#options.endUs));

  #onProposed({ update, node, atUs }: ObservedOf<"updateProposed">): void {
    const key = updateKeyOf(update.header);
    const only = this.#only.get(key);
    if (only === update.digest) return;
    this.#only.set(key, only === undefined ? update.digest : null);
    if (only === undefined) this.#waiting.set(update.digest, { gateway: node, sinceUs: atUs });
    else if (only !== null) this.#waiting.delete(only);
  }

  #onCertified(update: string): void {
    const proposed = this.#waiting.get(update);
    if (proposed === undefined) return;
    this.#waiting.delete(update);
    if (this.#clock.wasDemanded(proposed.gateway, proposed.sinceUs, this.#nowUs)) this.#judged += 1;
  }

  #overdueAt(atUs: Micros): Violation | undefined {
    for (const [update, { gateway, sinceUs }] of this.#waiting) {
      if (this.#clock.isYoung(sinceUs, atUs)) return undefined;
      if (!this.#clock.isOverdue(gateway, sinceUs, atUs)) continue;
      const detail = `update ${shortDigest(update)} of honest gateway ${gateway} has waited for ${msOfMicros(atUs - sinceUs)} ms`;
      return unlive(NAME, { node: gateway, atUs }, detail);
    }
    return undefined;
  }
}
