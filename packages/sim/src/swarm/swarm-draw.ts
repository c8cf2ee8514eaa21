// Draws of the kinds a scenario needs, from streams by name, so that drawing more for one part of a scenario changes no
// other part. Only the generator of random scenarios uses it; inside a run every draw goes through the run's decisions.

import type { Choices } from "../kernel/decisions.ts";
import type { RecordedStreams } from "../kernel/random.ts";

export class SwarmDraw {
  readonly #streams: RecordedStreams;
  readonly #name: string;
  readonly #choices: Choices;

  constructor(streams: RecordedStreams, name: string) {
    this.#streams = streams;
    this.#name = name;
    this.#choices = streams.of(name);
  }

  /** Another stream; it depends on this one's name and not on what was drawn from it. */
  stream(name: string): SwarmDraw {
    return new SwarmDraw(this.#streams, `${this.#name}.${name}`);
  }

  /** In [0, 1). */
  fraction(): number {
    return this.#choices.fraction();
  }

  chance(probability: number): boolean {
    return this.#choices.chance(probability);
  }

  /** Integer from `least` to `most`, both possible. */
  integer(least: number, most: number): number {
    return least + this.#choices.below(most - least + 1);
  }

  /** Small values as likely as large ones, by order of magnitude; two significant digits. */
  scaled(least: number, most: number): number {
    const value = least * Math.exp(this.fraction() * Math.log(most / least));
    return Number(Math.min(most, Math.max(least, value)).toPrecision(2));
  }

  pick<const Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.#choices.below(items.length)] ?? items[0];
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    return [...this.#choices.shuffled(items)];
  }
}
