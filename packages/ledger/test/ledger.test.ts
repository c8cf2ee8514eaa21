// The state machine's own contract: order of commits, what the state root covers, the transaction log, snapshots.

import { compareDigests, digestToBytes, portableCrypto, rootOfLeaves } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { createLedger, restoreLedger, transactionDigest } from "../src/index.ts";
import { TransactionLog } from "../src/module/log.ts";
import { type BlockDraft, LedgerScenario, ackBlocks } from "../src/testing/index.ts";

const bytesOf = (...values: number[]) => Uint8Array.from(values);

describe("order of execution", () => {
  it("a commit that is not the next one, or names another predecessor, is an invariant broken by the caller", () => {
    const scenario = new LedgerScenario();
    const ledger = createLedger(scenario.options);
    const [first, second] = [scenario.commit(), scenario.commit()];
    expect(() => ledger.apply(second)).toThrow("one after another");
    ledger.apply(first);
    expect(() => ledger.apply(first)).toThrow("one after another");
    const { commit } = second;
    const wrong = { ...second, commit: { ...commit, commit: { ...commit.commit, previous: commit.digest } } };
    expect(() => ledger.apply(wrong)).toThrow("names the one before it");
    expect(ledger.apply(second).type).toBe("done");
    expect(ledger.lastCommitIndex()).toBe(2);
  });

  it("an outcome for a job that is not open is an invariant broken by the caller", () => {
    const scenario = new LedgerScenario();
    const ledger = createLedger(scenario.options);
    const { weightsRoot, weightsBytes } = scenario.model();
    expect(() => ledger.complete("model-a/1", { weightsRoot, weightsBytes, metrics: [] })).toThrow("open job");
  });
});

describe("state root", () => {
  /** Root after one commit with this content. */
  function rootAfter(blocks: (scenario: LedgerScenario) => readonly BlockDraft[], change: object = {}): string {
    const scenario = new LedgerScenario();
    const ledger = createLedger(scenario.options);
    const base = scenario.commit(blocks(scenario));
    // The same commit digest everywhere, so that only the content can make a difference.
    const commit = new LedgerScenario().commit().commit;
    return scenario.execute(ledger, { ...base, commit, ...change }).stateRoot;
  }

  it("covers headers, acks, scores, early acks, transactions and the consensus state", () => {
    const update = (scenario: LedgerScenario) => ({ author: 0, updates: [scenario.update()] });
    const ack = (scenario: LedgerScenario, score: number | null) => [
      { update: scenario.update().digest, score: score as never },
    ];
    const roots = [
      rootAfter(() => []),
      rootAfter(() => [], { consensusStateDigest: "a".repeat(64) }),
      rootAfter((scenario) => [update(scenario)]),
      rootAfter((scenario) => [{ author: 0, updates: [scenario.update({ sampleCount: 11 })] }]),
      rootAfter((scenario) => [update(scenario), { author: 1, acks: ack(scenario, null) }]),
      rootAfter((scenario) => [update(scenario), { author: 2, acks: ack(scenario, null) }]),
      rootAfter((scenario) => [update(scenario), { author: 1, acks: ack(scenario, 4) }]),
      rootAfter((scenario) => [{ author: 1, acks: ack(scenario, null) }]),
      rootAfter(() => [{ author: 1, transactions: [bytesOf(1)] }]),
      rootAfter(() => [{ author: 1, transactions: [bytesOf(2)] }]),
      rootAfter((scenario) => [update(scenario), ...ackBlocks([0, 1, 2], ack(scenario, null))]),
    ];
    expect(new Set(roots).size).toBe(roots.length);
  });

  it("differs from chain to chain at genesis", () => {
    const root = (options: ConstructorParameters<typeof LedgerScenario>[0]) =>
      createLedger(new LedgerScenario(options).options).stateRoot();
    const roots = [
      root({}),
      root({ deviceCount: 5 }),
      root({ policies: [{}, {}] }),
      root({ policies: [{ bufferSize: 9 }] }),
    ];
    expect(new Set(roots).size).toBe(4);
  });

  it("an idle commit hashes a handful of nodes, whatever the state holds", () => {
    let hashes = 0;
    const sha256 = (data: Uint8Array) => {
      hashes += 1;
      return portableCrypto.sha256(data);
    };
    const scenario = new LedgerScenario({ sha256, deviceCount: 40, policies: [{ bufferSize: 99 }, {}, {}] });
    const ledger = createLedger(scenario.options);
    const updates = Array.from({ length: 40 }, (_, device) => scenario.update({ device }));
    scenario.execute(ledger, scenario.commit([{ author: 0, updates, transactions: [bytesOf(1)] }]));
    const idle = scenario.commit();
    hashes = 0;
    scenario.execute(ledger, idle);
    expect(hashes).toBeLessThanOrEqual(8);
  });
});

describe("transaction log", () => {
  const limits = { headersPerSequenceMax: 4, earlyAcksPerAuthorMax: 4, logDedupeMax: 3, finishedUpdatesMax: 4 };

  it("logs each transaction once, in output order, and tells where", () => {
    const scenario = new LedgerScenario();
    const ledger = createLedger(scenario.options);
    const digest = (...values: number[]) => transactionDigest(scenario.sha256, bytesOf(...values));
    const run = (blocks: readonly BlockDraft[]) => scenario.execute(ledger, scenario.commit(blocks)).events;
    expect(
      run([
        { author: 0, transactions: [bytesOf(1), bytesOf(2), bytesOf(1)] },
        { author: 1, transactions: [bytesOf(2), bytesOf(3)] },
      ]),
    ).toEqual([
      { type: "transactionsLogged", firstPosition: 0, digests: [digest(1), digest(2), digest(3)], commitIndex: 1 },
    ]);
    expect(run([{ author: 0, transactions: [bytesOf(3)] }])).toEqual([]);
    expect(run([{ author: 0, transactions: [bytesOf(4)] }])).toMatchObject([
      { firstPosition: 3, digests: [digest(4)] },
    ]);
    expect(ledger.loggedCount()).toBe(4);
  });

  it("forgets what lies further back than logDedupeMax entries", () => {
    const scenario = new LedgerScenario({ limits });
    const ledger = createLedger(scenario.options);
    const run = (...transactions: Uint8Array[]) =>
      scenario.execute(ledger, scenario.commit([{ author: 0, transactions }])).events.length;
    run(bytesOf(1), bytesOf(2), bytesOf(3));
    expect(run(bytesOf(1))).toBe(0);
    expect(run(bytesOf(4))).toBe(1);
    expect(run(bytesOf(1))).toBe(1);
  });

  it("its root in the state is the RFC 6962 root over the digests", () => {
    const { sha256 } = portableCrypto;
    const log = new TransactionLog(sha256, 9);
    log.append([bytesOf(1), bytesOf(2), bytesOf(1), bytesOf(3)]);
    const leaves = [1, 2, 3].map((value) => digestToBytes(transactionDigest(sha256, bytesOf(value))));
    expect(log.stateFields()).toEqual([3, rootOfLeaves(sha256, leaves)]);
  });
});

describe("snapshots", () => {
  function grown() {
    const scenario = new LedgerScenario({ policies: [{ bufferSize: 2 }] });
    const ledger = createLedger(scenario.options);
    const updates = [0, 1, 2].map((device) => scenario.update({ device }));
    const acks = updates
      .map(({ digest }) => ({ update: digest, score: 3 as never }))
      .toSorted((left, right) => (left.update < right.update ? -1 : 1));
    scenario.execute(
      ledger,
      scenario.commit([{ author: 0, updates, transactions: [bytesOf(1)] }, ...ackBlocks([0, 1, 2], acks)]),
    );
    scenario.execute(ledger, scenario.commit(ackBlocks([1], [{ update: "e".repeat(64) as never, score: null }])));
    return { scenario, ledger, snapshot: ledger.exportSnapshot() };
  }

  it("a restored ledger answers every question as before", () => {
    const { scenario, ledger, snapshot } = grown();
    const restored = restoreLedger(scenario.options, snapshot);
    if (!restored.ok) throw new Error(restored.error.detail);
    const answers = (subject: typeof ledger) => [
      subject.stateRoot(),
      subject.lastCommitIndex(),
      subject.models(),
      subject.devices().map(({ id }) => subject.sequenceInfo(id, scenario.model().id)),
      [0, 1, 2].map((device) => subject.updateStatus(scenario.update({ device }).digest)),
      subject.loggedCount(),
    ];
    expect(answers(restored.value)).toEqual(answers(ledger));
  });

  it("waiting updates keep the order in which they were certified", () => {
    const scenario = new LedgerScenario({ policies: [{ bufferSize: 3 }] });
    const ledger = createLedger(scenario.options);
    const [low, high, last] = [0, 1, 2]
      .map((device) => scenario.update({ device }))
      .toSorted((left, right) => compareDigests(left.digest, right.digest));
    if (low === undefined || high === undefined || last === undefined) throw new Error("three updates");
    const certify = (update: typeof low) =>
      scenario.commit([
        { author: 0, updates: [update] },
        ...ackBlocks([0, 1, 2], [{ update: update.digest, score: null }]),
      ]);
    scenario.execute(ledger, certify(high));
    scenario.execute(ledger, certify(low));
    const restored = restoreLedger(scenario.options, ledger.exportSnapshot());
    if (!restored.ok) throw new Error(restored.error.detail);
    scenario.execute(restored.value, certify(last));
    const applied = restored.value.model(scenario.model().id)?.current.record.updates.map(({ update }) => update);
    expect(applied).toEqual([high.digest, low.digest, last.digest]);
  });

  it("one of another chain is refused, and so is one for another genesis", () => {
    const { scenario, snapshot } = grown();
    const foreign = { ...scenario.options, chainId: "b".repeat(64) as never };
    expect(restoreLedger(foreign, snapshot)).toMatchObject({ error: { code: "SNAPSHOT_FOREIGN" } });
    const other = new LedgerScenario({ deviceCount: 7, policies: [{ bufferSize: 2 }] });
    expect(restoreLedger(other.options, snapshot)).toMatchObject({ error: { code: "SNAPSHOT_ROOT_MISMATCH" } });
  });

  it("damage of any byte is refused and never throws; truncation at every byte is malformed", () => {
    const { scenario, snapshot } = grown();
    const whole = restoreLedger(scenario.options, snapshot);
    expect(whole.ok).toBe(true);
    for (let size = 0; size < snapshot.length; size += 1) {
      expect(restoreLedger(scenario.options, snapshot.slice(0, size))).toMatchObject({
        error: { code: "SNAPSHOT_MALFORMED" },
      });
    }
    for (let at = 0; at < snapshot.length; at += 1) {
      const damaged = snapshot.map((byte, index) => (index === at ? byte ^ 0x01 : byte));
      const restored = restoreLedger(scenario.options, damaged);
      expect(restored.ok ? "RESTORED" : restored.error.code).toMatch(/^SNAPSHOT_(MALFORMED|DAMAGED)$/);
    }
  });
});
