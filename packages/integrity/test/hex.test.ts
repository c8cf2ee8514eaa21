// Bytes as hex, by the runtime's own function and by ours for runtimes without: the same text, and no larger than it is.

import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesFromHex, hexByTable, hexFromBytes } from "../src/digest.ts";

const WAYS = [
  ["the runtime's", hexFromBytes],
  ["ours", hexByTable],
] as const;

describe.each(WAYS)("hex, %s", (_, hexOf) => {
  test("is what Node says, of any length and of views", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), fc.nat(8), (bytes, from) => {
        const view = bytes.subarray(Math.min(from, bytes.length));
        expect(hexOf(view)).toBe(Buffer.from(view).toString("hex"));
        expect(bytesFromHex(hexOf(view))).toEqual(view);
      }),
    );
  });

  test("is a flat string: a digest that is kept takes as much as its characters", () => {
    const count = 20_000;
    setFlagsFromString("--expose-gc");
    const collect: unknown = runInNewContext("gc");
    if (typeof collect !== "function") throw new Error("the runtime has no collector to call");
    const bytes = new Uint8Array(32);
    const kept: string[] = Array.from({ length: count }, () => "");
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let index = 0; index < count; index += 1) {
      new DataView(bytes.buffer).setUint32(0, index);
      kept[index] = hexOf(bytes);
    }
    collect();
    const each = (process.memoryUsage().heapUsed - before) / count;
    expect(kept.at(-1)).toHaveLength(64);
    expect(each).toBeLessThan(200);
  });
});
