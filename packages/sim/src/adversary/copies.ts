// What an adversary from elsewhere is shown of the run's own objects: frozen plain copies, made when they are looked at, each
// once. What it gives back is exchanged for the original, or copied, so that nothing it still holds is part of the run.

export class Copies {
  readonly #copyOf = new WeakMap<object, object>();
  readonly #originalOf = new WeakMap<object, object>();

  /** Arrays and records are frozen through and through; bytes cannot be frozen and are copied. */
  shown<Value>(value: Value): Value;
  shown(value: unknown): unknown {
    if (!isObject(value) || this.#originalOf.has(value)) return value;
    const known = this.#copyOf.get(value);
    if (known !== undefined) return known;
    const copy = mapped(value, (item) => this.shown(item));
    if (!(copy instanceof Uint8Array)) Object.freeze(copy);
    this.#copyOf.set(value, copy);
    this.#originalOf.set(copy, value);
    return copy;
  }

  /** What stands for it in the run. */
  meant<Value>(value: Value): Value;
  meant(value: unknown): unknown {
    if (!isObject(value)) return value;
    const original = this.#originalOf.get(value);
    if (original instanceof Uint8Array && value instanceof Uint8Array && !isEqual(original, value))
      return new Uint8Array(value);
    return original ?? mapped(value, (item) => this.meant(item));
  }

  /** True for what it was shown. */
  isKnown(value: unknown): boolean {
    return isObject(value) && this.#originalOf.has(value);
  }
}

function mapped(value: object, map: (item: unknown) => unknown): object {
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(map);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, map(item)]));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, position) => byte === right[position]);
}
