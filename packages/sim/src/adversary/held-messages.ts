// Messages that a behaviour holds, with a note for each, and the bound after which they go whatever happens: a scheduler
// delays, it does not lose. Knows only its own holds.

import type { AdversaryWorld, MessageVerdict, MessageView } from "./adversary.ts";

const HOLD: MessageVerdict = { type: "hold" };

export class HeldMessages<Note> {
  readonly #holdMaxMs: number;
  /** By receiver, then by message. */
  readonly #notes = new Map<number, Map<number, Note>>();

  constructor(holdMaxMs: number) {
    this.#holdMaxMs = holdMaxMs;
  }

  hold(message: MessageView, note: Note, world: AdversaryWorld): MessageVerdict {
    const { id, to } = message;
    const ofReceiver = this.#notes.get(to) ?? new Map<number, Note>();
    this.#notes.set(to, ofReceiver);
    ofReceiver.set(id, note);
    world.after(this.#holdMaxMs, () => {
      if (ofReceiver.delete(id)) world.release((held) => held.id === id);
    });
    return HOLD;
  }

  releaseOf(receiver: number, isFree: (note: Note) => boolean, world: AdversaryWorld): void {
    const ofReceiver = this.#notes.get(receiver);
    if (ofReceiver === undefined) return;
    const free = new Set<number>();
    for (const [id, note] of ofReceiver) if (isFree(note)) free.add(id);
    if (free.size === 0) return;
    for (const id of free) ofReceiver.delete(id);
    world.release(({ id }) => free.has(id));
  }

  releaseAll(isFree: (note: Note) => boolean, world: AdversaryWorld): void {
    for (const receiver of this.#notes.keys()) this.releaseOf(receiver, isFree, world);
  }
}
