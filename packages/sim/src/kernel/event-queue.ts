// The one queue of a run: a four-ary heap ordered by (time, sequence), never by time alone. Keys lie in typed arrays beside
// the values, so that an entry costs no allocation; an entry may be put back later in place, which is how one broadcast
// visits all its receivers with a single entry.

import { assert } from "@selvedge/integrity";
import type { Micros } from "./time.ts";

const ARITY = 4;
const INITIAL_CAPACITY = 1024;

export class EventQueue<Event> {
  #times = new Float64Array(INITIAL_CAPACITY);
  #sequences = new Float64Array(INITIAL_CAPACITY);
  readonly #events: Event[] = [];
  #size = 0;
  #sequence = 0;

  get size(): number {
    return this.#size;
  }

  /** Time of the next event; Infinity if there is none. */
  get nextAtUs(): Micros {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] ?? 0);
  }

  push(atUs: Micros, event: Event): void {
    if (this.#size === this.#times.length) this.#grow();
    this.#sequence += 1;
    const position = this.#size;
    this.#size += 1;
    this.#events[position] = event;
    this.#siftUp({ position, atUs, sequence: this.#sequence, event });
  }

  /** Takes the next event out. */
  pop(): Event {
    assert(this.#size > 0, "there is an event to take");
    const event = this.#events[0];
    assert(event !== undefined, "an entry of the heap has an event");
    this.#size -= 1;
    const last = this.#size;
    const moved = this.#events[last];
    this.#events.length = last;
    if (last > 0 && moved !== undefined) {
      this.#siftDown(this.#times[last] ?? 0, this.#sequences[last] ?? 0, moved);
    }
    return event;
  }

  /** The next event, left where it is; then either `pop` or `postpone` it. */
  peek(): Event | undefined {
    return this.#events[0];
  }

  /** Puts the next event back at a later time, as if popped and pushed anew, in one step. */
  postpone(atUs: Micros): void {
    const event = this.#events[0];
    assert(event !== undefined && atUs >= (this.#times[0] ?? 0), "an event is put back into the future");
    this.#sequence += 1;
    this.#siftDown(atUs, this.#sequence, event);
  }

  #siftUp(entry: {
    readonly position: number;
    readonly atUs: Micros;
    readonly sequence: number;
    readonly event: Event;
  }): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const events = this.#events;
    let position = entry.position;
    while (position > 0) {
      const above = (position - 1) >> 2;
      const time = times[above] ?? 0;
      // A new entry has the highest sequence: equal times stay in order.
      if (time <= entry.atUs) break;
      times[position] = time;
      sequences[position] = sequences[above] ?? 0;
      const event = events[above];
      if (event !== undefined) events[position] = event;
      position = above;
    }
    times[position] = entry.atUs;
    sequences[position] = entry.sequence;
    events[position] = entry.event;
  }

  #siftDown(atUs: Micros, sequence: number, event: Event): void {
    const times = this.#times;
    const sequences = this.#sequences;
    const events = this.#events;
    const size = this.#size;
    let position = 0;
    for (;;) {
      const first = position * ARITY + 1;
      if (first >= size) break;
      const least = this.#leastChild(first, size);
      const time = times[least] ?? 0;
      if (time > atUs || (time === atUs && (sequences[least] ?? 0) > sequence)) break;
      times[position] = time;
      sequences[position] = sequences[least] ?? 0;
      const below = events[least];
      if (below !== undefined) events[position] = below;
      position = least;
    }
    times[position] = atUs;
    sequences[position] = sequence;
    events[position] = event;
  }

  #leastChild(first: number, size: number): number {
    const times = this.#times;
    const sequences = this.#sequences;
    const end = Math.min(first + ARITY, size);
    let least = first;
    let leastTime = times[first] ?? 0;
    for (let child = first + 1; child < end; child += 1) {
      const time = times[child] ?? 0;
      if (time < leastTime || (time === leastTime && (sequences[child] ?? 0) < (sequences[least] ?? 0))) {
        least = child;
        leastTime = time;
      }
    }
    return least;
  }

  #grow(): void {
    const capacity = this.#times.length * 2;
    this.#times = grown(this.#times, capacity);
    this.#sequences = grown(this.#sequences, capacity);
  }
}

function grown(array: Float64Array<ArrayBuffer>, capacity: number): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(capacity);
  larger.set(array);
  return larger;
}
