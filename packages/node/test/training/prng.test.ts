import { expect, test } from "vitest";
import { Prng } from "../../src/training/prng.ts";

const KEY = { seed: "s", purpose: "p", index: 0 };

function draws(key: typeof KEY, count: number): readonly number[] {
  const prng = new Prng(key);
  return Array.from({ length: count }, () => prng.uint32());
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return { mean, variance: values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length };
}

test("the same name gives the same stream, and each part of the name matters", () => {
  expect(draws(KEY, 4)).toEqual(draws(KEY, 4));
  const others = [
    { ...KEY, seed: "t" },
    { ...KEY, purpose: "q" },
    { ...KEY, index: 1 },
    { ...KEY, seed: "sp", purpose: "" },
  ];
  for (const other of others) expect(draws(other, 4)).not.toEqual(draws(KEY, 4));
});

test("the stream does not change from release to release", () => {
  expect(draws(KEY, 3)).toMatchInlineSnapshot(`
    [
      3251290867,
      1344072765,
      2351475821,
    ]
  `);
});

test("uniform, normal and gamma have the moments of their laws", () => {
  const prng = new Prng({ ...KEY, purpose: "moments" });
  const sample = (draw: () => number): ReturnType<typeof moments> => moments(Array.from({ length: 20_000 }, draw));
  const uniform = sample(() => prng.uniform());
  expect(uniform.mean).toBeCloseTo(0.5, 1);
  expect(uniform.variance).toBeCloseTo(1 / 12, 2);
  const normal = sample(() => prng.normal());
  expect(normal.mean).toBeCloseTo(0, 1);
  expect(normal.variance).toBeCloseTo(1, 1);
  for (const shape of [0.5, 1, 4]) {
    const gamma = sample(() => prng.gamma(shape));
    expect(Math.abs(gamma.mean / shape - 1)).toBeLessThan(0.05);
    expect(Math.abs(gamma.variance / shape - 1)).toBeLessThan(0.1);
  }
});

test("a permutation holds every number once and is not the identity", () => {
  const order = new Prng(KEY).permutation(100);
  const identity = Array.from({ length: 100 }, (_, index) => index);
  expect([...order]).not.toEqual(identity);
  expect([...order].toSorted((left, right) => left - right)).toEqual(identity);
  expect(new Prng(KEY).shuffled(["a", "b", "c"]).toSorted((left, right) => left.localeCompare(right))).toEqual([
    "a",
    "b",
    "c",
  ]);
});

test("Dirichlet shares sum to one, and a small alpha makes them unequal", () => {
  const largest = (alpha: number): number => Math.max(...new Prng(KEY).dirichlet(alpha, 8));
  const shares = new Prng(KEY).dirichlet(0.5, 8);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
  expect(largest(0.05)).toBeGreaterThan(0.5);
  expect(largest(1000)).toBeLessThan(0.2);
});
