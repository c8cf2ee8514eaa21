// §11 on the ordered log: who may propose what, what approves it, and what brings the epoch to its end. Four members of
// stake 1 unless said otherwise: Q is 3, F is 1.

import { type CommitteeChange, type Digest, encode, portableSigner, signApproval } from "@selvedge/integrity";
import { testEncryptionKey, testSigner } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { createLedger } from "../../src/index.ts";
import { LedgerScenario, standInDealing } from "../../src/testing/index.ts";
import { CommitteeChain, adding, codesOf, rotating, sha256, typesOf } from "../support/committee-chain.ts";

const TAG = new TextEncoder().encode("selvedge/governance/1\u0000");
const COIN = { setup: "dealer", groupPublicKey: testEncryptionKey(30) } as const;

function tagged(...rest: readonly number[]): Uint8Array {
  return Uint8Array.from([...TAG, ...rest]);
}

describe("transactions", () => {
  it("§11: what does not begin with the tag stays opaque", () => {
    const chain = new CommitteeChain();
    const { transaction } = chain.propose([adding(4)]);
    const events = chain.order(Uint8Array.of(1, 2, 3), transaction.slice(1), TAG.slice(0, 10));
    expect(events.map(({ type }) => type)).toEqual(["transactionsLogged"]);
  });

  it("§11: a malformed one changes nothing but the log, and is told by its code", () => {
    const chain = new CommitteeChain();
    const before = chain.ledger.epochInfo();
    const { transaction } = chain.propose([adding(4)]);
    const broken = [TAG, tagged(0xc0), tagged(...encode([1, 2])), transaction.slice(0, -1), tagged(0x92, 0xc4)];
    const events = chain.order(...broken);
    expect(codesOf(events)).toEqual(broken.map(() => "GOVERNANCE_MALFORMED"));
    expect(chain.ledger.epochInfo()).toEqual(before);
    expect(chain.ledger.loggedCount()).toBe(broken.length);
  });

  it("§11: beyond the bound of a block they are not looked at, in the next block they are", () => {
    const chain = new CommitteeChain({ limits: { governancePerBlockMax: 2 } });
    const { digest, transaction } = chain.propose([]);
    const approvals = [1, 2].map((member) => chain.approve(digest, member));
    const { events } = chain.run([{ author: 0, transactions: [transaction, Uint8Array.of(9), ...approvals] }]);
    expect(codesOf(events)).toEqual(["GOVERNANCE_TOO_MANY"]);
    expect(chain.ledger.epochInfo().open[0]?.approvals).toEqual([0, 1]);
    chain.order(chain.approve(digest, 2));
    expect(chain.ledger.epochInfo().approved?.digest).toBe(digest);
  });

  it("§11: they stand in the log like any other", () => {
    const scenario = new LedgerScenario();
    const ledger = createLedger(scenario.options);
    const { events } = scenario.execute(ledger, scenario.commit([{ author: 0, transactions: [tagged(1)] }]));
    expect(events.map(({ type }) => type)).toEqual(["transactionsLogged", "governanceRefused"]);
  });
});

describe("proposals", () => {
  it("§11: a member's proposal is open with its own approval", () => {
    const chain = new CommitteeChain();
    const { digest, transaction } = chain.propose([adding(4)], 2);
    expect(typesOf(chain.order(transaction))).toEqual(["committeeProposed"]);
    const { open, approved } = chain.ledger.epochInfo();
    expect(open).toMatchObject([{ digest, approvals: [2], approvedStake: 1, since: 1 }]);
    expect(approved).toBeNull();
  });

  it("§11: one for another chain, of a stranger or with a wrong signature is refused", () => {
    const chain = new CommitteeChain();
    const other = new CommitteeChain({ stakes: [1, 1, 1, 1, 1] });
    const stranger = other.propose([], 4).transaction;
    const forged = chain.propose([]).transaction.slice();
    forged[forged.length - 1] = (forged[forged.length - 1] ?? 0) ^ 1;
    const foreign = foreignProposal();
    expect(codesOf(chain.order(stranger, forged, foreign))).toEqual([
      "GOVERNANCE_NO_MEMBER",
      "GOVERNANCE_SIGNATURE",
      "GOVERNANCE_CHAIN",
    ]);
    expect(chain.ledger.epochInfo().open).toEqual([]);
  });

  it("§11: one for an epoch that is over is refused", () => {
    const chain = new CommitteeChain();
    const old = chain.propose([adding(5)], 1).transaction;
    chain.settle([adding(4)]);
    chain.close();
    expect(codesOf(chain.order(old))).toEqual(["GOVERNANCE_EPOCH"]);
  });

  it("§11: a nonce is used once, and an older one never again", () => {
    const chain = new CommitteeChain();
    const second = chain.propose([adding(5)], 0, 2).transaction;
    const first = chain.propose([adding(4)], 0, 1).transaction;
    const again = chain.propose([adding(6)], 0, 2).transaction;
    expect(codesOf(chain.order(second, first, again, second))).toEqual([
      "PROPOSAL_NONCE",
      "PROPOSAL_NONCE",
      "PROPOSAL_NONCE",
    ]);
  });

  it("§11: a member has at most proposalsPerValidatorMax open, others have theirs", () => {
    const chain = new CommitteeChain({ limits: { proposalsPerValidatorMax: 2 } });
    const own = [1, 2, 3].map((nonce) => chain.propose([adding(3 + nonce)], 0, nonce).transaction);
    expect(codesOf(chain.order(...own, chain.propose([adding(9)], 1).transaction))).toEqual(["PROPOSAL_TOO_MANY"]);
    expect(chain.ledger.epochInfo().open).toHaveLength(3);
  });

  it("§11: a proposal that makes no committee uses up its nonce, and after a few its proposer is not listened to", () => {
    const chain = new CommitteeChain({ limits: { unsoundProposalsMax: 2 } });
    const unsound = (nonce: number): Uint8Array =>
      chain.propose([{ type: "remove", name: "nobody" }], 0, nonce).transaction;
    expect(codesOf(chain.order(unsound(1), unsound(1), unsound(2)))).toEqual([
      "PROPOSAL_MEMBER_UNKNOWN",
      "PROPOSAL_NONCE",
      "PROPOSAL_MEMBER_UNKNOWN",
    ]);
    chain.restart();
    expect(codesOf(chain.order(chain.propose([adding(4)], 0, 3).transaction))).toEqual(["PROPOSER_BARRED"]);
    const { digest, transaction } = chain.propose([adding(4)], 1, 1);
    expect(codesOf(chain.order(transaction, chain.approve(digest, 2), chain.approve(digest, 3)))).toEqual([]);
    chain.close();
    expect(codesOf(chain.order(chain.propose([adding(6)], 0, 1).transaction)), "in the next epoch").toEqual([]);
  });

  it("§11: unsound proposals stand in the state", () => {
    const [quiet, chain] = [new CommitteeChain(), new CommitteeChain()];
    quiet.order(Uint8Array.of(1));
    chain.order(chain.propose([{ type: "remove", name: "nobody" }], 0, 1).transaction);
    expect(chain.ledger.epochInfo().open).toEqual(quiet.ledger.epochInfo().open);
    expect(chain.ledger.stateRoot()).not.toBe(quiet.ledger.stateRoot());
  });

  it("§11: an open proposal ends after proposalExpiry commits, and its transaction never opens it again", () => {
    const chain = new CommitteeChain({ limits: { proposalExpiry: 3 } });
    const { digest, transaction } = chain.propose([adding(4)]);
    chain.order(transaction);
    chain.run();
    chain.run();
    expect(chain.run().events).toEqual([{ type: "proposalDropped", proposal: digest, code: "PROPOSAL_EXPIRED" }]);
    expect(codesOf(chain.order(transaction, chain.approve(digest, 1)))).toEqual(["PROPOSAL_NONCE", "PROPOSAL_UNKNOWN"]);
  });

  it.each<[string, readonly CommitteeChange[], string]>([
    ["nobody", [0, 1, 2, 3].map((member) => ({ type: "remove", name: `validator-${member}` })), "MEMBERS_EMPTY"],
    ["a stranger removed", [{ type: "remove", name: "nobody" }], "PROPOSAL_MEMBER_UNKNOWN"],
    ["a stranger weighed", [{ type: "reweigh", name: "nobody", stake: 2 }], "PROPOSAL_MEMBER_UNKNOWN"],
    ["a member removed twice", [removing(1), removing(1)], "PROPOSAL_MEMBER_UNKNOWN"],
    ["a name twice", [{ ...adding(4), name: "validator-1" } as CommitteeChange], "MEMBER_DUPLICATE"],
    ["a key twice", [adding(4), rotating("validator-1", 4)], "MEMBER_DUPLICATE"],
    ["another's key", [rotating("validator-1", 2)], "MEMBER_DUPLICATE"],
    [
      "a key of small order",
      [{ ...adding(4), publicKey: Uint8Array.of(1, ...new Uint8Array(31)) } as CommitteeChange],
      "MEMBER_KEY",
    ],
    [
      "a dealing key that is none",
      [{ ...adding(4), encryptionKey: new Uint8Array(32) } as CommitteeChange],
      "MEMBER_ENCRYPTION_KEY",
    ],
  ])("§11: a change that would leave %s is refused and names its proposer", (_, changes, code) => {
    const chain = new CommitteeChain();
    const events = chain.order(chain.propose(changes, 1).transaction);
    expect(events.at(-1)).toMatchObject({ type: "governanceRefused", code, validator: 1 });
    expect(chain.ledger.epochInfo().open).toEqual([]);
  });

  it("§11: changes apply in their order to members that keep theirs", () => {
    const chain = new CommitteeChain();
    chain.settle([
      removing(1),
      adding(7, 5),
      { type: "reweigh", name: "validator-2", stake: 3 },
      rotating("validator-3", 8),
      { ...adding(9), name: "validator-1" } as CommitteeChange,
    ]);
    const members = chain.ledger.epochInfo().approved?.members ?? [];
    expect(members.map(({ name, stake }) => [name, stake])).toEqual([
      ["validator-0", 1],
      ["validator-2", 3],
      ["validator-3", 1],
      ["validator-7", 5],
      ["validator-1", 1],
    ]);
    expect(members[2]?.publicKey).toEqual(testSigner("validator", 8).publicKey);
  });

  it("§11: with a key of the coin, stakes without tickets and a missing scheme are refused", () => {
    const bare = new CommitteeChain({ coin: COIN });
    expect(codesOf(bare.order(bare.propose([adding(4)]).transaction))).toEqual(["GOVERNANCE_NO_SCHEME"]);
    const dealing = { ...standInDealing(), sizeOf: () => ({ ok: true, value: 2 ** 23 }) as const };
    const large = new CommitteeChain({ coin: COIN, dealingScheme: dealing });
    expect(codesOf(large.order(large.propose([adding(4)]).transaction))).toEqual(["DEALING_TOO_LARGE"]);
  });
});

describe("approvals", () => {
  it("§11: approvals of stake Q settle the change, and what else is open is dropped", () => {
    const chain = new CommitteeChain();
    const { digest, transaction } = chain.propose([adding(4)]);
    const rival = chain.propose([adding(5)], 1);
    expect(typesOf(chain.order(transaction, rival.transaction, chain.approve(digest, 1)))).toEqual([
      "committeeProposed",
      "committeeProposed",
      "committeeApproval",
    ]);
    const events = chain.order(chain.approve(digest, 2));
    expect(events.slice(1)).toEqual([
      { type: "committeeApproval", proposal: digest, validator: 2 },
      { type: "committeeApproved", proposal: digest },
      { type: "proposalDropped", proposal: rival.digest, code: "PROPOSAL_SUPERSEDED" },
      { type: "epochEnding", epoch: 0, proposal: digest },
    ]);
  });

  it("§11: stakes count, not heads, and each member once", () => {
    const chain = new CommitteeChain({ stakes: [1, 1, 1, 7] });
    const { digest, transaction } = chain.propose([adding(4)]);
    chain.order(transaction, chain.approve(digest, 1), chain.approve(digest, 2));
    expect(chain.ledger.epochInfo().approved).toBeNull();
    expect(codesOf(chain.order(chain.approve(digest, 2)))).toEqual(["APPROVAL_REPEATED"]);
    expect(chain.ledger.epochInfo().open[0]?.approvedStake).toBe(3);
    chain.order(chain.approve(digest, 3));
    expect(chain.ledger.epochInfo().approved?.approvedStake).toBe(10);
  });

  it("§11: an approval of nothing, by nobody or not signed is refused", () => {
    const chain = new CommitteeChain();
    const { digest, transaction } = chain.propose([adding(4)]);
    chain.order(transaction);
    const stranger = signApproval(digest, { ...chain.signer(1), validator: 9 as never }, sha256);
    const forged = signApproval(digest, { ...chain.signer(1), signer: portableSigner(new Uint8Array(32)) }, sha256);
    const nothing = chain.approve("ab".repeat(32) as Digest, 1);
    expect(codesOf(chain.order(stranger, forged, nothing))).toEqual([
      "GOVERNANCE_NO_MEMBER",
      "GOVERNANCE_SIGNATURE",
      "PROPOSAL_UNKNOWN",
    ]);
    expect(chain.ledger.epochInfo().open[0]?.approvals).toEqual([0]);
  });

  it("§11: once a change is settled, no other is taken up in the epoch", () => {
    const chain = new CommitteeChain();
    const digest = chain.settle([adding(4)]);
    const late = [chain.propose([adding(5)], 1).transaction, chain.approve(digest, 3)];
    expect(codesOf(chain.order(...late))).toEqual(["GOVERNANCE_SETTLED", "GOVERNANCE_SETTLED"]);
  });

  it("§11: a change of nothing asks for the next epoch alone", () => {
    const chain = new CommitteeChain();
    chain.settle([]);
    chain.close();
    expect(chain.start).toMatchObject({ epoch: 1, base: { index: 4, timestampMs: 4000 } });
    expect(chain.start.members).toEqual(chain.ledger.epochInfo().start.members);
  });
});

describe("dealings", () => {
  const options = { coin: COIN, dealingScheme: standInDealing() };

  it("§11: without a key none are wanted", () => {
    const chain = new CommitteeChain(options);
    const [part] = (chain.settle([adding(4)]), chain.deal(0));
    const bare = new CommitteeChain();
    bare.settle([adding(4)]);
    if (part === undefined) throw new Error("a dealing has a part");
    expect(codesOf(bare.order(part))).toEqual(["DEALING_UNASKED"]);
  });

  it("§11: the first valid dealings of stake Q make the key, and the epoch ends only then", () => {
    const chain = new CommitteeChain(options);
    const proposal = chain.settle([adding(4)]);
    expect(chain.ledger.epochInfo()).toMatchObject({ isEnding: false, approved: { dealings: { isComplete: false } } });
    expect(chain.order(...chain.deal(3)).at(-1)).toEqual({ type: "dealingCounted", proposal, dealer: 3, stake: 1 });
    chain.order(...chain.deal(1));
    expect(typesOf(chain.order(...chain.deal(0), ...chain.deal(2)))).toEqual([
      "dealingCounted",
      "governanceRefused",
      "epochEnding",
    ]);
    expect(codesOf(chain.order(...chain.deal(2)))).toEqual(["DEALINGS_COMPLETE"]);
    chain.close();
    expect(chain.start.coin.setup).toBe("dealt");
    expect(chain.start.members.map(({ coinPublicShares }) => coinPublicShares.length)).toEqual([1, 1, 1, 1, 1]);
    chain.run();
    expect(chain.ledger.keyDealings()?.dealings.map(({ dealer }) => dealer)).toEqual([3, 1, 0]);
  });

  it("§11: the next start has the key that the counted dealings make, in each epoch anew", () => {
    const chain = new CommitteeChain(options);
    const groupKeys: string[] = [];
    for (const dealers of [
      [3, 1, 0],
      [2, 0, 1],
    ]) {
      chain.settle([]);
      for (const dealer of dealers) chain.order(...chain.deal(dealer));
      chain.close();
      chain.run();
      const { members, coin } = chain.start;
      const made = chain.ledger.keyDealings()?.dealings ?? [];
      expect(made.map(({ dealer }) => dealer)).toEqual(dealers);
      expect(
        options.dealingScheme.combine(
          made.map(({ bytes }) => bytes),
          members,
        ),
      ).toEqual({
        ok: true,
        value: {
          groupPublicKey: coin.groupPublicKey,
          publicShares: members.map(({ coinPublicShares }) => coinPublicShares),
        },
      });
      groupKeys.push(coin.groupPublicKey.join());
    }
    expect(new Set(groupKeys).size).toBe(2);
  });

  it("§11: while dealings are missing the epoch goes on, whoever marks its end", () => {
    const chain = new CommitteeChain(options);
    chain.settle([adding(4)]);
    chain.order(...chain.deal(0), ...chain.deal(1));
    expect(typesOf(chain.close())).toEqual([]);
    chain.run();
    expect(chain.ledger.epochInfo()).toMatchObject({ start: { epoch: 0 }, next: null, isEnding: false });
  });

  it("§11: a dealing that does not hold is the fault of its dealer, who deals no more", () => {
    const chain = new CommitteeChain(options);
    const proposal = chain.settle([adding(4)]);
    const size = chain.ledger.epochInfo().approved?.dealings?.sizeBytes ?? 0;
    const event = chain.order(...chain.deal(1, new Uint8Array(size).fill(3))).at(-1);
    expect(event).toEqual({ type: "dealingRefused", proposal, dealer: 1, code: "DEALING_PROOF" });
    expect(codesOf(chain.order(...chain.deal(1)))).toEqual(["DEALING_REPEATED"]);
    chain.order(...chain.deal(0), ...chain.deal(2), ...chain.deal(3));
    expect(chain.ledger.epochInfo().isEnding).toBe(true);
  });

  it("§11: nobody deals in another's name, and a dealing for another change is no dealing", () => {
    const chain = new CommitteeChain(options);
    chain.settle([adding(4)]);
    const other = new CommitteeChain(options);
    other.settle([adding(5)]);
    const forged = chain
      .deal(1)
      .map((part) => part.map((byte, index) => (index === part.length - 1 ? byte ^ 1 : byte)));
    expect(codesOf(chain.order(...forged, ...other.deal(1)))).toEqual(["GOVERNANCE_SIGNATURE", "PROPOSAL_UNKNOWN"]);
    expect(chain.ledger.epochInfo().approved?.dealings?.dealers).toEqual([]);
  });

  it("§11: parts come in any order, each once, each of its size", () => {
    const chain = new CommitteeChain({ ...options, dealingScheme: standInDealing(15_000) });
    chain.settle([adding(4)]);
    const [first, second, third, ...others] = chain.deal(1);
    if (first === undefined || second === undefined || third === undefined) throw new Error("three parts");
    expect(others).toEqual([]);
    const [short] = chain.deal(2, new Uint8Array(100));
    if (short === undefined) throw new Error("one part");
    expect(codesOf(chain.order(third, first, first, short))).toEqual(["DEALING_PART_REPEATED", "DEALING_PART_SIZE"]);
    expect(chain.ledger.epochInfo().approved?.dealings?.dealers).toEqual([
      { dealer: 1, verdict: "gathering", missingParts: [1] },
    ]);
    expect(typesOf(chain.order(second))).toEqual(["dealingCounted"]);
  });
});

function removing(member: number): CommitteeChange {
  return { type: "remove", name: `validator-${member}` };
}

/** Signed by member 0, for a chain of another id. */
function foreignProposal(): Uint8Array {
  const other = new CommitteeChain();
  Object.defineProperty(other.scenario, "chainId", { value: "cd".repeat(32) });
  return other.propose([]).transaction;
}
