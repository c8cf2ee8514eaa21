// The open-loop timetable: item i is due at i / rate, whatever the system under load does. Latency counts from there, so a
// system that makes the generator wait is not flattered by it. Pure arithmetic; the clock is the caller's.

export interface ScheduleOptions {
  /** Items per second, all nodes together. */
  readonly rate: number;
  readonly seconds: number;
  readonly nodes: number;
}

export class OpenLoopSchedule {
  readonly #options: ScheduleOptions;
  readonly total: number;

  constructor(options: ScheduleOptions) {
    this.#options = options;
    this.total = Math.floor(options.rate * options.seconds);
  }

  /** When item `position` (from 0) of this node is due, in milliseconds after the start. */
  dueMs(node: number, position: number): number {
    return ((position * this.#options.nodes + node) * 1000) / this.#options.rate;
  }

  /** Items of this node that are due by then; items go to the nodes in turn. */
  dueCount(node: number, elapsedMs: number): number {
    // The reverse of dueMs; the small number forgives the rounding of the division there.
    const due = Math.floor((elapsedMs * this.#options.rate) / 1000 + 1e-9) + 1;
    const all = Math.min(this.total, Math.max(0, due));
    return all <= node ? 0 : Math.floor((all - node - 1) / this.#options.nodes) + 1;
  }
}

/** What is cut from the start of a run: a tenth of it or five seconds, whichever is longer, but never more than half. */
export function warmUpSeconds(seconds: number): number {
  return Math.min(seconds / 2, Math.max(seconds / 10, 5));
}
