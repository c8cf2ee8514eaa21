// Numbers that every node announces one after another (commits, executed commits). A restart may go back and say again
// what was said before, or go on where the store ends; nothing else may go back, repeat or leave out.

export type Announcement = "next" | "again" | "gap" | "back";

export class NodeSequence {
  /** By node, the number announced last; 0 before the first. */
  readonly #last: Int32Array;
  readonly #highest: Int32Array;
  /** Nodes that have announced nothing since their last restart. */
  readonly #restarted: Uint8Array;

  constructor(size: number) {
    this.#last = new Int32Array(size);
    this.#highest = new Int32Array(size);
    this.#restarted = new Uint8Array(size);
  }

  onRestart(node: number): void {
    this.#restarted[node] = 1;
  }

  /** "again" is a number that the node announced before a restart. */
  announce(node: number, number: number): Announcement {
    const last = this.#last[node] ?? 0;
    const highest = this.#highest[node] ?? 0;
    const isFirst = this.#restarted[node] === 1;
    this.#restarted[node] = 0;
    if (number === last + 1 || isFirst) {
      this.#last[node] = number;
      this.#highest[node] = Math.max(highest, number);
      return number > highest ? "next" : "again";
    }
    return number > last ? "gap" : "back";
  }
}
