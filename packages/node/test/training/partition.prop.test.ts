import fc from "fast-check";
import { expect, test } from "vitest";
import { dirichletPartition } from "../../src/training/partition.ts";

const labels = Uint8Array.from({ length: 600 }, (_, index) => index % 10);

test("every sample goes to exactly one device, and no device falls below the minimum", () => {
  const cases = fc.record({
    devices: fc.integer({ min: 1, max: 20 }),
    alpha: fc.double({ min: 0.01, max: 100, noNaN: true }),
    sizeMin: fc.integer({ min: 0, max: 30 }),
    seed: fc.string(),
  });
  fc.assert(
    fc.property(cases, (options) => {
      const parts = dirichletPartition({ ...options, labels });
      const dealt = parts.flatMap((part) => [...part]).toSorted((left, right) => left - right);
      expect(dealt).toEqual(Array.from(labels, (_, index) => index));
      for (const part of parts) expect(part.length).toBeGreaterThanOrEqual(options.sizeMin);
      expect(dirichletPartition({ ...options, labels })).toEqual(parts);
    }),
    { numRuns: 60, seed: 7 },
  );
});

test("a small alpha gives a device few classes, a large one all alike", () => {
  const largestShare = (alpha: number): number => {
    const [part = new Uint32Array()] = dirichletPartition({ labels, devices: 4, alpha, sizeMin: 20, seed: "s" });
    const counts = Array.from({ length: 10 }, (_, label) => part.filter((index) => labels[index] === label).length);
    return Math.max(...counts) / part.length;
  };
  expect(largestShare(0.05)).toBeGreaterThan(0.25);
  expect(largestShare(1000)).toBeLessThan(0.15);
});

test("another seed splits otherwise", () => {
  const split = (seed: string): unknown => dirichletPartition({ labels, devices: 4, alpha: 0.5, sizeMin: 20, seed });
  expect(split("a")).not.toEqual(split("b"));
});
