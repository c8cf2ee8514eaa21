// Bytes in, bytes out, whatever the pieces; and memory that follows the bytes, not the pieces.

import fc from "fast-check";
import { expect, test } from "vitest";
import { ByteQueue } from "../../src/network/byte-queue.ts";

const PIECE = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 4090, maxLength: 4100 }));
const STEP = fc.record({
  push: fc.array(PIECE, { maxLength: 6 }),
  takeShare: fc.double({ min: 0, max: 1, noNaN: true }),
});

test("what is taken is what was pushed, in order", () => {
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 12 }), (steps) => {
      const queue = new ByteQueue();
      let expected: readonly number[] = [];
      for (const { push, takeShare } of steps) {
        for (const piece of push) {
          queue.push(piece);
          expected = [...expected, ...piece];
        }
        expect(queue.sizeBytes).toBe(expected.length);
        const [head] =
          expected.length < 4 ? [undefined] : [new DataView(Uint8Array.from(expected).buffer).getUint32(0)];
        expect(queue.peekUint32()).toBe(head);
        const length = Math.floor(takeShare * expected.length);
        expect([...queue.take(length)]).toEqual(expected.slice(0, length));
        expected = expected.slice(length);
      }
    }),
    { numRuns: 60 },
  );
});

test("what was taken is not changed by what is pushed after it", () => {
  const queue = new ByteQueue();
  queue.push(Uint8Array.of(1, 2, 3));
  const taken = queue.take(2);
  queue.push(Uint8Array.of(4));
  expect([[...taken], [...queue.take(2)]]).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

test("a sender of single bytes costs no object for each", () => {
  const queue = new ByteQueue();
  for (let byte = 0; byte < 100_000; byte += 1) queue.push(Uint8Array.of(byte & 0xff));
  expect(queue.sizeBytes).toBe(100_000);
  expect(queue.pieceCount).toBeLessThan(30);
});
