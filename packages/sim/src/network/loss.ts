// Loss on the links: independent, and in bursts by the Gilbert–Elliott chain, which every link has a state of. The chain takes
// a step with each message, whatever its size; what is lost is only of the size class that the scenario names.

import type { LossSpec } from "../scenario/schema.ts";
import type { LinkChoices } from "./link-choices.ts";

export interface LossChoices {
  readonly independent: LinkChoices;
  readonly step: LinkChoices;
  readonly burst: LinkChoices;
}

export class LossProcess {
  readonly #size: number;
  readonly #spec: LossSpec;
  readonly #probability: number;
  readonly #choices: LossChoices;
  /** 1: in the bad state. */
  readonly #isBad: Uint8Array;
  #independentCount = 0;
  #burstCount = 0;

  constructor(spec: LossSpec, size: number, choices: LossChoices) {
    this.#size = size;
    this.#spec = spec;
    this.#probability = spec.probability ?? 0;
    this.#choices = choices;
    this.#isBad = new Uint8Array(spec.burst === undefined ? 0 : size * size);
  }

  counts(): Readonly<Record<string, number>> {
    return {
      ...(this.#probability > 0 && { loss: this.#independentCount }),
      ...(this.#spec.burst !== undefined && { burstLoss: this.#burstCount }),
    };
  }

  isLost(from: number, to: number, sizeBytes: number): boolean {
    const isInClass = sizeBytes <= (this.#spec.maxSizeBytes ?? Infinity) && sizeBytes >= (this.#spec.minSizeBytes ?? 0);
    if (this.#burstLoses(from, to, isInClass)) return true;
    if (!isInClass || this.#probability === 0 || this.#choices.independent.fraction(from, to) >= this.#probability)
      return false;
    this.#independentCount += 1;
    return true;
  }

  /** The state steps before the message, so that `enter: 1, leave: 0` loses the first one already. */
  #burstLoses(from: number, to: number, isInClass: boolean): boolean {
    const { burst } = this.#spec;
    if (burst === undefined) return false;
    const link = from * this.#size + to;
    const wasBad = this.#isBad[link] === 1;
    const isChanging = this.#choices.step.fraction(from, to) < (wasBad ? burst.leave : burst.enter);
    const isBad = wasBad !== isChanging;
    this.#isBad[link] = isBad ? 1 : 0;
    if (!isBad || !isInClass || this.#choices.burst.fraction(from, to) >= burst.loss) return false;
    this.#burstCount += 1;
    return true;
  }
}
