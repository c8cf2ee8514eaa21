// Bounded progress: outside of faults every honest running node commits again within `checks.commitGapMaxMs`. Not asked
// for unless the scenario names a bound; recovery after healing is the world's own question. A gap is found once, however
// long it lasts: the node's next commit or restart ends it.

import { type Micros, msOfMicros } from "../kernel/time.ts";
import type { Observed } from "../protocol/observation.ts";
import type { Checker, CheckerContext, Violation } from "./checker.ts";
import type { QuietTime } from "./quiet-time.ts";
import { unlive } from "./violation.ts";

const NAME = "progress";

export interface ProgressOptions {
  readonly context: CheckerContext;
  readonly quiet: QuietTime;
  readonly gapMaxUs: Micros;
  /** Of the scenario: beyond it nothing is demanded here. */
  readonly endUs: Micros;
}

export class ProgressChecker implements Checker {
  readonly name: string = NAME;
  readonly property: string = "Outside of faults every honest running node goes on committing.";
  readonly watches = ["round", "accepted", "committed"] as const;
  readonly isRequired: boolean = true;
  readonly #options: ProgressOptions;
  /** By node, the last commit or restart. */
  readonly #since: Float64Array;
  readonly #isDown: Uint8Array;
  /** Nodes whose present gap is found already. */
  readonly #isFound: Uint8Array;
  #judged = 0;
  #nowUs: Micros = 0;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#since = new Float64Array(options.context.size);
    this.#isDown = new Uint8Array(options.context.size);
    this.#isFound = new Uint8Array(options.context.size);
  }

  readonly exercised = (): number => this.#judged;

  readonly lifecycle = (node: number, isUp: boolean): void => {
    this.#isDown[node] = isUp ? 0 : 1;
    this.#begin(node, this.#nowUs);
  };

  readonly observe = (observed: Observed): Violation | undefined => {
    const { node, atUs } = observed;
    this.#nowUs = atUs;
    const fault = this.#gapAt(node, atUs);
    if (observed.type === "committed") {
      const { gapMaxUs, quiet } = this.#options;
      if (quiet.wasDemanded({ sinceUs: this.#since[node] ?? 0, atUs, maxUs: gapMaxUs })) this.#judged += 1;
      this.#begin(node, atUs);
    }
    return fault;
  };

  readonly finish = (nowUs: Micros): Violation | undefined => {
    const atUs = Math.min(nowUs, this.#options.endUs);
    for (let node = 0; node < this.#options.context.size; node += 1) {
      const fault = this.#options.context.isHonest(node) ? this.#gapAt(node, atUs) : undefined;
      if (fault !== undefined) return fault;
    }
    return undefined;
  };

  #begin(node: number, atUs: Micros): void {
    this.#since[node] = atUs;
    this.#isFound[node] = 0;
  }

  #gapAt(node: number, atUs: Micros): Violation | undefined {
    if (this.#isFound[node] === 1) return undefined;
    const since = this.#since[node] ?? 0;
    const { gapMaxUs, quiet, context } = this.#options;
    if (atUs - since <= gapMaxUs || this.#isDown[node] === 1 || !context.isUp(node)) return undefined;
    const quietSince = quiet.quietSinceUs(atUs);
    if (quietSince === undefined || atUs - Math.max(since, quietSince) <= gapMaxUs) return undefined;
    this.#isFound[node] = 1;
    const detail = `node ${node} has not committed for ${msOfMicros(atUs - since)} ms`;
    return unlive(NAME, { node, atUs }, detail);
  }
}
