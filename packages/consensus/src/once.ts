// A value that follows from what all who ask have in common: made by whoever asks first. Part of the memo (memo.ts).

export class Once<Value> {
  #made: { readonly value: Value } | undefined;

  get(make: () => Value): Value {
    this.#made ??= { value: make() };
    return this.#made.value;
  }
}
