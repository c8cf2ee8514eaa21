// JSON that this harness's own processes or its own nodes wrote: taken at its word, because a check would rather fail
// than go on with something else.

export function trustedJson<Shape>(text: string): Shape {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- see above
  return JSON.parse(text) as Shape;
}
