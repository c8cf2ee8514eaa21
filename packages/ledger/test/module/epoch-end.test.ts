// §11, what the end of an epoch does: when it closes, which committee acts then, and what becomes of updates on their way.
// Four members of stake 1: Q is 3.

import { type SignedUpdate, committeeOfEpoch, createCommittee, epoch, score } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type BlockDraft, ackBlocks } from "../../src/testing/index.ts";
import { CommitteeChain, adding, rotating, typesOf } from "../support/committee-chain.ts";

function acksOf(
  { digest }: SignedUpdate,
  authors: readonly number[],
  value: number | null = null,
): readonly BlockDraft[] {
  return ackBlocks(authors, [{ update: digest, score: value === null ? null : score(value) }]);
}

/** A chain whose epoch is about to end: the trigger is ordered. */
function endingChain(params: Record<string, number> = {}): CommitteeChain {
  const chain = new CommitteeChain({ params });
  chain.settle([adding(4)]);
  return chain;
}

describe("closing", () => {
  it("§11: the epoch closes at the commit that completes markers of stake Q", () => {
    const chain = endingChain();
    expect(typesOf(chain.run([chain.end(0), chain.end(1)]).events)).toEqual([]);
    const { events, index } = chain.run([chain.end(1), chain.end(3)]);
    expect(typesOf(events)).toEqual(["epochClosed"]);
    expect(chain.ledger.epochInfo()).toMatchObject({ start: { epoch: 0 }, next: { epoch: 1, base: { index } } });
  });

  it("§11: markers alone end nothing", () => {
    const chain = new CommitteeChain();
    expect(typesOf(chain.close())).toEqual([]);
    expect(typesOf(chain.close())).toEqual([]);
    expect(chain.ledger.epochInfo().next).toBeNull();
  });

  it("§11: later commits are of the next epoch and its committee, and no other", () => {
    const chain = endingChain();
    chain.close();
    const old = chain.scenario.commit();
    expect(() => chain.ledger.apply(old)).toThrow(/epoch/);
    const next = new CommitteeChain();
    next.settle([adding(4), { type: "remove", name: "validator-0" }]);
    next.close();
    next.run();
    expect(next.committee).toEqual(createCommittee(epoch(1), next.start.members));
    expect(next.start.members.map(({ name }) => name)).toEqual([1, 2, 3, 4].map((key) => `validator-${key}`));
    expect(next.ledger.epochInfo()).toMatchObject({
      next: null,
      isEnding: false,
      markedStake: 0,
      approved: null,
      open: [],
    });
  });

  it("§11: the next committee governs with its own keys and stakes", () => {
    const chain = new CommitteeChain();
    chain.settle([rotating("validator-0", 9), adding(4), { type: "reweigh", name: "validator-2", stake: 4 }]);
    chain.close();
    expect(chain.committee.quorumStake).toBe(6);
    const { digest, transaction } = chain.propose([], 2);
    chain.order(transaction, chain.approve(digest, 0));
    expect(chain.ledger.epochInfo().open[0]?.approvedStake).toBe(5);
    chain.order(chain.approve(digest, 4));
    chain.close();
    expect(chain.start.epoch).toBe(2);
    expect(committeeOfEpoch(chain.start).totalStake).toBe(8);
  });
});

describe("updates across the end", () => {
  it("§11: what is certified stays certified and is applied", () => {
    const chain = new CommitteeChain({ policies: [{ bufferSize: 2 }] });
    const [first, second] = [1, 2].map((sequence) => chain.scenario.update({ sequence }));
    if (first === undefined || second === undefined) throw new Error("two updates");
    chain.run([{ author: 0, updates: [first] }, ...acksOf(first, [0, 1, 2], 5)]);
    chain.settle([adding(4)]);
    chain.close();
    expect(chain.ledger.updateStatus(first.digest)).toEqual({ state: "certified", certifiedAt: 1, score: 5 });
    chain.run([{ author: 4, updates: [second] }, ...acksOf(second, [1, 2, 3, 4])]);
    expect(chain.ledger.updateStatus(first.digest).state).toBe("applied");
    expect(chain.ledger.updateStatus(second.digest).state).toBe("applied");
  });

  it("§11: acks of the old epoch do not count in the new one, those of its committee do", () => {
    const chain = new CommitteeChain();
    const update = chain.scenario.update();
    chain.run([{ author: 0, updates: [update] }, ...acksOf(update, [0, 1])]);
    chain.settle([adding(4)]);
    chain.close();
    const [waiting] = chain.ledger.uncertifiedUpdates();
    expect(waiting?.digest).toBe(update.digest);
    chain.run(acksOf(update, [0, 1, 2]));
    expect(chain.ledger.updateStatus(update.digest)).toMatchObject({ state: "output", ackedStake: 3 });
    chain.run(acksOf(update, [4]));
    expect(chain.ledger.updateStatus(update.digest)).toMatchObject({ state: "certified" });
  });

  it("§11: acks that came before their header are forgotten too", () => {
    const chain = new CommitteeChain();
    const update = chain.scenario.update();
    chain.run(acksOf(update, [0, 1, 2]));
    chain.settle([adding(4)]);
    chain.close();
    chain.run([{ author: 1, updates: [update] }]);
    expect(chain.ledger.updateStatus(update.digest)).toMatchObject({ state: "output", ackedStake: 0 });
  });

  it("§11: of a sequence of which one update was output, only that one may count later", () => {
    const chain = new CommitteeChain();
    const [kept, rival] = [1, 2].map((value) => chain.scenario.update({ values: [value, 0, 0, 0, 0] }));
    if (kept === undefined || rival === undefined) throw new Error("two updates");
    chain.run([{ author: 0, updates: [kept] }]);
    chain.settle([adding(4)]);
    chain.close();
    expect(chain.ledger.checkUpdate(rival.header)).toMatchObject({ ok: false, error: { code: "UPDATE_RESERVED" } });
    expect(chain.ledger.checkUpdate(kept.header).ok).toBe(true);
    const { events } = chain.run([{ author: 0, updates: [rival] }, ...acksOf(rival, [0, 1, 2, 3])]);
    expect(events).toEqual([{ type: "updateRefused", update: rival.digest, code: "UPDATE_RESERVED" }]);
    expect(typesOf(chain.run(acksOf(kept, [0, 1, 2, 3])).events)).toEqual(["updateCertified"]);
  });

  it("§11: so it is with an update that nobody output and a counted marker lists", () => {
    const chain = endingChain();
    const [listed, rival] = [1, 2].map((value) => chain.scenario.update({ values: [value, 0, 0, 0, 0] }));
    if (listed === undefined || rival === undefined) throw new Error("two updates");
    chain.close([listed]);
    expect(chain.ledger.checkUpdate(rival.header)).toMatchObject({ ok: false, error: { code: "UPDATE_RESERVED" } });
    expect(chain.ledger.sequenceInfo(listed.header.deviceId, listed.header.modelId)?.next).toBe(2);
    const events = chain.run([{ author: 0, updates: [rival, listed] }, ...acksOf(listed, [0, 1, 2, 3])]).events;
    expect(typesOf(events)).toEqual(["updateRefused", "updateOutput", "updateCertified"]);
  });

  it("§11: a marker that is not counted reserves nothing", () => {
    const chain = endingChain();
    const [listed, rival] = [1, 2].map((value) => chain.scenario.update({ values: [value, 0, 0, 0, 0] }));
    if (listed === undefined || rival === undefined) throw new Error("two updates");
    chain.run([1, 2, 3].map((member) => chain.end(member)));
    chain.run([{ author: 0 }]);
    expect(chain.ledger.checkUpdate(rival.header).ok).toBe(true);
  });

  it("§11: a device of which two were visible has signed twice, and neither counts", () => {
    const chain = new CommitteeChain();
    const [output, listed] = [1, 2].map((value) => chain.scenario.update({ values: [value, 0, 0, 0, 0] }));
    if (output === undefined || listed === undefined) throw new Error("two updates");
    chain.run([{ author: 0, updates: [output] }, ...acksOf(output, [0])]);
    chain.settle([adding(4)]);
    const { deviceId, modelId, sequence } = output.header;
    const updates = [output.digest, listed.digest].sort((left, right) => (left < right ? -1 : 1));
    expect(chain.close([listed]).slice(1)).toEqual([
      { type: "deviceSignedTwice", deviceId, modelId, sequence, updates },
      { type: "updateDropped", update: output.digest, code: "UPDATE_SIGNED_TWICE" },
    ]);
    for (const update of [output, listed]) {
      expect(chain.ledger.checkUpdate(update.header)).toMatchObject({ error: { code: "UPDATE_SEQUENCE_CLOSED" } });
    }
    expect(chain.ledger.sequenceInfo(deviceId, modelId)).toMatchObject({ lastClosed: 1, next: 2 });
  });

  it("§11: what nobody could have a receipt for is not reserved: closed sequences, strangers, beyond the window", () => {
    const chain = new CommitteeChain({ params: { sequenceWindow: 2 }, deviceCount: 2 });
    const certified = chain.scenario.update();
    chain.run([{ author: 0, updates: [certified] }, ...acksOf(certified, [0, 1, 2])]);
    chain.settle([adding(4)]);
    const rival = chain.scenario.update({ values: [9, 9, 9, 9, 9] });
    const ahead = chain.scenario.update({ sequence: 4 });
    const stranger = chain.scenario.update({ device: 3 });
    expect(typesOf(chain.close([rival, ahead, stranger]))).toEqual(["epochClosed"]);
    const second = chain.scenario.update({ sequence: 2 });
    chain.run([{ author: 0, updates: [second] }, ...acksOf(second, [0, 1, 2, 3])]);
    expect([certified, second].map(({ digest }) => chain.ledger.updateStatus(digest).state)).toEqual([
      "certified",
      "certified",
    ]);
    const rivalAhead = chain.scenario.update({ sequence: 4, values: [9, 9, 9, 9, 9] });
    expect(chain.ledger.checkUpdate(rivalAhead.header).ok).toBe(true);
    const other = chain.scenario.update({ device: 1, values: [3, 3, 3, 3, 3] });
    expect(chain.ledger.checkUpdate(other.header).ok).toBe(true);
  });

  it("§11: another device's header under this one's name accuses nobody", () => {
    const chain = new CommitteeChain();
    const output = chain.scenario.update();
    chain.run([{ author: 0, updates: [output] }]);
    chain.settle([adding(4)]);
    const { deviceId } = output.header;
    const framed = chain.scenario.update({ device: 1, values: [2, 0, 0, 0, 0], header: { deviceId } });
    const members = [0, 1, 2, 3].map((member) => chain.end(member, member === 0 ? [framed] : []));
    expect(typesOf(chain.run(members).events)).toEqual(["epochClosed"]);
    expect(chain.ledger.updateStatus(output.digest).state).toBe("output");
  });

  it("§11: what is reserved expires as if it had been output when the epoch began, and closes its sequence", () => {
    const chain = endingChain({ updateExpiry: 3 });
    const [listed, rival] = [1, 2].map((value) => chain.scenario.update({ values: [value, 0, 0, 0, 0] }));
    if (listed === undefined || rival === undefined) throw new Error("two updates");
    chain.close([listed]);
    chain.restart();
    chain.run();
    chain.run();
    expect(chain.run().events).toEqual([{ type: "updateExpired", update: listed.digest }]);
    expect(chain.ledger.checkUpdate(rival.header)).toMatchObject({ error: { code: "UPDATE_SEQUENCE_CLOSED" } });
    expect(chain.ledger.sequenceInfo(listed.header.deviceId, listed.header.modelId)?.lastClosed).toBe(1);
  });

  it("§11: what is reserved keeps its claim at the end of the next epoch, where a rival alone is visible", () => {
    const chain = endingChain({ updateExpiry: 100 });
    const [held, rival] = [1, 2].map((value) => chain.scenario.update({ values: [value, 0, 0, 0, 0] }));
    if (held === undefined || rival === undefined) throw new Error("two updates");
    chain.close([held]);
    chain.settle([]);
    const members = chain.committee.validators.map(({ index }) => chain.end(index, index === 0 ? [rival] : []));
    const { deviceId, modelId, sequence } = held.header;
    const updates = [held.digest, rival.digest].sort((left, right) => (left < right ? -1 : 1));
    expect(chain.run(members).events.slice(1)).toEqual([
      { type: "deviceSignedTwice", deviceId, modelId, sequence, updates },
    ]);
    expect(chain.ledger.checkUpdate(rival.header)).toMatchObject({ error: { code: "UPDATE_SEQUENCE_CLOSED" } });
  });

  it("§11: what is reserved stays so at the end of the next epoch, seen there again or not", () => {
    const chain = endingChain({ updateExpiry: 100 });
    const updates = [1, 2].map((sequence) => chain.scenario.update({ sequence }));
    chain.close(updates);
    chain.settle([]);
    chain.close(updates.slice(0, 1));
    const rivals = [1, 2].map((sequence) => chain.scenario.update({ sequence, values: [9, 0, 0, 0, 0] }));
    for (const rival of rivals)
      expect(chain.ledger.checkUpdate(rival.header)).toMatchObject({ error: { code: "UPDATE_RESERVED" } });
    for (const update of updates) expect(chain.ledger.checkUpdate(update.header).ok).toBe(true);
  });

  it("§11: a reserved update that came in time has its own time to be certified", () => {
    const chain = endingChain({ updateExpiry: 3 });
    const listed = chain.scenario.update();
    chain.close([listed]);
    chain.run();
    chain.run([{ author: 1, updates: [listed] }]);
    expect(typesOf(chain.run().events)).toEqual([]);
    chain.run(acksOf(listed, [0, 1, 2, 3]));
    expect(chain.ledger.updateStatus(listed.digest).state).toBe("certified");
  });

  it("§11: a reserved update that came to its end does not expire afterwards", () => {
    const chain = new CommitteeChain({ params: { updateExpiry: 3 }, policies: [{ bufferSize: 1 }] });
    const listed = chain.scenario.update();
    chain.settle([adding(4)]);
    chain.close([listed]);
    chain.run([{ author: 1, updates: [listed] }, ...acksOf(listed, [0, 1, 2, 3])]);
    expect(chain.ledger.updateStatus(listed.digest).state).toBe("applied");
    expect([chain.run(), chain.run(), chain.run()].flatMap(({ events }) => typesOf(events))).toEqual([]);
  });

  it("§11: an update that waited gets its whole time again in the new epoch", () => {
    const chain = new CommitteeChain({ params: { updateExpiry: 6 } });
    const update = chain.scenario.update();
    chain.run([{ author: 0, updates: [update] }]);
    chain.settle([adding(4)]);
    chain.close();
    for (let commit = 0; commit < 5; commit += 1) expect(typesOf(chain.run().events)).toEqual([]);
    expect(typesOf(chain.run().events)).toEqual(["updateExpired"]);
  });

  it("§11: what was refused when it was output is not acked afterwards, unless it is output again and waits", () => {
    const chain = new CommitteeChain({ params: { sequenceWindow: 1 } });
    const [first, ahead] = [1, 2].map((sequence) => chain.scenario.update({ sequence }));
    if (first === undefined || ahead === undefined) throw new Error("two updates");
    expect(typesOf(chain.run([{ author: 0, updates: [first, ahead] }]).events)).toEqual([
      "updateOutput",
      "updateRefused",
    ]);
    chain.run(acksOf(first, [0, 1, 2]));
    expect(chain.ledger.checkUpdate(ahead.header)).toMatchObject({ error: { code: "UPDATE_REFUSED_BEFORE" } });
    chain.run([{ author: 0, updates: [ahead] }]);
    expect(chain.ledger.checkUpdate(ahead.header).ok).toBe(true);
  });

  it("§11: a score that was not fixed may be given by the next committee alone", () => {
    const chain = new CommitteeChain();
    const update = chain.scenario.update();
    chain.run([{ author: 0, updates: [update] }, ...acksOf(update, [0, 1], 7), ...acksOf(update, [2])]);
    chain.settle([adding(4)]);
    chain.close();
    expect(typesOf(chain.run(acksOf(update, [1, 2, 3], 9)).events)).toEqual([]);
    expect(chain.run(acksOf(update, [4], 9)).events).toEqual([
      { type: "updateScored", update: update.digest, score: 9 },
    ]);
  });
});
