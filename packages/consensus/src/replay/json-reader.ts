// Reads parsed JSON of unknown shape field by field. The first fault is kept, with the path to it, and harmless values
// handed on, so that a parser reads straight through and asks once at the end.

import { type Rejection, rejection } from "@selvedge/integrity";

interface FaultKeeper {
  fault: Rejection | undefined;
}

export class JsonReader {
  readonly #value: unknown;
  readonly #path: string;
  readonly #keeper: FaultKeeper;

  constructor(value: unknown, path: string = "", keeper: FaultKeeper = { fault: undefined }) {
    this.#value = value;
    this.#path = path;
    this.#keeper = keeper;
  }

  get fault(): Rejection | undefined {
    return this.#keeper.fault;
  }

  field(name: string): JsonReader {
    return new JsonReader(this.#fieldOf(name), this.#path === "" ? name : `${this.#path}.${name}`, this.#keeper);
  }

  record<Value>(name: string, read: (reader: JsonReader) => Value): Value {
    return read(this.field(name));
  }

  list<Value>(name: string, read: (entry: JsonReader) => Value): readonly Value[] {
    const field = this.field(name);
    const entries: unknown = field.#value;
    if (!Array.isArray(entries)) {
      field.#fail("is not a list");
      return [];
    }
    return entries.map((entry: unknown, position) => {
      return read(new JsonReader(entry, `${field.#path}[${position}]`, this.#keeper));
    });
  }

  /** A list that the file may leave out. */
  listIfAny<Value>(name: string, read: (entry: JsonReader) => Value): readonly Value[] {
    return this.#fieldOf(name) === undefined ? [] : this.list(name, read);
  }

  integer(min: number, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#value;
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= min && value <= max) return value;
    this.#fail(`is not an integer within ${min} and ${max}`);
    return min;
  }

  text(): string {
    if (typeof this.#value === "string") return this.#value;
    this.#fail("is not text");
    return "";
  }

  #fieldOf(name: string): unknown {
    const value = this.#value;
    if (typeof value === "object" && value !== null && Object.hasOwn(value, name)) return Reflect.get(value, name);
    return undefined;
  }

  #fail(what: string): void {
    this.#keeper.fault ??= rejection("REPLAY_FORMAT", `${this.#path === "" ? "the file" : this.#path} ${what}`);
  }
}
