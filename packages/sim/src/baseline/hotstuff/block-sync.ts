// Blocks that are certified but not held: asked of one peer at a time, first of the one who named them, then of the others
// in turn. The engine emits what this answers and tells it what was found.

import type { Digest } from "@selvedge/integrity";
import type { Micros } from "../../kernel/time.ts";
import type { HotStuffEffect } from "./engine-port.ts";
import type { HotStuffBlock, QuorumCertificate } from "./records.ts";

export class BlockSync {
  readonly #self: number;
  readonly #size: number;
  readonly #retryUs: Micros;
  /** By digest, the peer asked last. */
  readonly #missing = new Map<Digest, number>();

  constructor(setup: { readonly self: number; readonly size: number; readonly retryUs: Micros }) {
    this.#self = setup.self;
    this.#size = setup.size;
    this.#retryUs = setup.retryUs;
  }

  isMissing(digest: Digest): boolean {
    return this.#missing.has(digest);
  }

  /** Of an answer, newest first: what was asked for and ancestors, each pinned by its hash to the one before. */
  pinned(answer: readonly HotStuffBlock[], isSound: (justify: QuorumCertificate) => boolean): readonly HotStuffBlock[] {
    const pinned: HotStuffBlock[] = [];
    for (const block of answer) {
      const previous = pinned.at(-1);
      const isExpected =
        previous === undefined ? this.isMissing(block.digest) : previous.justify.digest === block.digest;
      if (!isExpected || !isSound(block.justify)) break;
      pinned.push(block);
    }
    return pinned;
  }

  found(digest: Digest): void {
    this.#missing.delete(digest);
  }

  /** `holder`: who is known to hold it. */
  ask(
    digest: Digest,
    { holder, aboveHeight }: { holder: number | null; aboveHeight: number },
  ): readonly HotStuffEffect[] {
    if (this.#missing.has(digest) || this.#size === 1) return [];
    const isFirst = this.#missing.size === 0;
    const peer = holder === null || holder === this.#self ? this.#after(this.#self) : holder;
    this.#missing.set(digest, peer);
    const request = requestTo(peer, digest, aboveHeight);
    return isFirst ? [request, this.#timer()] : [request];
  }

  /** Whatever is still missing, from the next peer. */
  retry(aboveHeight: number): readonly HotStuffEffect[] {
    if (this.#missing.size === 0) return [];
    const effects: HotStuffEffect[] = [];
    for (const [digest, asked] of this.#missing) {
      const peer = this.#after(asked);
      this.#missing.set(digest, peer);
      effects.push(requestTo(peer, digest, aboveHeight));
    }
    return [...effects, this.#timer()];
  }

  #after(peer: number): number {
    const next = (peer + 1) % this.#size;
    return next === this.#self ? (next + 1) % this.#size : next;
  }

  #timer(): HotStuffEffect {
    return { type: "setTimer", id: "fetch", delayUs: this.#retryUs };
  }
}

function requestTo(to: number, digest: Digest, aboveHeight: number): HotStuffEffect {
  return { type: "send", to, message: { type: "request", digest, aboveHeight } };
}
