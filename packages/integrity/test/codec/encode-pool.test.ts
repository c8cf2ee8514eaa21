// What the encoder keeps between two calls.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { decode, encode } from "../../src/codec/msgpack.ts";

const MIB = 1024 * 1024;

function collectGarbage(): void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("this runtime does not show its collector");
  // The second one frees what the first one found.
  for (let turn = 0; turn < 2; turn += 1) Reflect.apply(collect, undefined, []);
}

const SMALL = ["some text", 7, new Uint8Array([1, 2, 3])] as const;

/** A function of its own: what a test's own frame has seen may live on in it. */
function expectLargeWhole(expected: Uint8Array): void {
  const large = encode([new Uint8Array(8 * MIB)]);
  expect(large.length).toBe(8 * MIB + 6);
  expect(encode(SMALL)).toEqual(expected);
  expect(decode(large, { bytesMax: large.length }).ok).toBe(true);
  // The decoder holds on to what it read last.
  expect(decode(expected, { bytesMax: expected.length }).ok).toBe(true);
}

test("a record of many MiB leaves nothing behind, and the next one is whole", () => {
  const expected = encode(SMALL);
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  for (let turn = 0; turn < 3; turn += 1) expectLargeWhole(expected);
  collectGarbage();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(MIB);
});
