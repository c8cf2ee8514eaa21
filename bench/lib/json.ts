// JSON that this benchmark's own processes or its own nodes wrote: taken at its word, because a benchmark would rather
// fail than check.

export function trustedJson<Shape>(text: string): Shape {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return JSON.parse(text) as Shape;
}
