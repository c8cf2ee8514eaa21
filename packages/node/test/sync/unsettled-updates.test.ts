import type { SignedUpdate, UpdateDigest } from "@selvedge/integrity";
import { digestFromBytes } from "@selvedge/integrity";
import type { UpdateStatus } from "@selvedge/ledger";
import { expect, test } from "vitest";
import { UnsettledUpdates } from "../../src/sync/unsettled-updates.ts";

function digestOfNumber(number: number): UpdateDigest {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return digestFromBytes<UpdateDigest>(bytes);
}

function update(number: number): SignedUpdate {
  // Only the digest is looked at.
  return { digest: digestOfNumber(number) } as SignedUpdate;
}

function ledgerThatMet(met: ReadonlySet<UpdateDigest>): { updateStatus: (digest: UpdateDigest) => UpdateStatus } {
  return {
    updateStatus: (digest) => ({ state: met.has(digest) ? "applied" : "unknown" }) as UpdateStatus,
  };
}

test("what the ledger has not met is proposed again, in the order it came", () => {
  const unsettled = new UnsettledUpdates();
  const ledger = ledgerThatMet(new Set([digestOfNumber(2)]));
  for (const number of [3, 2, 1]) unsettled.note(update(number), ledger);
  expect(unsettled.take(ledger)).toEqual([update(3), update(1)]);
});

test("memory holds what is unsettled, not what ever was proposed", () => {
  const unsettled = new UnsettledUpdates();
  const met = new Set<UpdateDigest>();
  const ledger = ledgerThatMet(met);
  let most = 0;
  for (let number = 0; number < 3000; number += 1) {
    unsettled.note(update(number), ledger);
    met.add(digestOfNumber(number - 10));
    most = Math.max(most, unsettled.size);
  }
  expect(most).toBeLessThanOrEqual(128);
  expect(unsettled.take(ledger)).toHaveLength(10);
});

test("while nothing settles the oldest go; once the ledger moves on, so does all that it met", () => {
  const unsettled = new UnsettledUpdates();
  const met = new Set<UpdateDigest>();
  const ledger = ledgerThatMet(met);
  for (let number = 0; number < 5000; number += 1) unsettled.note(update(number), ledger);
  expect(unsettled.size).toBe(4096);
  for (let number = 0; number < 5000; number += 1) met.add(digestOfNumber(number));
  for (let number = 5000; number < 9096; number += 1) unsettled.note(update(number), ledgerThatMet(met));
  expect(unsettled.size).toBe(4096);
  expect(unsettled.take(ledger)[0]).toEqual(update(5000));
});
