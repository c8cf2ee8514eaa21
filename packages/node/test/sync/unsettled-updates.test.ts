import {
  type DeviceId,
  type SignedUpdate,
  type UpdateDigest,
  commitIndex,
  digestFromBytes,
  err,
  ok,
  rejection,
} from "@selvedge/integrity";
import type { UpdatePermit, UpdateStatus } from "@selvedge/ledger";
import { expect, test } from "vitest";
import { UnsettledUpdates } from "../../src/sync/unsettled-updates.ts";

function digestOfNumber(number: number): UpdateDigest {
  const bytes = new Uint8Array(32);
  new DataView(bytes.buffer).setUint32(0, number);
  return digestFromBytes<UpdateDigest>(bytes);
}

/** Of one of so many devices that none has many, unless one is named. */
function update(number: number, device = `device ${number % 100}`): SignedUpdate {
  return { digest: digestOfNumber(number), header: { deviceId: device, sequence: number } } as unknown as SignedUpdate;
}

type Outcomes = Parameters<UnsettledUpdates["note"]>[1];

function ledgerThatMet(met: ReadonlySet<UpdateDigest>, more: Partial<Outcomes> = {}): Outcomes {
  return {
    updateStatus: (digest) => ({ state: met.has(digest) ? "applied" : "unknown" }) as UpdateStatus,
    checkUpdate: () => ok({} as UpdatePermit),
    lastCommitIndex: () => commitIndex(0),
    ...more,
  };
}

const DEVICE = "device" as DeviceId;

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

test("while nothing settles there is an end to what is proposed, and room again once a commit has taken some out", () => {
  const unsettled = new UnsettledUpdates();
  const met = new Set<UpdateDigest>();
  let executed = 0;
  const ledger = ledgerThatMet(met, { lastCommitIndex: () => commitIndex(executed) });
  let proposed = 0;
  for (let number = 0; number < 20_000; number += 1) {
    const one = update(number);
    if (!unsettled.hasRoom(one.header.deviceId, ledger)) continue;
    unsettled.note(one, ledger);
    proposed += 1;
  }
  expect(proposed).toBe(4096);
  met.add(digestOfNumber(0));
  expect(unsettled.hasRoom(DEVICE, ledger)).toBe(false);
  executed = 1;
  expect(unsettled.hasRoom(DEVICE, ledger)).toBe(true);
});

test("one device has its own end, and leaves room to the others", () => {
  const unsettled = new UnsettledUpdates();
  const ledger = ledgerThatMet(new Set());
  let number = 0;
  for (; unsettled.hasRoom(DEVICE, ledger); number += 1) unsettled.note(update(number, DEVICE), ledger);
  expect(number).toBe(256);
  unsettled.note(update(0, DEVICE), ledger);
  expect(unsettled.size).toBe(256);
  expect(unsettled.hasRoom("other" as DeviceId, ledger)).toBe(true);
});

test("rivals of what the ledger has decided wait for nothing; what it has not executed far enough for, does", () => {
  const unsettled = new UnsettledUpdates();
  const codes = ["UPDATE_SEQUENCE_CLOSED", "UPDATE_SEQUENCE_AHEAD", "UPDATE_BASE_UNKNOWN"];
  const ledger = ledgerThatMet(new Set(), {
    checkUpdate: ({ sequence }) => err(rejection(codes[sequence] ?? "", "as the code says")),
  });
  for (const number of codes.keys()) unsettled.note(update(number, DEVICE), ledger);
  expect(unsettled.take(ledger)).toEqual([update(1, DEVICE), update(2, DEVICE)]);
});
