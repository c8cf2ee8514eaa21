// Cursor over untrusted JSON text: punctuation, strings, lists of counts, the keys of one object. The first failure sticks
// and every later question then answers with nothing, so callers check once at the end. Knows no schema.

export class TextScanner {
  readonly #text: string;
  /** Index of the next unread code unit. */
  #at = 0;
  /** Set once, never cleared. */
  #failure: string | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  get failure(): string | undefined {
    return this.#failure;
  }

  fail(reason: string): void {
    this.#failure ??= reason;
  }

  /** Consumes the character, which must stand here; white space before it only where an earlier call passed it. */
  take(character: string): boolean {
    if (this.#failure === undefined && this.#text[this.#at] === character) {
      this.#at += 1;
      return true;
    }
    this.fail(`"${character}" is missing`);
    return false;
  }

  /** Keys of the object whose brace was just taken; between two of them the caller reads the value. */
  *keys(): Generator<string, void, undefined> {
    this.#skipSpace();
    if (this.#tryTake("}")) return;
    while (this.#failure === undefined) {
      const key = this.string();
      this.#skipSpace();
      this.take(":");
      this.#skipSpace();
      if (this.#failure !== undefined) return;
      yield key;
      this.#skipSpace();
      if (this.#tryTake("}")) return;
      this.take(",");
      this.#skipSpace();
    }
  }

  string(): string {
    if (!this.take('"')) return "";
    let value = "";
    while (this.#failure === undefined) {
      const unit = this.#text[this.#at];
      if (unit === undefined || unit < " ") break;
      this.#at += 1;
      if (unit === '"') return this.#checkedText(value);
      value += unit === "\\" ? this.#escape() : unit;
    }
    this.fail("a string does not end or has a control character");
    return "";
  }

  /** `[n, …]` of at most `countMax` non-negative safe integers without sign, fraction, exponent or leading zero. */
  counts(countMax: number): readonly number[] {
    const counts: number[] = [];
    if (!this.take("[")) return counts;
    this.#skipSpace();
    if (this.#tryTake("]")) return counts;
    while (this.#failure === undefined) {
      counts.push(this.#count());
      if (counts.length > countMax) this.fail("a list is longer than it may be");
      this.#skipSpace();
      if (this.#tryTake("]")) break;
      this.take(",");
      this.#skipSpace();
    }
    return counts;
  }

  /** Whether nothing but spaces is left. */
  isPaddingLeft(): boolean {
    return /^ *$/.test(this.#text.slice(this.#at));
  }

  #count(): number {
    // 17 characters tell any safe integer from one that is not.
    const digits = /^(?:0|[1-9][0-9]*)/.exec(this.#text.slice(this.#at, this.#at + 17))?.[0] ?? "";
    const value = Number(digits);
    if (digits === "" || !Number.isSafeInteger(value)) this.fail("a number is no safe count");
    this.#at += digits.length;
    return value;
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? "";
    this.#at += 1;
    if (letter !== "u") {
      const character = ESCAPES.get(letter);
      if (character === undefined) this.fail("a string has an unknown escape");
      return character ?? "";
    }
    const hex = this.#text.slice(this.#at, this.#at + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(hex)) this.fail("a string has a broken escape");
    this.#at += 4;
    return String.fromCharCode(Number.parseInt(hex, 16));
  }

  #checkedText(value: string): string {
    if (!value.isWellFormed()) this.fail("a string has a lone surrogate");
    return value;
  }

  #tryTake(character: string): boolean {
    if (this.#failure !== undefined || this.#text[this.#at] !== character) return false;
    this.#at += 1;
    return true;
  }

  #skipSpace(): void {
    while (SPACE.has(this.#text[this.#at] ?? "")) this.#at += 1;
  }
}

const SPACE: ReadonlySet<string> = new Set([" ", "\t", "\n", "\r"]);

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);
