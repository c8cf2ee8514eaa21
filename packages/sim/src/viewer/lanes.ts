// Marks on the time axis, by name: what the adversary did and what became of messages. Marks that come too close to be
// told apart are counted into one, so that a lane stays small however busy it was.

import { VIEW_LANES_MAX, VIEW_LANE_MARKS_MAX } from "./limits.ts";
import type { ViewLane } from "./view-data.ts";

export interface Act {
  readonly at: number;
  readonly node: number | null;
  readonly what: string;
}

interface Lane {
  readonly name: string;
  count: number;
  readonly marks: [number, number, number, string][];
}

const OTHERS = "others";

export class LaneSet {
  readonly #lanes = new Map<string, Lane>();
  readonly #gapUs: number;

  constructor(spanUs: number) {
    this.#gapUs = Math.ceil(spanUs / VIEW_LANE_MARKS_MAX);
  }

  add(name: string, { at, node, what }: Act): void {
    const lane = this.#lane(name);
    lane.count += 1;
    const last = lane.marks.at(-1);
    const isMerged = last !== undefined && (at - last[0] < this.#gapUs || lane.marks.length >= VIEW_LANE_MARKS_MAX);
    if (isMerged) last[1] += 1;
    else lane.marks.push([at, 1, node ?? -1, what]);
  }

  finish(): readonly ViewLane[] {
    return [...this.#lanes.values()];
  }

  #lane(wanted: string): Lane {
    const isFull = this.#lanes.size >= VIEW_LANES_MAX - 1 && !this.#lanes.has(wanted);
    const name = isFull ? OTHERS : wanted;
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const lane: Lane = { name, count: 0, marks: [] };
    this.#lanes.set(name, lane);
    return lane;
  }
}
