// How long something has waited at a gateway, as the liveness checkers count it: stops of the gateway and faults of the
// network stop the clock, and a gateway that is faulty or down owes nobody anything.

import type { Micros } from "../kernel/time.ts";
import type { CheckerContext } from "./checker.ts";
import type { QuietTime } from "./quiet-time.ts";

export interface GatewayClockOptions {
  readonly context: CheckerContext;
  readonly quiet: QuietTime;
  readonly waitMaxUs: Micros;
}

export class GatewayClock {
  readonly #options: GatewayClockOptions;
  readonly #lastStop: Float64Array;

  constructor(options: GatewayClockOptions) {
    this.#options = options;
    this.#lastStop = new Float64Array(options.context.size);
  }

  /** The gateway stopped or started. */
  onLifecycle(gateway: number, nowUs: Micros): void {
    this.#lastStop[gateway] = nowUs;
  }

  /** Too young for any gateway to be late with it: the cheap half of {@link isOverdue}. */
  isYoung(sinceUs: Micros, atUs: Micros): boolean {
    return atUs - sinceUs <= this.#options.waitMaxUs;
  }

  /** Whether what came now was demanded of the gateway: else its coming is nothing that was checked. */
  wasDemanded(gateway: number, sinceUs: Micros, atUs: Micros): boolean {
    const { context, quiet, waitMaxUs } = this.#options;
    if (!context.isHonest(gateway) || !context.isUp(gateway)) return false;
    return quiet.wasDemanded({ sinceUs: this.#startUs(gateway, sinceUs), atUs, maxUs: waitMaxUs });
  }

  isOverdue(gateway: number, sinceUs: Micros, atUs: Micros): boolean {
    const { context, quiet, waitMaxUs } = this.#options;
    if (this.isYoung(sinceUs, atUs) || !context.isHonest(gateway) || !context.isUp(gateway)) return false;
    const quietSince = quiet.quietSinceUs(atUs);
    if (quietSince === undefined) return false;
    return atUs - Math.max(quietSince, this.#startUs(gateway, sinceUs)) > waitMaxUs;
  }

  #startUs(gateway: number, sinceUs: Micros): Micros {
    return Math.max(sinceUs, this.#lastStop[gateway] ?? 0);
  }
}
