// A snapshot may come from a peer that lies: whatever it holds that leads to another state later, though the state root of
// its commit is the certified one, must be found out when it is restored.

import { type WireValue, decode, digestOf, digestToBytes, encode } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type Ledger, createLedger, restoreLedger } from "../src/index.ts";
import { LEDGER_LIMITS } from "../src/limits.ts";
import { LedgerScenario, ackBlocks } from "../src/testing/index.ts";

const FIELD = { pending: 9, finished: 12, logFrontier: 13, log: 14 } as const;
const MANY = { bytesMax: Number.MAX_SAFE_INTEGER, itemsMax: Number.MAX_SAFE_INTEGER };

function listOf(bytes: Uint8Array): WireValue[] {
  const decoded = decode(bytes, MANY);
  if (!decoded.ok || !Array.isArray(decoded.value)) throw new Error("a list");
  return decoded.value;
}

/** The snapshot with one field changed, and the digest before it made to fit. */
function forged({ sha256 }: LedgerScenario, ledger: Ledger, change: (fields: WireValue[]) => void): Uint8Array {
  const [, content] = listOf(ledger.exportSnapshot());
  if (!(content instanceof Uint8Array)) throw new Error("the content");
  const fields = listOf(content);
  change(fields);
  const bytes = encode(fields);
  return encode([digestToBytes(digestOf(sha256, "ledger", bytes)), bytes]);
}

function isFoundOut(scenario: LedgerScenario, ledger: Ledger, change: (fields: WireValue[]) => void): boolean {
  const restored = restoreLedger(scenario.options, forged(scenario, ledger, change));
  return !restored.ok || restored.value.stateRoot() !== ledger.stateRoot();
}

function entriesOf(value: WireValue | undefined): WireValue[] {
  if (!Array.isArray(value)) throw new Error("a list");
  return value;
}

/** Transactions, finished and waiting updates, in limits that some of them have outgrown. */
function livelyLedger(): { readonly scenario: LedgerScenario; readonly ledger: Ledger } {
  const scenario = new LedgerScenario({
    policies: [{ bufferSize: 1 }],
    limits: { logDedupeMax: 3, finishedUpdatesMax: 2 },
  });
  const ledger = createLedger(scenario.options);
  for (const sequence of [1, 2, 3]) {
    const update = scenario.update({ sequence });
    const acks = ackBlocks([0, 1, 2], [{ update: update.digest, score: null }]);
    const transactions = [Uint8Array.of(1, sequence), Uint8Array.of(2, sequence)];
    scenario.execute(ledger, scenario.commit([{ author: 0, updates: [update], transactions }, ...acks]));
  }
  for (const device of [1, 2])
    scenario.execute(ledger, scenario.commit([{ author: 0, updates: [scenario.update({ device })] }]));
  return { scenario, ledger };
}

describe("a forged snapshot", () => {
  it("is told from a sound one", () => {
    const { scenario, ledger } = livelyLedger();
    expect(isFoundOut(scenario, ledger, () => undefined)).toBe(false);
  });

  it.each([
    ["none", () => new Uint8Array(0)],
    ["the oldest left out", (bytes: Uint8Array) => bytes.slice(32)],
    ["the newest left out", (bytes: Uint8Array) => bytes.slice(0, -32)],
    ["one said twice", (bytes: Uint8Array) => Uint8Array.of(...bytes.slice(0, 64), ...bytes.slice(32, 64))],
    ["one changed", (bytes: Uint8Array) => bytes.map((byte, at) => (at === 40 ? byte ^ 1 : byte))],
    ["a byte too many", (bytes: Uint8Array) => Uint8Array.of(...bytes, 0)],
  ] as const)("of the log's last transactions: %s", (_, change) => {
    const { scenario, ledger } = livelyLedger();
    const found = isFoundOut(scenario, ledger, (fields) => {
      const log = fields[FIELD.log];
      if (log instanceof Uint8Array) fields[FIELD.log] = change(log);
    });
    expect(found).toBe(true);
  });

  it("that remembers another number of transactions than the chain's bounds say", () => {
    const { scenario, ledger } = livelyLedger();
    const shorter = new LedgerScenario({ limits: { logDedupeMax: 2, finishedUpdatesMax: 2 } });
    const { limits = LEDGER_LIMITS } = shorter.options;
    expect(restoreLedger({ ...scenario.options, limits }, ledger.exportSnapshot()).ok).toBe(false);
  });

  it.each([
    ["none", () => []],
    ["the oldest left out", (entries: WireValue[]) => entries.slice(1)],
    ["another order", (entries: WireValue[]) => entries.toReversed()],
    ["another outcome", ([first, second]: WireValue[]) => [first, [...entriesOf(second).slice(0, 2), 9, null]]],
  ] as const)("of the updates that have ended: %s", (_, change) => {
    const { scenario, ledger } = livelyLedger();
    const found = isFoundOut(scenario, ledger, (fields) => {
      fields[FIELD.finished] = change(entriesOf(fields[FIELD.finished])) as WireValue;
    });
    expect(found).toBe(true);
  });

  it("of the updates that wait: another order, in which none would expire", () => {
    const { scenario, ledger } = livelyLedger();
    expect(isFoundOut(scenario, ledger, (fields) => entriesOf(fields[FIELD.pending]).reverse())).toBe(true);
  });

  it("of the updates that wait: a signature that does not hold, which nobody would take in a block", () => {
    const { scenario, ledger } = livelyLedger();
    const found = isFoundOut(scenario, ledger, (fields) => {
      const [first] = entriesOf(fields[FIELD.pending]);
      const update = entriesOf(first);
      if (update[0] instanceof Uint8Array)
        update[0] = update[0].map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte));
    });
    expect(found).toBe(true);
  });
});
