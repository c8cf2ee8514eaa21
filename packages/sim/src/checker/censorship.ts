// Censorship: what an honest, running gateway has put into a block of its own is output within `checks.censorshipMaxMs`,
// whoever leads. Not asked for unless the scenario names a bound. Content that is proposed again keeps its age.

import type { VerifiedBlock } from "@selvedge/integrity";
import { type Micros, msOfMicros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import type { Checker, Violation } from "./checker.ts";
import { contentKey } from "./content-key.ts";
import { GatewayClock, type GatewayClockOptions } from "./gateway-clock.ts";
import { unlive } from "./violation.ts";

const NAME = "censorship";

export interface CensorshipOptions extends GatewayClockOptions {
  readonly endUs: Micros;
}

export class CensorshipChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "What an honest gateway proposed is output in bounded time.";
  readonly watches = ["signed", "committed"] as const;
  readonly isRequired: boolean = true;
  readonly #options: CensorshipOptions;
  /** By gateway, its transactions and updates that are not output, oldest first, and since when. */
  readonly #waiting: readonly Map<number | string, Micros>[];
  readonly #clock: GatewayClock;
  #lastIndex = 0;
  #nowUs: Micros = 0;
  #judged = 0;

  constructor(options: CensorshipOptions) {
    this.#options = options;
    this.#waiting = Array.from({ length: options.context.size }, () => new Map<number | string, Micros>());
    this.#clock = new GatewayClock(options);
  }

  readonly exercised = (): number => this.#judged;

  readonly lifecycle = (node: number): void => {
    this.#clock.onLifecycle(node, this.#nowUs);
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    this.#nowUs = observed.atUs;
    if (observed.type === "signed" && observed.block !== null) this.#onSigned(observed.block);
    if (observed.type !== "committed" || observed.index !== this.#lastIndex + 1) return undefined;
    this.#lastIndex = observed.index;
    for (const block of observed.blocks) this.#onOutput(block);
    return this.#overdueAt(observed.atUs);
  };

  readonly finish = (nowUs: Micros): Violation | undefined => this.#overdueAt(Math.min(nowUs, this.#options.endUs));

  #onSigned(block: VerifiedBlock): void {
    const waiting = this.#waiting[block.ref.author];
    for (const key of keysOf(block)) if (waiting?.has(key) === false) waiting.set(key, this.#nowUs);
  }

  #onOutput(block: VerifiedBlock): void {
    const waiting = this.#waiting[block.ref.author];
    if (waiting === undefined || waiting.size === 0) return;
    for (const key of keysOf(block)) {
      const sinceUs = waiting.get(key);
      if (sinceUs === undefined) continue;
      waiting.delete(key);
      if (this.#clock.wasDemanded(block.ref.author, sinceUs, this.#nowUs)) this.#judged += 1;
    }
  }

  #overdueAt(atUs: Micros): Violation | undefined {
    for (const [node, waiting] of this.#waiting.entries()) {
      const [oldest] = waiting.values();
      if (oldest === undefined || !this.#clock.isOverdue(node, oldest, atUs)) continue;
      const detail = `content of honest gateway ${node} has waited for ${msOfMicros(atUs - oldest)} ms`;
      return unlive(NAME, { node, atUs }, detail);
    }
    return undefined;
  }
}

function keysOf({ body }: VerifiedBlock): readonly (number | string)[] {
  return [...body.transactions.map(contentKey), ...body.updates.map(({ digest }) => digest)];
}
