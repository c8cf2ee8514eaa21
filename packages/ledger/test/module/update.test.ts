// U1, U3, U5 and U6 on the ordered log, one test per clause. Four validators of stake 1: Q is 3.

import { compareDigests, score } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { createLedger } from "../../src/index.ts";
import { LedgerScenario, type ScenarioOptions, ackBlocks } from "../../src/testing/index.ts";

function chain(options: ScenarioOptions = {}) {
  const scenario = new LedgerScenario({ policies: [{ bufferSize: 100 }], ...options });
  const ledger = createLedger(scenario.options);
  const run = (blocks: Parameters<LedgerScenario["commit"]>[0] = []) =>
    scenario.execute(ledger, scenario.commit(blocks));
  return { scenario, ledger, run };
}

const acks = (update: { digest: never } | { digest: string }, value: number | null = null) => [
  { update: update.digest as never, score: value === null ? null : score(value) },
];

describe("U5 certification", () => {
  it("U5: a header and acks of stake Q make an update certified, however they are spread over commits", () => {
    const { scenario, ledger, run } = chain();
    const update = scenario.update();
    expect(run([{ author: 0, updates: [update] }]).events).toEqual([{ type: "updateOutput", update }]);
    expect(run(ackBlocks([0, 1], acks(update))).events).toEqual([]);
    expect(ledger.updateStatus(update.digest)).toEqual({ state: "output", firstOutput: 1, ackedStake: 2 });
    expect(run(ackBlocks([3], acks(update))).events).toEqual([{ type: "updateCertified", update: update.digest }]);
    expect(ledger.updateStatus(update.digest)).toEqual({ state: "certified", certifiedAt: 3, score: null });
  });

  it("U5: a commit tells where the devices stand whose sequences it touched, and the ledger where all stand", () => {
    const { scenario, ledger } = chain();
    const run = (blocks: Parameters<typeof scenario.commit>[0]) => {
      const result = ledger.apply(scenario.commit(blocks));
      return result.type === "done" ? result.closed : [];
    };
    const { header } = scenario.update();
    const standing = (upTo: number) => [{ deviceId: header.deviceId, modelId: header.modelId, upTo }];
    const [first, second] = [scenario.update(), scenario.update({ sequence: 2 })];
    expect(run([{ author: 0, updates: [first, second] }])).toEqual(standing(0));
    expect(run(ackBlocks([0, 1, 2], acks(second)))).toEqual(standing(0));
    expect(run(ackBlocks([0, 1, 2], acks(first)))).toEqual(standing(2));
    expect(run([])).toEqual([]);
    expect(ledger.closedSequences()).toEqual(standing(2));
  });

  it("U5: each author counts once", () => {
    const { scenario, ledger, run } = chain();
    const update = scenario.update();
    run([{ author: 0, updates: [update] }]);
    for (let commit = 0; commit < 4; commit += 1) run(ackBlocks([0, 1], acks(update)));
    expect(ledger.updateStatus(update.digest)).toMatchObject({ state: "output", ackedStake: 2 });
  });

  it("U5: stakes count, not heads", () => {
    const { scenario, ledger, run } = chain({ stakes: [5, 1, 1, 1] });
    const update = scenario.update();
    run([{ author: 1, updates: [update] }, ...ackBlocks([1, 2, 3], acks(update))]);
    expect(ledger.updateStatus(update.digest).state).toBe("output");
    run(ackBlocks([0], acks(update)));
    expect(ledger.updateStatus(update.digest).state).toBe("certified");
  });

  it("U5: acks output before their header count once it comes", () => {
    const { scenario, ledger, run } = chain();
    const update = scenario.update();
    run(ackBlocks([0, 1, 2], acks(update)));
    expect(ledger.updateStatus(update.digest).state).toBe("unknown");
    const { events } = run([{ author: 0, updates: [update] }]);
    expect(events.map(({ type }) => type)).toEqual(["updateOutput", "updateCertified"]);
  });

  it("U5: early acks are forgotten when an update would have expired", () => {
    const { scenario, ledger, run } = chain({ params: { updateExpiry: 3 } });
    const update = scenario.update();
    run(ackBlocks([0, 1, 2], acks(update)));
    run();
    run();
    run();
    run([{ author: 0, updates: [update] }]);
    expect(ledger.updateStatus(update.digest)).toMatchObject({ state: "output", ackedStake: 0 });
  });

  it("an author's early acks are bounded, and the oldest is forgotten first", () => {
    const limits = { headersPerSequenceMax: 4, earlyAcksPerAuthorMax: 2, logDedupeMax: 10, finishedUpdatesMax: 10 };
    const { scenario, ledger, run } = chain({ limits });
    const updates = [1, 2, 3].map((sequence) => scenario.update({ sequence }));
    for (const update of updates) run(ackBlocks([0], acks(update)));
    run([{ author: 1, updates }]);
    expect(updates.map(({ digest }) => ledger.updateStatus(digest))).toMatchObject([
      { ackedStake: 0 },
      { ackedStake: 1 },
      { ackedStake: 1 },
    ]);
  });

  it("U5: a header in several blocks has one first output", () => {
    const { scenario, run } = chain();
    const update = scenario.update();
    const { events } = run([
      { author: 0, updates: [update] },
      { author: 1, updates: [update] },
    ]);
    expect(events).toHaveLength(1);
    expect(run([{ author: 2, updates: [update] }]).events).toEqual([]);
  });

  it("U5: updateExpiry commits after its first output an uncertified update is dropped and its sequence closed", () => {
    const { scenario, ledger, run } = chain({ params: { updateExpiry: 3 } });
    const update = scenario.update();
    run([{ author: 0, updates: [update] }]);
    run(ackBlocks([0, 1], acks(update)));
    run([{ author: 2, updates: [update] }]);
    expect(ledger.updateStatus(update.digest).state).toBe("output");
    expect(run().events).toEqual([{ type: "updateExpired", update: update.digest }]);
    expect(ledger.updateStatus(update.digest)).toEqual({ state: "dropped", code: "UPDATE_EXPIRED" });
    expect(ledger.sequenceInfo(update.header.deviceId, update.header.modelId)?.lastClosed).toBe(1);
    expect(run(ackBlocks([2, 3], acks(update))).events).toEqual([]);
    const rival = scenario.update({ values: [9, 9, 9, 9, 9] });
    expect(run([{ author: 0, updates: [rival] }]).events).toEqual([
      { type: "updateRefused", update: rival.digest, code: "UPDATE_SEQUENCE_CLOSED" },
    ]);
  });

  it("U5: the last ack may come in the very commit of the expiry", () => {
    const { scenario, ledger, run } = chain({ params: { updateExpiry: 2 } });
    const update = scenario.update();
    run([{ author: 0, updates: [update] }, ...ackBlocks([0, 1], acks(update))]);
    run();
    run(ackBlocks([2], acks(update)));
    expect(ledger.updateStatus(update.digest).state).toBe("certified");
  });
});

describe("late acks", () => {
  it("an ack of an update that has come to its end is not kept as an early one", () => {
    const limits = { headersPerSequenceMax: 4, earlyAcksPerAuthorMax: 1, logDedupeMax: 9, finishedUpdatesMax: 9 };
    const { scenario, ledger, run } = chain({ policies: [{ bufferSize: 1 }], limits });
    const [applied, waiting] = [scenario.update(), scenario.update({ sequence: 2 })];
    run([{ author: 0, updates: [applied] }, ...ackBlocks([0, 1, 2], acks(applied)), ...ackBlocks([3], acks(waiting))]);
    run(ackBlocks([3], acks(applied)));
    run([{ author: 0, updates: [waiting] }]);
    // Had the late ack been kept, it would have pushed the early one out.
    expect(ledger.updateStatus(waiting.digest)).toMatchObject({ state: "output", ackedStake: 1 });
  });
});

describe("sequences", () => {
  it("U3: of two headers with one key at most one is certified, and the other is dropped", () => {
    const { scenario, ledger, run } = chain();
    const [first, second] = [scenario.update(), scenario.update({ values: [0, 0, 0, 0, 1] })];
    run([{ author: 0, updates: [first, second] }]);
    run([...ackBlocks([0, 1, 2, 3], acks(first)), ...ackBlocks([0, 1, 2, 3], acks(second))]);
    const states = [first, second].map(({ digest }) => ledger.updateStatus(digest).state).toSorted(compareDigests);
    expect(states).toEqual(["certified", "dropped"]);
  });

  it("headers of one key that wait together are bounded", () => {
    const { scenario, run } = chain();
    const rivals = [1, 2, 3, 4, 5].map((value) => scenario.update({ values: [value, 0, 0, 0, 0] }));
    const { events } = run([{ author: 0, updates: rivals }]);
    expect(events.at(-1)).toMatchObject({ type: "updateRefused", code: "UPDATE_CONFLICTS" });
    expect(events.filter(({ type }) => type === "updateOutput")).toHaveLength(4);
  });

  it("U3: sequences beyond the window are refused, gaps within it are not", () => {
    const { scenario, ledger, run } = chain({ params: { sequenceWindow: 3 } });
    const [third, fourth] = [scenario.update({ sequence: 3 }), scenario.update({ sequence: 4 })];
    expect(ledger.checkUpdate(third.header).ok).toBe(true);
    expect(ledger.checkUpdate(fourth.header)).toMatchObject({ ok: false, error: { code: "UPDATE_SEQUENCE_AHEAD" } });
    const { events } = run([{ author: 0, updates: [third, fourth] }, ...ackBlocks([0, 1, 2], acks(third))]);
    expect(events[1]).toMatchObject({ type: "updateRefused", code: "UPDATE_SEQUENCE_AHEAD" });
    const { deviceId, modelId } = third.header;
    expect(ledger.sequenceInfo(deviceId, modelId)).toEqual({ lastClosed: 0, next: 1, highest: 3 });
    for (const sequence of [1, 2]) {
      const update = scenario.update({ sequence });
      run([{ author: 0, updates: [update] }, ...ackBlocks([0, 1, 2], acks(update))]);
    }
    expect(ledger.sequenceInfo(deviceId, modelId)).toEqual({ lastClosed: 3, next: 4, highest: 6 });
    expect(ledger.checkUpdate(third.header)).toMatchObject({ ok: false, error: { code: "UPDATE_SEQUENCE_CLOSED" } });
  });

  it("a certified or applied update that is output again has no effect, once and for all", () => {
    const { scenario, ledger, run } = chain({
      policies: [{ bufferSize: 1 }],
      limits: { headersPerSequenceMax: 4, earlyAcksPerAuthorMax: 9, logDedupeMax: 9, finishedUpdatesMax: 1 },
    });
    const update = scenario.update();
    const replay = [{ author: 0, updates: [update] }, ...ackBlocks([0, 1, 2], acks(update))];
    run(replay);
    expect(ledger.updateStatus(update.digest)).toEqual({ state: "applied", modelId: "model-a", version: 1 });
    expect(run(replay).events).toEqual([{ type: "updateRefused", update: update.digest, code: "UPDATE_REPLAYED" }]);
    const other = scenario.update({ sequence: 2 });
    run([{ author: 0, updates: [other] }, ...ackBlocks([0, 1, 2], acks(other))]);
    // Its outcome is forgotten by now; its sequence is not.
    expect(run(replay).events).toEqual([
      { type: "updateRefused", update: update.digest, code: "UPDATE_SEQUENCE_CLOSED" },
    ]);
    expect(ledger.model(update.header.modelId)?.current.record.version).toBe(2);
  });
});

describe("U6 scores", () => {
  it("U6: the score is the lower median of the scored acks of stake Q at the certifying commit", () => {
    const { scenario, ledger, run } = chain();
    const update = scenario.update();
    run([
      { author: 0, updates: [update] },
      ...ackBlocks([0], acks(update, 50)),
      ...ackBlocks([1], acks(update, -1000)),
      ...ackBlocks([2], acks(update, 40)),
      ...ackBlocks([3], acks(update, 60)),
    ]);
    expect(ledger.updateStatus(update.digest)).toMatchObject({ state: "certified", score: 40 });
  });

  it("U6: the first ack counts even if both were output before the header", () => {
    const { scenario, ledger, run } = chain();
    const update = scenario.update();
    run(ackBlocks([0, 1, 2], acks(update, 10)));
    run(ackBlocks([0, 1, 2], acks(update, 99)));
    run([{ author: 0, updates: [update] }]);
    expect(ledger.updateStatus(update.digest)).toMatchObject({ state: "certified", score: 10 });
  });

  it("U6: stakes weigh the median", () => {
    const { scenario, ledger, run } = chain({ stakes: [3, 1, 1, 2] });
    const update = scenario.update();
    run([
      { author: 0, updates: [update] },
      ...ackBlocks([0], acks(update, 9)),
      ...ackBlocks([1], acks(update, 1)),
      ...ackBlocks([2], acks(update, 2)),
    ]);
    expect(ledger.updateStatus(update.digest)).toMatchObject({ score: 9 });
  });

  it("U6: of each author the first ack that is output counts", () => {
    const { scenario, ledger, run } = chain();
    const update = scenario.update();
    run([{ author: 0, updates: [update] }, ...ackBlocks([0, 1], acks(update, 10))]);
    run(ackBlocks([0, 1], acks(update, 99)));
    run(ackBlocks([2], acks(update, 99)));
    expect(ledger.updateStatus(update.digest)).toMatchObject({ score: 10 });
  });

  it("U6: a score is fixed after the certificate, once scored acks hold stake Q, and stays", () => {
    const { scenario, ledger, run } = chain({ stakes: [1, 1, 1, 1, 1, 1, 1] });
    const update = scenario.update();
    run([
      { author: 0, updates: [update] },
      ...ackBlocks([0, 1], acks(update)),
      ...ackBlocks([2, 3, 4], acks(update, 7)),
    ]);
    expect(ledger.updateStatus(update.digest)).toMatchObject({ state: "certified", score: null });
    const { events } = run(ackBlocks([5, 6], acks(update, 8)));
    expect(events).toEqual([{ type: "updateScored", update: update.digest, score: 7 }]);
    expect(run(ackBlocks([0], acks(update, 100))).events).toEqual([]);
    expect(ledger.updateStatus(update.digest)).toMatchObject({ score: 7 });
  });

  it("U6: without scored acks of stake Q an update has no score, and its version closes all the same", () => {
    const { scenario, ledger, run } = chain({ policies: [{ bufferSize: 1 }] });
    const update = scenario.update();
    run([{ author: 0, updates: [update] }, ...ackBlocks([0, 1], acks(update, 5)), ...ackBlocks([2], acks(update))]);
    expect(ledger.versions(update.header.modelId).at(1)?.record.updates[0]?.score).toBeNull();
    expect(run(ackBlocks([3], acks(update, 5))).events).toEqual([]);
  });
});

describe("U1 and U3 authorisation", () => {
  const { scenario, ledger } = chain({ params: { payloadMaxBytes: 5000 } });
  const other = scenario.update({ device: 1 }).header;
  const cases = [
    ["UPDATE_CHAIN_MISMATCH", { chainId: "f".repeat(64) }],
    ["UPDATE_DEVICE_UNKNOWN", { deviceId: "f".repeat(64) }],
    ["UPDATE_KEY_MISMATCH", { devicePublicKey: other.devicePublicKey }],
    ["UPDATE_MODEL_UNKNOWN", { modelId: "nobody" }],
    ["UPDATE_BASE_UNKNOWN", { baseVersion: "f".repeat(64) }],
    ["UPDATE_PAYLOAD_SIZE", { payloadBytes: 5001 }],
    ["UPDATE_SAMPLE_COUNT", { sampleCount: 0 }],
    ["UPDATE_SEQUENCE_AHEAD", { sequence: 65 }],
    ["UPDATE_SEQUENCE_CLOSED", { sequence: 0 }],
  ] as const;

  it("U3: what is sound is permitted, with all that the payload is checked against", () => {
    const permit = ledger.checkUpdate(scenario.update().header);
    expect(permit).toMatchObject({ ok: true, value: { modelId: "model-a", baseVersion: 0, currentVersion: 0 } });
  });

  it.each(cases)("U1: %s before an ack, and again when the header is output", (code, header) => {
    expect(ledger.checkUpdate({ ...scenario.update().header, ...(header as object) })).toMatchObject({
      ok: false,
      error: { code },
    });
    const fresh = chain({ params: { payloadMaxBytes: 5000 } });
    // Sequence 0 and sample count 0 cannot be encoded, so they never reach the log.
    if (code === "UPDATE_SEQUENCE_CLOSED" || code === "UPDATE_SAMPLE_COUNT") return;
    const update = fresh.scenario.update({ header: header as object });
    const { events } = fresh.run([{ author: 0, updates: [update] }]);
    expect(events).toEqual([{ type: "updateRefused", update: update.digest, code }]);
    expect(fresh.ledger.updateStatus(update.digest).state).toBe("unknown");
  });

  it("U3: a delta of the wrong shape, with NaN, or beyond the norm bound is not acked", () => {
    const model = scenario.model().id;
    const delta = (...values: number[]) => [Float32Array.from([0, 0]), Float32Array.from(values)];
    expect(ledger.checkDelta(model, delta(0, 3, 4))).toEqual({ ok: true, value: 5 });
    expect(ledger.checkDelta(model, delta(0, 3))).toMatchObject({ error: { code: "DELTA_SHAPE" } });
    expect(ledger.checkDelta(model, delta(0, Number.NaN, 4))).toMatchObject({ error: { code: "DELTA_NOT_FINITE" } });
    expect(ledger.checkDelta(model, delta(0, 1000, 0)).ok).toBe(true);
    expect(ledger.checkDelta(model, delta(0, 1000.001, 0))).toMatchObject({ error: { code: "DELTA_NORM" } });
  });
});
