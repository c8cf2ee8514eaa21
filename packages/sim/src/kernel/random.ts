// Streams of choices from one seed: each is an sfc32 generator (Chris Doty-Humphrey, PractRand) whose state is hashed from
// (seed, purpose, node, peer), so that no stream knows of another. Every word drawn is kept for the decision log; a replay
// reads the log instead and has no generator at all.

import {
  LinkChoiceReplay,
  LinkChoiceTable,
  type LinkChoiceStreams,
  type LinkChoices,
  type RecordedLinkChoices,
} from "../network/link-choices.ts";
import type { DrawnChoices } from "./decision-log.ts";
import type { Choices } from "./decisions.ts";

const WORD = 4_294_967_296;
const WARM_UP_TURNS = 12;

/** Streams that draw from a seed and keep what they drew, or read a log. */
export class RecordedStreams implements LinkChoiceStreams {
  readonly #seed: number;
  readonly #replayed: DrawnChoices | undefined;
  readonly #streams = new Map<string, Stream>();
  /** Streams of links, a table for each purpose: the network draws for each message, on up to a million links. */
  readonly #tables = new Map<string, RecordedLinkChoices>();

  constructor(seed: number, replayed?: DrawnChoices) {
    this.#seed = seed;
    this.#replayed = replayed;
  }

  readonly of = (purpose: string, node?: number, peer?: number): Choices => {
    const name = streamName(purpose, node, peer);
    const known = this.#streams.get(name);
    if (known !== undefined) return known;
    const words =
      this.#replayed === undefined
        ? new Generator(this.#seed, name)
        : new Replay(this.#replayed.streams.get(name) ?? new Uint32Array(0));
    const stream = new Stream(words);
    this.#streams.set(name, stream);
    return stream;
  };

  /** A purpose of links is asked for here or by `of`, never both. */
  readonly links = (purpose: string, size: number): LinkChoices => {
    const known = this.#tables.get(purpose);
    if (known !== undefined) return known;
    const table =
      this.#replayed === undefined
        ? new LinkChoiceTable({ seed: this.#seed, purpose, size })
        : new LinkChoiceReplay(purpose, size, this.#replayed.streams);
    this.#tables.set(purpose, table);
    return table;
  };

  log(): DrawnChoices {
    const drawn = [...this.#streams].map(([name, stream]) => [name, stream.drawn()] as const);
    const ofLinks = [...this.#tables.values()].flatMap((table) => table.drawn());
    return { streams: new Map([...drawn, ...ofLinks].filter(([, words]) => words.length > 0)) };
  }

  /** Draws that the replayed log did not hold: the run took another way than the recorded one. */
  get missingCount(): number {
    let count = 0;
    for (const stream of this.#streams.values()) count += stream.missingCount;
    for (const table of this.#tables.values()) count += table.missingCount();
    return count;
  }

  /** Choices of the replayed log that nobody asked for. */
  get unusedCount(): number {
    if (this.#replayed === undefined) return 0;
    let held = 0;
    for (const words of this.#replayed.streams.values()) held += words.length;
    let drawn = 0;
    for (const stream of this.#streams.values()) drawn += stream.drawnCount;
    for (const table of this.#tables.values()) drawn += table.drawnCount();
    return held - (drawn - this.missingCount);
  }
}

function streamName(purpose: string, node: number | undefined, peer: number | undefined): string {
  if (node === undefined) return purpose;
  return peer === undefined ? `${purpose}/${node}` : `${purpose}/${node}/${peer}`;
}

interface Words {
  readonly next: () => number;
  readonly missingCount: () => number;
}

class Stream implements Choices {
  readonly #words: Words;
  #drawn = new Uint32Array(4);
  #count = 0;

  constructor(words: Words) {
    this.#words = words;
  }

  get missingCount(): number {
    return this.#words.missingCount();
  }

  get drawnCount(): number {
    return this.#count;
  }

  drawn(): Uint32Array {
    return this.#drawn.slice(0, this.#count);
  }

  readonly fraction = (): number => this.#next() / WORD;

  readonly below = (below: number): number => Math.floor((this.#next() / WORD) * below);

  readonly chance = (probability: number): boolean => {
    if (probability <= 0) return false;
    return probability >= 1 || this.#next() / WORD < probability;
  };

  readonly shuffled = <Item>(items: readonly Item[]): readonly Item[] => {
    const order = [...items];
    // Fisher–Yates
    for (let last = order.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      const [left, right] = [order[last], order[other]];
      if (left !== undefined && right !== undefined) [order[last], order[other]] = [right, left];
    }
    return order;
  };

  #next(): number {
    const word = this.#words.next();
    if (this.#count === this.#drawn.length) {
      const larger = new Uint32Array(this.#count * 2);
      larger.set(this.#drawn);
      this.#drawn = larger;
    }
    this.#drawn[this.#count] = word;
    this.#count += 1;
    return word;
  }
}

class Generator implements Words {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: number, name: string) {
    this.#a = hashed(seed, name);
    this.#b = hashed(this.#a ^ 0x9e3779b9, name);
    this.#c = hashed(this.#b ^ 0x85ebca6b, name);
    for (let turn = 0; turn < WARM_UP_TURNS; turn += 1) this.next();
  }

  readonly missingCount = (): number => 0;

  readonly next = (): number => {
    const sum = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = (this.#b ^ (this.#b >>> 9)) >>> 0;
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) >>> 0;
    return sum;
  };
}

class Replay implements Words {
  readonly #words: Uint32Array;
  #position = 0;
  #missing = 0;

  constructor(words: Uint32Array) {
    this.#words = words;
  }

  readonly missingCount = (): number => this.#missing;

  readonly next = (): number => {
    const word = this.#words[this.#position];
    this.#position += 1;
    if (word !== undefined) return word;
    this.#missing += 1;
    return WORD / 2;
  };
}

/** FNV-1a over the name, from a seed, with the finaliser of MurmurHash3. */
function hashed(seed: number, name: string): number {
  let value = (0x811c9dc5 ^ seed) >>> 0;
  for (let position = 0; position < name.length; position += 1) {
    value = Math.imul(value ^ name.charCodeAt(position), 0x01000193) >>> 0;
  }
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b) >>> 0;
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35) >>> 0;
  return (value ^ (value >>> 16)) >>> 0;
}
