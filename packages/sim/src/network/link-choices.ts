// Choices of a network model, one stream for each (purpose, sender, receiver): a million of them at n = 1024, so they are rows
// of a table and not objects. The generator is counter-based: draw k of a link is a hash of (seed, purpose, from, to, k), hence
// no stream depends on another, on the size of the committee or on what was drawn before elsewhere. Draws are 32 bits wide. A
// table keeps how many it drew of each link and works the words out again when the log is written; a replay reads the log alone.

import type { ChoiceStreams, Choices } from "../kernel/decisions.ts";

/** The streams of one purpose, addressed by link. */
export interface LinkChoices {
  /** In [0, 1): the next draw of this link. */
  readonly fraction: (from: number, to: number) => number;
}

/** A source of streams that has such tables; what `ChoiceStreams` of a run may be on top. */
export interface LinkChoiceStreams extends ChoiceStreams {
  readonly links: (purpose: string, size: number) => LinkChoices;
}

/** One table, as the streams of a run see it. */
export interface RecordedLinkChoices extends LinkChoices {
  /** Stream name → the words drawn; nothing of links that drew nothing. */
  readonly drawn: () => readonly (readonly [string, Uint32Array])[];
  readonly drawnCount: () => number;
  /** Draws that a replayed record did not hold. */
  readonly missingCount: () => number;
}

/** The table if the source has one, else one `Choices` a link, made when first used. */
export function linkChoicesOf(streams: ChoiceStreams | LinkChoiceStreams, purpose: string, size: number): LinkChoices {
  if ("links" in streams) return streams.links(purpose, size);
  const byLink: (Choices | undefined)[] = [];
  return {
    fraction: (from, to) => {
      const link = from * size + to;
      const known = byLink[link] ?? streams.of(purpose, from, to);
      byLink[link] = known;
      return known.fraction();
    },
  };
}

/** As `streams.of` names a link's stream, so that a log does not tell which of the two drew. */
function linkStreamName(purpose: string, from: number, to: number): string {
  return `${purpose}/${from}/${to}`;
}

const FRACTION_STEP = 2 ** -32;
/** What a draw is when the record has ended, as of every other stream. */
const MISSING_FRACTION = 0.5;

export interface LinkTableOptions {
  readonly seed: number;
  readonly purpose: string;
  readonly size: number;
}

/** Draws by counter and hash. */
export class LinkChoiceTable implements RecordedLinkChoices {
  readonly #purpose: string;
  readonly #size: number;
  readonly #keyA: number;
  readonly #keyB: number;
  /** Draws so far, by link. */
  readonly #counters: Uint32Array;

  constructor({ seed, purpose, size }: LinkTableOptions) {
    this.#purpose = purpose;
    this.#size = size;
    this.#keyA = mix(hashOfText(purpose, seed) ^ 0x243f_6a88);
    this.#keyB = mix(hashOfText(purpose, mix(seed ^ 0x85a3_08d3)));
    this.#counters = new Uint32Array(size * size);
  }

  fraction(from: number, to: number): number {
    const link = from * this.#size + to;
    const counter = this.#counters[link] ?? 0;
    this.#counters[link] = counter + 1;
    return this.#draw(from, to, counter) * FRACTION_STEP;
  }

  drawn(): readonly (readonly [string, Uint32Array])[] {
    const streams: (readonly [string, Uint32Array])[] = [];
    for (const [link, count] of this.#counters.entries()) {
      if (count === 0) continue;
      const from = Math.floor(link / this.#size);
      const to = link - from * this.#size;
      const words = Uint32Array.from({ length: count }, (_, counter) => this.#draw(from, to, counter));
      streams.push([linkStreamName(this.#purpose, from, to), words]);
    }
    return streams;
  }

  drawnCount(): number {
    return sumOf(this.#counters);
  }

  missingCount(): number {
    return 0;
  }

  /** 32 bits from a 64-bit key of the link and the counter. Of one sender, no two receivers share the first half of a key. */
  #draw(from: number, to: number, counter: number): number {
    const sender = mix(this.#keyA + Math.imul(from, 0x9e37_79b1));
    const first = mix(sender ^ Math.imul(to + 1, 0x85eb_ca6b));
    return mix(mix(counter ^ first) + (this.#keyB ^ sender));
  }
}

/** Plays the recorded draws of one purpose. */
export class LinkChoiceReplay implements RecordedLinkChoices {
  readonly #purpose: string;
  readonly #size: number;
  readonly #recorded: ReadonlyMap<string, Uint32Array>;
  /** By link, looked up once. */
  readonly #words: (Uint32Array | undefined)[] = [];
  readonly #counters: Uint32Array;
  #missing = 0;

  constructor(purpose: string, size: number, recorded: ReadonlyMap<string, Uint32Array>) {
    this.#purpose = purpose;
    this.#size = size;
    this.#recorded = recorded;
    this.#counters = new Uint32Array(size * size);
  }

  fraction(from: number, to: number): number {
    const link = from * this.#size + to;
    const counter = this.#counters[link] ?? 0;
    this.#counters[link] = counter + 1;
    const words =
      this.#words[link] ?? this.#recorded.get(linkStreamName(this.#purpose, from, to)) ?? new Uint32Array(0);
    this.#words[link] = words;
    const word = words[counter];
    if (word !== undefined) return word * FRACTION_STEP;
    this.#missing += 1;
    return MISSING_FRACTION;
  }

  /** What was played, so that the log of a replay is the log replayed. */
  drawn(): readonly (readonly [string, Uint32Array])[] {
    return this.#words.flatMap((words, link) => {
      const from = Math.floor(link / this.#size);
      const name = linkStreamName(this.#purpose, from, link - from * this.#size);
      return words === undefined ? [] : [[name, words.slice(0, this.#counters[link])] as const];
    });
  }

  drawnCount(): number {
    return sumOf(this.#counters);
  }

  missingCount(): number {
    return this.#missing;
  }
}

/** A bijection of 32-bit numbers with hardly any bias ("triple32" of the hash prospector). */
function mix(value: number): number {
  const first = Math.imul(value ^ (value >>> 17), 0xed5a_d4bb);
  const second = Math.imul(first ^ (first >>> 11), 0xac4c_1b51);
  const third = Math.imul(second ^ (second >>> 15), 0x3184_8bab);
  return (third ^ (third >>> 14)) >>> 0;
}

function sumOf(counters: Uint32Array): number {
  return counters.reduce((sum, count) => sum + count, 0);
}

function hashOfText(text: string, start: number): number {
  let hash = mix(start);
  for (let index = 0; index < text.length; index += 1) hash = mix(hash ^ text.charCodeAt(index));
  return hash;
}
