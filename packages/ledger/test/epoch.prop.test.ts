// Random lives of a committee: proposals, approvals, dealings and end markers by anybody at any time, good and bad, mixed
// with updates and acks. Whatever the schedule, restarts change nothing (safety), a receipt's update is never displaced
// (safety), and honest members always bring a change about in the end (liveness).

import { type SignedUpdate, type UpdateDigest, hexFromBytes, mustExist, updateKeyOf } from "@selvedge/integrity";
import { testEncryptionKey } from "@selvedge/integrity/testing";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type Ledger, restoreLedger } from "../src/index.ts";
import { type BlockDraft, type ScenarioOptions, standInDealing } from "../src/testing/index.ts";
import { CommitteeChain, QUICK, adding, markerOf, quickSha256, rotating } from "./support/committee-chain.ts";

const COIN = { setup: "dealer", groupPublicKey: testEncryptionKey(30) } as const;
const ACTIONS = [
  "propose",
  "approve",
  "approve",
  "deal",
  "deal",
  "mark",
  "mark",
  "update",
  "ack",
  "ack",
  "junk",
] as const;

interface Action {
  readonly kind: (typeof ACTIONS)[number];
  readonly member: number;
  readonly pick: number;
}

const action: fc.Arbitrary<Action> = fc.record({
  kind: fc.constantFrom(...ACTIONS),
  member: fc.nat(6),
  pick: fc.nat(11),
});
const schedule = fc.array(fc.array(action, { minLength: 1, maxLength: 7 }), { minLength: 10, maxLength: 16 });

function chainOf(options: ScenarioOptions = {}): CommitteeChain {
  return new CommitteeChain({
    signing: QUICK,
    sha256: quickSha256,
    params: { updateExpiry: 5, sequenceWindow: 3 },
    limits: { proposalExpiry: 4, proposalsPerValidatorMax: 2, governancePerBlockMax: 5 },
    ...options,
  });
}

/** What the members do in one commit, seen from the state before it; who is no member does nothing. */
function blocksOf(chain: CommitteeChain, actions: readonly Action[], nonce: number): readonly BlockDraft[] {
  const size = chain.committee.validators.length;
  return actions.flatMap((each): readonly BlockDraft[] => {
    const author = each.member % size;
    return [{ author, ...draftOf(chain, each, { author, nonce }) }];
  });
}

function draftOf(
  chain: CommitteeChain,
  { kind, pick }: Action,
  { author, nonce }: { readonly author: number; readonly nonce: number },
): Omit<BlockDraft, "author"> {
  const { open, approved, isEnding } = chain.ledger.epochInfo();
  // The commit that closes an epoch leaves nothing of it to act on.
  const isBetween = chain.ledger.epochInfo().next !== null;
  switch (kind) {
    case "propose":
      return { transactions: [chain.propose(changeOf(chain, pick), author, nonce).transaction] };
    case "approve": {
      const target = open[pick % Math.max(1, open.length)];
      return target === undefined || isBetween ? {} : { transactions: [chain.approve(target.digest, author)] };
    }
    case "deal": {
      const dealings = approved?.dealings ?? null;
      if (dealings === null || isBetween) return {};
      const bytes = pick === 0 ? new Uint8Array(dealings.sizeBytes).fill(1) : undefined;
      return { transactions: chain.deal(author, bytes) };
    }
    case "mark":
      return isEnding && !isBetween ? { control: markerOf(pick < 4 ? [updateOf(chain, pick)] : []) } : {};
    case "update":
      return { updates: [updateOf(chain, pick)] };
    case "ack":
      return { acks: [{ update: updateOf(chain, pick).digest, score: null }] };
    default:
      return { transactions: [Uint8Array.of(pick), Uint8Array.from([...TAG, pick])] };
  }
}

const TAG = new TextEncoder().encode("selvedge/governance/1\u0000");

function changeOf(chain: CommitteeChain, pick: number): Parameters<CommitteeChain["propose"]>[0] {
  const names = chain.start.members.map(({ name }) => name);
  const name = mustExist(names[pick % names.length], "a committee has members");
  if (pick % 4 === 0) return [{ type: "remove", name }];
  if (pick % 4 === 1) return [rotating(name, 12 + pick)];
  if (pick % 4 === 2) return [adding(4 + pick)];
  return [{ type: "reweigh", name, stake: 1 + (pick % 3) }];
}

/** Three values for each of two sequences of two devices: rivals are common. */
function updateOf({ scenario }: CommitteeChain, pick: number): SignedUpdate {
  return scenario.update({
    device: pick % 2,
    sequence: 1 + (Math.floor(pick / 2) % 2),
    values: [pick % 3, 0, 0, 0, 0],
  });
}

it.each([
  ["without a coin", {}],
  ["with dealings", { coin: COIN, dealingScheme: standInDealing() }],
] as const)("a ledger restored after every commit has the same roots, events and snapshots, %s", (_, options) => {
  let closings = 0;
  fc.assert(
    fc.property(schedule, (commits) => {
      const chain = chainOf(options);
      prepare(chain);
      let other = chain.ledger;
      for (const [index, actions] of commits.entries()) {
        const blocks = blocksOf(chain, actions, index);
        chain.scenario.beginEpoch(chain.start);
        const input = chain.scenario.commit(blocks);
        const restored = restoreLedger(chain.scenario.options, other.exportSnapshot());
        if (!restored.ok) throw new Error(`${restored.error.code} ${restored.error.detail}`);
        other = restored.value;
        expect(chain.scenario.execute(other, input)).toEqual(chain.scenario.execute(chain.ledger, input));
        expect(other.epochInfo()).toEqual(chain.ledger.epochInfo());
        // By digest: comparing long byte arrays one by one is what a run would spend most of its time with.
        expect(digestOfSnapshot(other)).toBe(digestOfSnapshot(chain.ledger));
      }
      closings += chain.start.epoch;
    }),
    { numRuns: 20 },
  );
  expect(closings).toBeGreaterThan(0);
});

function digestOfSnapshot(ledger: Ledger): string {
  return hexFromBytes(quickSha256(ledger.exportSnapshot()));
}

/** So that a schedule need not do everything by chance: where there is a coin, the change is settled and half dealt. */
function prepare(chain: CommitteeChain): void {
  if (chain.start.coin.setup === "none") return;
  chain.settle([adding(4)], 0);
  chain.order(...chain.deal(0));
}

it("honest members bring a change about after any schedule", () => {
  fc.assert(
    fc.property(schedule, fc.boolean(), (commits, hasCoin) => {
      const chain = chainOf(hasCoin ? { coin: COIN, dealingScheme: standInDealing() } : {});
      for (const [index, actions] of commits.entries()) chain.run(blocksOf(chain, actions, index));
      const { epoch } = chain.start;
      if (chain.ledger.epochInfo().next !== null) chain.run();
      settleAnything(chain, commits.length);
      for (const { index } of chain.committee.validators) {
        if (chain.ledger.epochInfo().isEnding) break;
        chain.run([{ author: 0, transactions: chain.deal(index) }]);
      }
      // Whoever dealt badly deals no more: then the epoch is extended, and nothing else is lost.
      if (!chain.ledger.epochInfo().isEnding) return;
      chain.close();
      expect(chain.start.epoch).toBe(epoch + 1);
    }),
    { numRuns: 20 },
  );
});

function settleAnything(chain: CommitteeChain, nonce: number): void {
  const { approved } = chain.ledger.epochInfo();
  if (approved !== null) return;
  const { digest, transaction } = chain.propose([], 0, nonce);
  // Proposals of before go within proposalExpiry commits.
  for (let commit = 0; commit < 4; commit += 1) chain.run();
  chain.run([{ author: 0, transactions: [transaction] }]);
  for (const { index } of chain.committee.validators.slice(1)) {
    if (chain.ledger.epochInfo().approved === null)
      chain.run([{ author: 0, transactions: [chain.approve(digest, index)] }]);
  }
}

// --- receipts ---------------------------------------------------------------------------------------------------------

/** How one update fares before the end of the epoch. */
interface Fate {
  readonly pick: number;
  /** Who acked it, one bit a member. */
  readonly ackers: number;
  /** Whether its header was output, and for which members their acks were. */
  readonly isOutput: boolean;
  readonly ackOutput: number;
  /** Who marks its end in time, one bit a member. */
  readonly marking: number;
}

const fate: fc.Arbitrary<Fate> = fc.record({
  pick: fc.nat(11),
  ackers: fc.nat(15),
  isOutput: fc.boolean(),
  ackOutput: fc.nat(15),
  marking: fc.constantFrom(0b0111, 0b1011, 0b1101, 0b1110, 0b1111),
});

const has = (bits: number, member: number): boolean => (bits & (1 << member)) !== 0;

/**
 * Member 3 is the liar: it acks whatever it likes and lists nothing. The others ack one update of a key, list in their
 * markers what is not wholly in the output, and ack nothing after the trigger.
 */
function playEpoch(chain: CommitteeChain, fates: readonly Fate[]): readonly SignedUpdate[] {
  const acked = new Map<string, UpdateDigest>();
  const listed: SignedUpdate[][] = [[], [], [], []];
  const stakes = new Map<SignedUpdate, number>();
  for (const { pick, ackers, isOutput, ackOutput } of fates) {
    const update = updateOf(chain, pick);
    const voters = [0, 1, 2, 3].filter((member) => has(ackers, member) && mayAck(acked, update, member));
    stakes.set(update, voters.length);
    chain.run([
      ...(isOutput ? [{ author: 0, updates: [update] }] : []),
      ...voters
        .filter((member) => has(ackOutput, member))
        .map((author) => ({ author, acks: [{ update: update.digest, score: null }] })),
    ]);
    for (const member of voters) if (!isOutput || !has(ackOutput, member)) listed[member]?.push(update);
  }
  chain.settle([adding(4)]);
  const marking = fates[0]?.marking ?? 0b1111;
  chain.run(
    [0, 1, 2, 3]
      .filter((member) => has(marking, member))
      .map((member) => chain.end(member, member === 3 ? [] : listed[member])),
  );
  return [...stakes].flatMap(([update, stake]) => (stake >= 3 ? [update] : []));
}

function mayAck(acked: Map<string, UpdateDigest>, { header, digest }: SignedUpdate, member: number): boolean {
  if (member === 3) return true;
  const key = `${member}/${updateKeyOf(header)}`;
  const first = acked.get(key) ?? digest;
  acked.set(key, first);
  return first === digest;
}

it("an update with a receipt of the old epoch is never displaced by another of its key in the new one", () => {
  let receipts = 0;
  fc.assert(
    fc.property(fc.uniqueArray(fate, { selector: ({ pick }) => pick, minLength: 1, maxLength: 6 }), (fates) => {
      // Nothing expires meanwhile: a receipt promises no inclusion.
      const chain = chainOf({ params: { updateExpiry: 100, sequenceWindow: 8 } });
      const promised = playEpoch(chain, fates);
      receipts += promised.length;
      expect(chain.start.epoch).toBe(1);
      chain.restart();
      const all = Array.from({ length: 12 }, (_, pick) => updateOf(chain, pick));
      const everybody = chain.committee.validators.map(({ index }) => index);
      // The whole new committee acks everything: the ledger alone stands in the way.
      for (const update of all) {
        chain.run([{ author: 0, updates: [update] }]);
        chain.run(everybody.map((author) => ({ author, acks: [{ update: update.digest, score: null }] })));
      }
      const certified = all.filter(({ digest }) => chain.ledger.updateStatus(digest).state === "certified");
      for (const { header, digest } of promised) {
        const rivals = certified.filter((other) => updateKeyOf(other.header) === updateKeyOf(header));
        expect(rivals.every((other) => other.digest === digest)).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
  expect(receipts).toBeGreaterThan(5);
});

it("an update that alone was visible can still be certified in the new epoch", () => {
  fc.assert(
    fc.property(fate, fc.nat(11), (each, pick) => {
      const chain = chainOf({ params: { updateExpiry: 100, sequenceWindow: 8 } });
      playEpoch(chain, [{ ...each, pick }]);
      const update = updateOf(chain, pick);
      chain.run([{ author: 0, updates: [update] }]);
      chain.run(
        chain.committee.validators.map(({ index }) => ({
          author: index,
          acks: [{ update: update.digest, score: null }],
        })),
      );
      expect(chain.ledger.updateStatus(update.digest).state).toBe("certified");
    }),
    { numRuns: 15 },
  );
});
