// Accepted blocks with payload that are not output yet: while there are any, the network must not idle (docs/protocol.md
// §4). Whoever commits tells it what was output and what garbage collection passed by.

import { type VerifiedBlock, hasPayload } from "@selvedge/integrity";

export class PayloadTracker {
  /** Round by digest. */
  readonly #waiting = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  onAccepted({ body, ref }: VerifiedBlock): void {
    if (hasPayload(body)) this.#waiting.set(ref.digest, ref.round);
  }

  onOutput(blocks: readonly VerifiedBlock[]): void {
    for (const { ref } of blocks) this.#waiting.delete(ref.digest);
  }

  onGarbageCollected(gcRound: number): void {
    for (const [digest, round] of this.#waiting) {
      if (round <= gcRound) this.#waiting.delete(digest);
    }
  }
}
