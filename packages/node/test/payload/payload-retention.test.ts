// Vouching and pruning never meet at one payload.

import { type Digest, digestFromHex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { PayloadRetention } from "../../src/payload/payload-retention.ts";

const ROOT = digestFromHex<Digest>("1".repeat(64));

test("a root that was asked for since a commit says so, one that was asked for before it does not", () => {
  const retention = new PayloadRetention();
  expect(retention.isTouchedSince(ROOT, 0)).toBe(false);
  retention.touch(ROOT, 10);
  expect(retention.isTouchedSince(ROOT, 10)).toBe(true);
  expect(retention.isTouchedSince(ROOT, 11)).toBe(false);
});

test("what was forgotten counts as asked for as late as any that was forgotten", () => {
  const retention = new PayloadRetention();
  for (let number = 0; number <= 65_536; number += 1)
    retention.touch(digestFromHex<Digest>(number.toString(16).padStart(64, "0")), 7);
  expect(retention.isTouchedSince(ROOT, 7)).toBe(true);
  expect(retention.isTouchedSince(ROOT, 8)).toBe(false);
});

test("whoever asks while it is removed waits for the end, also of a removal that fails", async () => {
  const retention = new PayloadRetention();
  const gate = Promise.withResolvers<void>();
  const removing = retention.remove(ROOT, () => gate.promise);
  let isSettled = false;
  const waiting = retention.settled(ROOT).then(() => (isSettled = true));
  await Promise.resolve();
  expect(isSettled).toBe(false);
  gate.reject(new Error("disk"));
  await waiting;
  await expect(removing).rejects.toThrow("disk");
  await retention.settled(ROOT);
});
