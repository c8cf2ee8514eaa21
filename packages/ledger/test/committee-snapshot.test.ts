// The committee in a snapshot: it comes back as it was at every stage of a change, and what a hostile peer makes of it is
// refused and never throws.

import { decode, digestOf, digestToBytes, encode, encodeEpochStart, epoch, mustExist } from "@selvedge/integrity";
import { testEncryptionKey } from "@selvedge/integrity/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { restoreLedger } from "../src/index.ts";
import { standInDealing } from "../src/testing/index.ts";
import { CommitteeChain, adding, sha256 } from "./support/committee-chain.ts";

const COMMITTEE_FIELD = 6;

function dealtChain(): CommitteeChain {
  const coin = { setup: "dealer", groupPublicKey: testEncryptionKey(30) } as const;
  return new CommitteeChain({ coin, dealingScheme: standInDealing(9000) });
}

/** A change at its most crowded: dealt in part, one dealer refused, one marker out. */
function crowdedChain(): CommitteeChain {
  const chain = dealtChain();
  chain.settle([adding(4)]);
  const size = chain.ledger.epochInfo().approved?.dealings?.sizeBytes ?? 0;
  chain.order(...chain.deal(0), ...chain.deal(1, new Uint8Array(size).fill(1)), ...chain.deal(2).slice(1));
  chain.run([chain.end(3, [chain.scenario.update()])]);
  return chain;
}

/** The snapshot with other bytes in the committee's place and a digest that fits them. */
function withCommittee(snapshot: Uint8Array, change: (committee: Uint8Array) => Uint8Array): Uint8Array {
  const outer = fieldsOf(snapshot);
  const content = fieldsOf(bytesAt(outer, 1));
  const changed = content.with(COMMITTEE_FIELD, change(bytesAt(content, COMMITTEE_FIELD)));
  const bytes = encode(changed as Parameters<typeof encode>[0]);
  return encode([digestToBytes(digestOf(sha256, "ledger", bytes)), bytes]);
}

function fieldsOf(bytes: Uint8Array): readonly unknown[] {
  const value = decode(bytes, { bytesMax: 2 ** 26 });
  if (!value.ok || !Array.isArray(value.value)) throw new Error("an array");
  return value.value;
}

function bytesAt(fields: readonly unknown[], position: number): Uint8Array {
  const bytes = mustExist(fields[position] ?? undefined, "the field is there");
  if (!(bytes instanceof Uint8Array)) throw new Error("bytes");
  return new Uint8Array(bytes);
}

describe("a snapshot", () => {
  it("brings the committee back at every stage of a change", () => {
    const chain = dealtChain();
    const stages = [
      () => chain.run(),
      () => chain.order(chain.propose([adding(4)], 1).transaction),
      () => chain.settle([adding(5)], 2),
      () => chain.order(...chain.deal(0).slice(1)),
      () => chain.order(...chain.deal(0), ...chain.deal(3)),
      () => chain.order(...chain.deal(2)),
      () => chain.run([chain.end(1), chain.end(2, [chain.scenario.update()])]),
      () => chain.close(),
      () => chain.run(),
      () => chain.order(chain.propose([], 4).transaction),
    ];
    for (const stage of stages) {
      stage();
      const before = [chain.ledger.epochInfo(), chain.ledger.keyDealings(), chain.ledger.proveEpoch()];
      const snapshot = chain.ledger.exportSnapshot();
      chain.restart();
      expect([chain.ledger.epochInfo(), chain.ledger.keyDealings(), chain.ledger.proveEpoch()]).toEqual(before);
      expect(chain.ledger.exportSnapshot()).toEqual(snapshot);
    }
    expect(chain.start.epoch).toBe(1);
  });

  it("whose committee is cut off or changed anywhere is refused and throws nothing", () => {
    const chain = crowdedChain();
    const snapshot = chain.ledger.exportSnapshot();
    const codeOf = (change: (committee: Uint8Array) => Uint8Array): string => {
      const restored = restoreLedger(chain.scenario.options, withCommittee(snapshot, change));
      return restored.ok ? "ok" : restored.error.code;
    };
    expect(codeOf((committee) => committee)).toBe("ok");
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 255 }), fc.boolean(), (place, flip, isCut) => {
        const code = codeOf((committee) => {
          const at = place % committee.length;
          return isCut ? committee.slice(0, at) : committee.with(at, (committee[at] ?? 0) ^ flip);
        });
        expect(["SNAPSHOT_MALFORMED", "SNAPSHOT_ROOT_MISMATCH"]).toContain(code);
      }),
      { numRuns: 150 },
    );
  });

  it("that claims what cannot be is refused before a state is made of it", () => {
    const chain = crowdedChain();
    const snapshot = chain.ledger.exportSnapshot();
    const changed = (position: number, value: unknown): string => {
      const bytes = withCommittee(snapshot, (committee) =>
        encode(fieldsOf(committee).with(position, value) as Parameters<typeof encode>[0]),
      );
      const restored = restoreLedger(chain.scenario.options, bytes);
      return restored.ok ? "ok" : restored.error.code;
    };
    const [, , , , approved, dealings] = fieldsOf(bytesAt(fieldsOf(bytesAt(fieldsOf(snapshot), 1)), COMMITTEE_FIELD));
    const cases: readonly (readonly [number, unknown])[] = [
      [0, new Uint8Array(3)], // no start
      [1, encode([1, 2, 3])], // no next start
      [1, encodeEpochStart({ ...chain.start, epoch: epoch(7) })], // a next start that is not the next
      [2, [[9, 1]]], // a nonce of nobody
      [3, [[new Uint8Array(30), 1, []]]], // a proposal that is none
      [4, null], // dealings for nothing
      [5, null], // none where they are due
      [5, [[[0, 0, [new Uint8Array(1)]]], [], null]], // too few parts
      [5, [[], [0], null]], // counted, and not there
      [7, [[3, 2, [], []]]], // a marker counted twice
      [7, [[9, 1, [], []]]], // a marker of nobody
    ];
    for (const [position, value] of cases)
      expect([position, changed(position, value)]).toEqual([position, "SNAPSHOT_MALFORMED"]);
    expect(changed(4, approved)).toBe("ok");
    expect(changed(5, dealings)).toBe("ok");
  });
});
