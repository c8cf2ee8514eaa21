// Bounds: what peers can make a node hold stays within what the node promises, or what the scenario names. Gauges are
// read at most once in a tenth of a second of virtual time per node.

import { type Micros, microsOfMs } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import { suggestion } from "../scenario/nearest-name.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import { unbounded } from "./violation.ts";

const NAME = "bounds";
const SAMPLE_EVERY_US: Micros = microsOfMs(100);

export type GaugeReader = (node: number) => Readonly<Record<string, number>>;

export interface BoundsOptions {
  readonly context: CheckerContext;
  readonly gaugesOf: GaugeReader;
  /** Most that each gauge may show. */
  readonly limits: Readonly<Record<string, number>>;
}

export class BoundsChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "What others can make a node hold stays within its bounds.";
  readonly watches = ["round", "committed"] as const;
  readonly isRequired: boolean = true;
  readonly #options: BoundsOptions;
  readonly #nextSampleUs: Float64Array;
  /** Names of gauges that some node has shown. */
  readonly #shown = new Set<string>();
  #judged = 0;

  constructor(options: BoundsOptions) {
    this.#options = options;
    this.#nextSampleUs = new Float64Array(options.context.size);
  }

  readonly exercised = (): number => this.#judged;

  readonly unseen = (): readonly string[] => {
    const missing = Object.keys(this.#options.limits).filter((name) => !this.#shown.has(name));
    return missing.map((name) => `no node ever showed the gauge ${name}${suggestion(name, [...this.#shown])}`);
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    const { node, atUs } = observed;
    if (atUs < (this.#nextSampleUs[node] ?? 0)) return undefined;
    this.#nextSampleUs[node] = atUs + SAMPLE_EVERY_US;
    return this.#judge(node, atUs);
  };

  readonly finish = (nowUs: Micros): Violation | undefined => {
    for (let node = 0; node < this.#options.context.size; node += 1) {
      const { context } = this.#options;
      const fault = context.isHonest(node) && context.isUp(node) ? this.#judge(node, nowUs) : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

  #judge(node: number, atUs: Micros): Violation | undefined {
    const gauges = this.#options.gaugesOf(node);
    for (const name of Object.keys(gauges)) this.#shown.add(name);
    for (const [name, limit] of Object.entries(this.#options.limits)) {
      const value = gauges[name];
      if (value === undefined) continue;
      this.#judged += 1;
      if (value > limit)
        return unbounded(NAME, { node, atUs }, `${name} of node ${node} is ${value}, allowed is ${limit}`);
    }
    return undefined;
  }
}
