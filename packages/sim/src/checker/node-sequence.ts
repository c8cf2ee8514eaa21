// Numbers that every node announces one after another (commits, executed commits). A restart may go back and say again
// what was said before, or go on where the store ends; nothing else may go back, repeat or leave out. Whether the store may
// end further ahead than what was said ("ahead") is the caller's to judge.

export type Announcement = "next" | "again" | "ahead" | "gap" | "back";

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

  /** "again" is a number that the node announced before a restart, "ahead" one that leaves out some after a restart. */
  announce(node: number, number: number): Announcement {
    const last = this.#last[node] ?? 0;
    const highest = this.#highest[node] ?? 0;
    const isFirst = this.#restarted[node] === 1;
    this.#restarted[node] = 0;
    if (number === last + 1 || isFirst) {
      this.#last[node] = number;
      this.#highest[node] = Math.max(highest, number);
      if (number <= highest) return "again";
      return number === highest + 1 || number === last + 1 ? "next" : "ahead";
    }
    return number > last ? "gap" : "back";
  }
}
