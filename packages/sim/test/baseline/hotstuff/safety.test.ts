// Each safety rule on its own: what a validator signs, what it refuses, and that it writes before it speaks.

import { portableCrypto } from "@selvedge/integrity";
import { createCommittee, epoch } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { Author } from "../../../src/baseline/hotstuff/author.ts";
import { genesisBlock, sealBlock } from "../../../src/baseline/hotstuff/codec.ts";
import type { HotStuffEffect } from "../../../src/baseline/hotstuff/engine-port.ts";
import { HotStuffEngine } from "../../../src/baseline/hotstuff/engine.ts";
import { TransactionNames } from "../../../src/baseline/hotstuff/mempool.ts";
import { hotStuffParams } from "../../../src/baseline/hotstuff/params.ts";
import type {
  HotStuffBlock,
  HotStuffMessage,
  QuorumCertificate,
  TimeoutCertificate,
} from "../../../src/baseline/hotstuff/records.ts";
import { commitsParent, isJustified, mayVote } from "../../../src/baseline/hotstuff/safety-rules.ts";
import {
  Verifier,
  modelledSignatures,
  timeoutStatement,
  voteStatement,
} from "../../../src/baseline/hotstuff/signatures.ts";

const { sha256 } = portableCrypto;
const SIZE = 4;
const signatures = modelledSignatures(portableCrypto, SIZE);
const committee = createCommittee(
  epoch(0),
  Array.from({ length: SIZE }, () => ({ stake: 1, publicKey: new Uint8Array(32) })),
);
const genesis = genesisBlock(sha256, SIZE);
const genesisCertificate: QuorumCertificate = { view: 0, digest: genesis.digest, signers: [], signatures: [] };
const EMPTY = { safety: null, committed: [], uncommitted: [] };

function engineOf(self: number): HotStuffEngine {
  const verifier = new Verifier({ committee, signatures, genesis: genesis.digest, sha256 });
  const names = new TransactionNames(sha256);
  const weightOf = (transaction: Uint8Array) => transaction.length;
  const params = hotStuffParams({});
  return new HotStuffEngine({
    self,
    committee,
    params,
    genesis,
    sha256,
    signatures,
    verifier,
    names,
    transactionsPerToken: 1,
    weightOf,
  });
}

function started(self: number): HotStuffEngine {
  const engine = engineOf(self);
  engine.handle({ type: "start", recovered: EMPTY });
  return engine;
}

function certify(block: HotStuffBlock, signers: readonly number[] = [0, 1, 2]): QuorumCertificate {
  const statement = voteStatement(block.view, block.digest);
  return {
    view: block.view,
    digest: block.digest,
    signers,
    signatures: signers.map((signer) => signatures.sign(signer, statement)),
  };
}

function timedOut(view: number, highViews: readonly number[]): TimeoutCertificate {
  const entries = highViews.map((highView, signer) => ({
    signer,
    highView,
    signature: signatures.sign(signer, timeoutStatement(view, highView)),
  }));
  return { view, entries };
}

function blockAt(view: number, justify: QuorumCertificate, height: number, content = 0): HotStuffBlock {
  const transactions = content === 0 ? [] : [Uint8Array.of(content)];
  return sealBlock(sha256, { view, author: view % SIZE, height, justify, transactions });
}

function propose(block: HotStuffBlock, timeouts: TimeoutCertificate | null = null): HotStuffMessage {
  return new Author({ self: block.author, signatures, sha256 }).proposal(block, timeouts);
}

function hear(engine: HotStuffEngine, message: HotStuffMessage, from = 0): readonly HotStuffEffect[] {
  return engine.handle({ type: "message", from, message });
}

function votesIn(effects: readonly HotStuffEffect[]): readonly { view: number; digest: string }[] {
  return effects.flatMap((effect) =>
    effect.type === "send" && effect.message.type === "vote" ? [effect.message] : [],
  );
}

function reportsIn(effects: readonly HotStuffEffect[]): readonly string[] {
  return effects.flatMap((effect) => (effect.type === "report" ? [effect.fault] : []));
}

const first = blockAt(1, genesisCertificate, 1);
const second = blockAt(2, certify(first), 2);
const third = blockAt(3, certify(second), 3);

describe("voting", () => {
  it("a validator votes for a justified proposal of its view, to the next leader", () => {
    const effects = hear(started(0), propose(first));
    expect(votesIn(effects)).toMatchObject([{ view: 1, digest: first.digest }]);
    expect(effects.find((effect) => effect.type === "send")).toMatchObject({ to: 2 });
  });

  it("writes and syncs that it voted before the vote leaves", () => {
    const effects = hear(started(0), propose(first));
    const written = effects.findIndex(
      (effect) => effect.type === "persist" && effect.sync && effect.safety?.votedView === 1,
    );
    const stored = effects.findIndex((effect) => effect.type === "persist" && effect.blocks.includes(first));
    const left = effects.findIndex((effect) => effect.type === "send");
    expect(stored).toBeGreaterThanOrEqual(0);
    expect(written).toBeGreaterThanOrEqual(stored);
    expect(left).toBeGreaterThan(written);
  });

  it("votes once in a view, and reports the second proposal", () => {
    const engine = started(0);
    hear(engine, propose(first));
    const effects = hear(engine, propose(blockAt(1, genesisCertificate, 1, 9)));
    expect(votesIn(effects)).toEqual([]);
    expect(reportsIn(effects)).toEqual(["equivocation"]);
  });

  it("does not vote in a view that it gave up, nor below", () => {
    const engine = started(0);
    const gaveUp = engine.handle({ type: "timer", id: "view" });
    expect(gaveUp.find((effect) => effect.type === "persist")).toMatchObject({ sync: true, safety: { votedView: 1 } });
    expect(votesIn(hear(engine, propose(first)))).toEqual([]);
  });

  it("remembers over a restart where it voted and what it proposed", () => {
    const effects = hear(started(0), propose(first));
    const persisted = effects.flatMap((effect) =>
      effect.type === "persist" && effect.safety !== null ? [effect.safety] : [],
    );
    const restarted = engineOf(0);
    restarted.handle({
      type: "start",
      recovered: { safety: persisted.at(-1) ?? null, committed: [], uncommitted: [] },
    });
    expect(votesIn(hear(restarted, propose(blockAt(1, genesisCertificate, 1, 9))))).toEqual([]);

    const proposed = engineOf(1).handle({ type: "start", recovered: EMPTY });
    const safety = proposed
      .flatMap((effect) => (effect.type === "persist" && effect.safety !== null ? [effect.safety] : []))
      .at(-1);
    expect(safety).toMatchObject({ votedView: 1 });
    const again = engineOf(1).handle({
      type: "start",
      recovered: { safety: safety ?? null, committed: [], uncommitted: [] },
    });
    expect(again.filter((effect) => effect.type === "send" && effect.message.type === "proposal")).toEqual([]);
  });

  it("does not vote before it holds all ancestors, and votes when they come", () => {
    const engine = started(0);
    const effects = hear(engine, propose(second), 2);
    expect(votesIn(effects)).toEqual([]);
    expect(effects).toContainEqual({
      type: "send",
      to: 2,
      message: { type: "request", digest: first.digest, aboveHeight: 0 },
    });
    const later = hear(engine, { type: "blocks", blocks: [first] }, 2);
    expect(votesIn(later)).toMatchObject([{ view: 2, digest: second.digest }]);
  });

  it("refuses proposals of others than the leader, with a bad signature, or with a quorum too small", () => {
    const impostor = sealBlock(sha256, { ...first, author: 2 });
    expect(reportsIn(hear(started(0), propose(impostor)))).toEqual(["invalidProposal"]);
    const forged = { ...propose(first), signature: new Uint8Array(64) } as HotStuffMessage;
    expect(reportsIn(hear(started(0), forged))).toEqual(["invalidProposal"]);
    for (const signers of [
      [0, 1],
      [0, 1, 1],
      [2, 1, 0],
      [0, 1, 7],
    ]) {
      const weak = blockAt(2, certify(first, signers), 2);
      expect(reportsIn(hear(started(0), propose(weak)))).toEqual(["invalidProposal"]);
    }
  });
});

describe("the lock", () => {
  it("a proposal follows the certificate of the view before", () => {
    expect(isJustified({ block: second, timeouts: null })).toBe(true);
    expect(isJustified({ block: blockAt(3, certify(first), 2), timeouts: null })).toBe(false);
    expect(isJustified({ block: blockAt(2, certify(second), 3), timeouts: null })).toBe(false);
  });

  it("or a timeout certificate of the view before whose signers knew no higher certificate", () => {
    const skipping = blockAt(4, certify(first), 2);
    expect(isJustified({ block: skipping, timeouts: timedOut(3, [1, 1, 0]) })).toBe(true);
    expect(isJustified({ block: skipping, timeouts: timedOut(3, [0, 2, 0]) })).toBe(false);
    expect(isJustified({ block: skipping, timeouts: timedOut(2, [1, 1, 1]) })).toBe(false);
  });

  it("timeouts carry the highest certificate, and a leader extends the highest that it heard", () => {
    const engine = started(0);
    for (const block of [first, second, third]) hear(engine, propose(block));
    const effects = engine.handle({ type: "timer", id: "view" });
    const timeout = effects.flatMap((effect) =>
      effect.type === "send" && effect.message.type === "timeout" ? [effect.message] : [],
    );
    expect(timeout).toMatchObject([{ view: 3, high: { view: 2, digest: second.digest } }]);
    const answers = [1, 2].flatMap((voter) =>
      hear(
        engine,
        new Author({ self: voter, signatures, sha256 }).timeout(
          3,
          voter === 1 ? certify(third) : certify(second),
          null,
        ),
      ),
    );
    const proposals = answers.flatMap((effect) =>
      effect.type === "send" && effect.message.type === "proposal" ? [effect.message] : [],
    );
    expect(proposals).toMatchObject([{ block: { view: 4, justify: { digest: third.digest } } }]);
  });

  it("survives a restart: a validator never again claims to know less than when it voted", () => {
    const engine = started(0);
    const effects = [first, second].flatMap((block) => hear(engine, propose(block)));
    const safety = effects.flatMap((effect) =>
      effect.type === "persist" && effect.safety !== null ? [effect.safety] : [],
    );
    const restarted = engineOf(0);
    restarted.handle({
      type: "start",
      recovered: { safety: safety.at(-1) ?? null, committed: [], uncommitted: [first] },
    });
    const timeouts = restarted
      .handle({ type: "timer", id: "view" })
      .flatMap((effect) => (effect.type === "send" && effect.message.type === "timeout" ? [effect.message] : []));
    expect(timeouts).toMatchObject([{ view: 2, high: { view: 1, digest: first.digest } }]);
  });

  it("a view is left only by a certificate", () => {
    const engine = started(0);
    expect(engine.view).toBe(1);
    hear(engine, new Author({ self: 1, signatures, sha256 }).timeout(1, genesisCertificate, null));
    expect(engine.view).toBe(1);
    hear(engine, new Author({ self: 2, signatures, sha256 }).timeout(1, genesisCertificate, null));
    expect(engine.view).toBe(2);
  });

  it("f + 1 timeouts make a validator join in, f do not", () => {
    const engine = started(0);
    const one = hear(engine, new Author({ self: 1, signatures, sha256 }).timeout(1, genesisCertificate, null));
    expect(one.filter((effect) => effect.type === "send")).toEqual([]);
    const two = hear(engine, new Author({ self: 3, signatures, sha256 }).timeout(1, genesisCertificate, null));
    expect(two.some((effect) => effect.type === "send" && effect.message.type === "timeout")).toBe(true);
  });

  it("a validator that lags is told how to catch up", () => {
    const engine = started(0);
    for (const block of [first, second]) hear(engine, propose(block));
    const effects = hear(engine, new Author({ self: 3, signatures, sha256 }).timeout(1, genesisCertificate, null));
    expect(effects).toMatchObject([{ type: "send", to: 3, message: { type: "advance", high: { view: 1 } } }]);
  });
});

describe("committing", () => {
  it("takes two certificates in consecutive views", () => {
    expect(commitsParent(second, certify(second))).toBe(true);
    expect(commitsParent(blockAt(3, certify(first), 2), certify(blockAt(3, certify(first), 2)))).toBe(false);
    expect(commitsParent(second, certify(third))).toBe(false);
    const engine = started(0);
    expect(
      [first, second].flatMap((block) => hear(engine, propose(block))).filter(({ type }) => type === "commit"),
    ).toEqual([]);
    const commits = hear(engine, propose(third)).filter((effect) => effect.type === "commit");
    expect(commits).toMatchObject([{ block: { digest: first.digest } }]);
  });

  it("a gap of views commits nothing until two consecutive ones follow", () => {
    const engine = started(0);
    const afterGap = blockAt(3, certify(first), 2);
    const next = blockAt(4, certify(afterGap), 3);
    const last = blockAt(5, certify(next), 4);
    const heard = [propose(first), propose(afterGap, timedOut(2, [1, 1, 1])), propose(next)].flatMap((message) =>
      hear(engine, message),
    );
    expect(heard.filter(({ type }) => type === "commit")).toEqual([]);
    const commits = hear(engine, propose(last)).flatMap((effect) =>
      effect.type === "commit" ? [effect.block.height] : [],
    );
    expect(commits).toEqual([1, 2]);
  });

  it("is on the disk before it is told", () => {
    const engine = started(0);
    const effects = [first, second, third].flatMap((block) => hear(engine, propose(block)));
    const written = effects.findIndex(
      (effect) => effect.type === "persist" && effect.sync && effect.committed.includes(first),
    );
    expect(written).toBeGreaterThan(0);
    expect(effects.findIndex(({ type }) => type === "commit")).toBe(written + 1);
  });

  it("drops a transaction that an earlier block brought", () => {
    const engine = started(0);
    const one = blockAt(1, genesisCertificate, 1, 5);
    const two = blockAt(2, certify(one), 2, 5);
    const three = blockAt(3, certify(two), 3);
    const four = blockAt(5, certify(blockAt(4, certify(three), 4)), 5);
    const all = [one, two, three, blockAt(4, certify(three), 4), four].flatMap((block) => hear(engine, propose(block)));
    const counts = all.flatMap((effect) => (effect.type === "commit" ? [effect.transactions.length] : []));
    expect(counts.slice(0, 2)).toEqual([1, 0]);
  });

  it("takes in transactions only as their gateway signed them", () => {
    const gossip = new Author({ self: 2, signatures, sha256 }).gossip([Uint8Array.of(1, 2, 3)]);
    const sound = started(0);
    expect(reportsIn(hear(sound, gossip))).toEqual([]);
    expect(sound.gauges["mempool"]).toBe(1);
    for (const damaged of [
      { ...gossip, transactions: [Uint8Array.of(1, 2, 4)] },
      { ...gossip, gateway: 1 },
    ]) {
      const engine = started(0);
      expect(reportsIn(hear(engine, damaged))).toEqual(["invalidTransactions"]);
      expect(engine.gauges["mempool"]).toBe(0);
    }
  });

  it("mayVote wants the present view and a view above the last vote", () => {
    expect(mayVote({ view: 2, votedView: 1 }, second)).toBe(true);
    expect(mayVote({ view: 3, votedView: 1 }, second)).toBe(false);
    expect(mayVote({ view: 2, votedView: 2 }, second)).toBe(false);
  });
});
