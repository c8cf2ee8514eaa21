// U7: when versions close and over what. FedBuff semantics: buffer size, staleness, window and minimum.

import { type SignedUpdate, type UpdateDigest, compareDigests, score } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type LedgerEvent, METRIC_REFUSED, createLedger, updateWeight } from "../../src/index.ts";
import { LedgerScenario, type ScenarioOptions, type UpdateDraft, ackBlocks } from "../../src/testing/index.ts";

function chain(options: ScenarioOptions) {
  const scenario = new LedgerScenario(options);
  const ledger = createLedger(scenario.options);
  const certifyInput = (drafts: readonly UpdateDraft[]) => {
    const updates = drafts.map((draft) => scenario.update(draft));
    const acks = updates
      .map(({ digest }) => ({ update: digest, score: null }))
      .toSorted((left, right) => (left.update < right.update ? -1 : 1));
    return { updates, input: scenario.commit([{ author: 0, updates }, ...ackBlocks([0, 1, 2], acks)]) };
  };
  const certify = (...drafts: readonly UpdateDraft[]) => {
    const { updates, input } = certifyInput(drafts);
    return { updates, ...scenario.execute(ledger, input) };
  };
  const idle = () => scenario.execute(ledger, scenario.commit());
  const current = (model = 0) => [...ledger.versions(scenario.model(model).id)].at(-1);
  return { scenario, ledger, certify, certifyInput, idle, current };
}

describe("U7 closing", () => {
  it("U7: a version closes at the first commit at which bufferSize updates wait, over the first of them", () => {
    const { certify, current } = chain({ policies: [{ bufferSize: 2 }] });
    const first = certify({ device: 0 });
    expect(current()?.record.version).toBe(0);
    const more = certify({ device: 1 }, { device: 2 });
    const digests = [
      first.updates[0]?.digest,
      ...more.updates
        .map(({ digest }) => digest)
        .toSorted(compareDigests)
        .slice(0, 1),
    ];
    expect(current()?.record.updates.map(({ update }) => update)).toEqual(digests);
    expect(more.events.at(-1)).toMatchObject({
      type: "versionClosed",
      record: { record: { version: 1, commitIndex: 2 } },
    });
  });

  it("U7: the order is (certifying commit, header digest)", () => {
    const { certify, current } = chain({ policies: [{ bufferSize: 4 }] });
    const early = certify({ device: 0 }, { device: 1 });
    const late = certify({ device: 2 }, { device: 3 });
    const order = [early, late].flatMap(({ updates }) => updates.map(({ digest }) => digest).toSorted(compareDigests));
    expect(current()?.record.updates.map(({ update }) => update)).toEqual(order);
  });

  it("U7: at most one version per model and commit; what is left closes the next at the next commit", () => {
    const { certify, idle, current } = chain({ policies: [{ bufferSize: 1 }] });
    certify({ device: 0 }, { device: 1 });
    expect(current()?.record.version).toBe(1);
    idle();
    expect(current()?.record.version).toBe(2);
  });

  it("U7: once the window has passed the minimum is enough, and nothing is never enough", () => {
    const { certify, idle, current } = chain({ policies: [{ bufferSize: 10, minimum: 2, windowCommits: 3 }] });
    certify({ device: 0 });
    idle();
    idle();
    expect(current()?.record.version).toBe(0);
    certify({ device: 1 });
    expect(current()?.record).toMatchObject({ version: 1, commitIndex: 4 });
    for (let commit = 0; commit < 10; commit += 1) idle();
    expect(current()?.record.version).toBe(1);
  });

  it("U7: a minimum of updates does not close a version before the window has passed", () => {
    const { certify, idle, current } = chain({ policies: [{ bufferSize: 10, minimum: 1, windowCommits: 3 }] });
    certify({ device: 0 });
    idle();
    expect(current()?.record.version).toBe(0);
    idle();
    expect(current()?.record).toMatchObject({ version: 1, commitIndex: 3 });
  });

  it("U7: several models may close at one commit, each with a job, ascending by model", () => {
    const { ledger, certifyInput, scenario } = chain({ policies: [{ bufferSize: 1 }, { bufferSize: 1 }] });
    const { input } = certifyInput([
      { device: 0, model: 1 },
      { device: 0, model: 0 },
    ]);
    const answer = ledger.apply(input);
    if (answer.type !== "aggregate") throw new Error("both close");
    expect(answer.jobs.map(({ id }) => id)).toEqual(["model-a/1", "model-b/1"]);
    const [first, second] = answer.jobs.map((job) => ({ id: job.id, outcome: scenario.run(job).outcome }));
    if (first === undefined || second === undefined) throw new Error("two jobs");
    expect(() => ledger.apply(scenario.commit())).toThrow("nothing is executed while a job is open");
    expect(() => ledger.exportSnapshot()).toThrow("between commits");
    expect(ledger.complete(second.id, second.outcome)).toMatchObject({
      type: "aggregate",
      jobs: [{ id: "model-a/1" }],
    });
    const done = ledger.complete(first.id, first.outcome);
    expect(done.type).toBe("done");
    expect(ledger.openJobs()).toEqual([]);
  });
});

describe("U7 updates of one device", () => {
  const drops = (events: readonly LedgerEvent[]) => events.filter(({ type }) => type === "updateDropped");

  it("U7: of one device no more than perDeviceMax wait: its lowest sequence leaves, and stays closed", () => {
    const { certify, ledger, scenario, current } = chain({ policies: [{ bufferSize: 3, perDeviceMax: 1 }] });
    const slow = certify({ device: 1 });
    const first = certify({ device: 0, sequence: 1 });
    expect(drops(first.events)).toEqual([]);
    const second = certify({ device: 0, sequence: 2 });
    expect(drops(second.events)).toMatchObject([{ update: first.updates[0]?.digest, code: "UPDATE_SUPERSEDED" }]);
    expect(current()?.record.version).toBe(0);
    expect(ledger.updateStatus(first.updates[0]?.digest as UpdateDigest)).toMatchObject({
      state: "dropped",
      code: "UPDATE_SUPERSEDED",
    });
    expect(
      ledger.checkUpdate(scenario.update({ device: 0, sequence: 1, values: [9, 9, 9, 9, 9] }).header),
    ).toMatchObject({
      error: { code: "UPDATE_SEQUENCE_CLOSED" },
    });
    const last = certify({ device: 2 });
    expect(current()?.record.updates.map(({ update }) => update)).toEqual(
      [slow, second, last].map(({ updates }) => updates[0]?.digest),
    );
  });

  it("U7: the highest sequences stay, in whatever order they were certified", () => {
    const { certify, certifyInput, scenario, ledger } = chain({ policies: [{ bufferSize: 9, perDeviceMax: 2 }] });
    const high = certify({ device: 0, sequence: 3 });
    const { updates, input } = certifyInput([
      { device: 0, sequence: 1 },
      { device: 0, sequence: 2 },
      { device: 0, sequence: 4 },
    ]);
    const events = drops(scenario.execute(ledger, input).events);
    expect(new Set(events.map((event) => "update" in event && event.update))).toEqual(
      new Set(updates.slice(0, 2).map(({ digest }) => digest)),
    );
    expect([...high.updates, ...updates].map(({ digest }) => ledger.updateStatus(digest).state)).toEqual([
      "certified",
      "dropped",
      "dropped",
      "certified",
    ]);
  });

  it("U7: what is superseded in the commit that certifies it gets no score", () => {
    const { scenario, ledger } = chain({ policies: [{ bufferSize: 9, perDeviceMax: 1 }] });
    const [early, late] = [scenario.update({ device: 0, sequence: 1 }), scenario.update({ device: 0, sequence: 2 })];
    const acks = (of: readonly SignedUpdate[]) =>
      of.map(({ digest }) => ({ update: digest, score: score(5) })).toSorted((a, b) => (a.update < b.update ? -1 : 1));
    scenario.execute(ledger, scenario.commit([{ author: 0, updates: [late] }, ...ackBlocks([0, 1, 2], acks([late]))]));
    const { events } = scenario.execute(
      ledger,
      scenario.commit([{ author: 0, updates: [early] }, ...ackBlocks([0, 1, 2], acks([early]))]),
    );
    expect(events.map(({ type }) => type)).toEqual(["updateOutput", "updateCertified", "updateDropped"]);
  });

  it("U7: each device and each model has a share of its own", () => {
    const { certify } = chain({
      policies: [
        { bufferSize: 9, perDeviceMax: 1 },
        { bufferSize: 9, perDeviceMax: 1 },
      ],
    });
    const { events } = certify(
      { device: 0, model: 0 },
      { device: 0, model: 1 },
      { device: 1, model: 0 },
      { device: 1, model: 1 },
    );
    expect(drops(events)).toEqual([]);
  });
});

describe("U7 staleness", () => {
  it("U7: an update whose base fell too far behind is dropped and never counts", () => {
    const { certify, idle, ledger, scenario, current } = chain({ policies: [{ bufferSize: 1, maxStaleness: 1 }] });
    certify({ device: 0, sequence: 1 }, { device: 1 }, { device: 2 });
    idle();
    // Versions 1 and 2 took two of them; the base of the third is now 2 behind.
    const { events } = idle();
    expect(events).toMatchObject([{ type: "updateDropped", code: "UPDATE_TOO_STALE" }]);
    expect(current()?.record.version).toBe(2);
    expect(ledger.checkUpdate(scenario.update({ device: 3 }).header)).toMatchObject({
      error: { code: "UPDATE_TOO_STALE" },
    });
    expect(ledger.checkUpdate(scenario.update({ device: 3, ...base(current()) }).header).ok).toBe(true);
  });

  it("U7: weight = ⌊min(samples, sampleWeightMax) · 2^16 / √(1+τ)⌋ stands in the record", () => {
    const { certify, idle, current } = chain({ policies: [{ bufferSize: 1, sampleWeightMax: 100 }] });
    certify({ device: 0, sampleCount: 7 });
    expect(current()?.record.updates[0]?.weight).toBe(7 * 65536);
    certify({ device: 1, sampleCount: 1_000_000 });
    expect(current()?.record.updates[0]?.weight).toBe(4_634_095); // ⌊100 · 65536 / √2⌋
    idle();
    certify({ device: 2, sampleCount: 50, ...base(current()) });
    expect(current()?.record.updates[0]?.weight).toBe(50 * 65536);
  });

  it.each([
    [1, 0, 65536],
    [1, 1, 46340],
    [1, 2, 37837],
    [1, 3, 32768],
    [1, 8, 21845],
    [1000, 1, 46_340_950],
  ])("golden staleness weights: %i samples, staleness %i", (sampleCount, staleness, weight) => {
    expect(updateWeight({ sampleCount, staleness, sampleWeightMax: 2 ** 30 })).toBe(weight);
  });
});

describe("an aggregate that overflows", () => {
  it("U7: leaves the weights as they were, and says so in the record and as an event", () => {
    const { certify, current, scenario } = chain({
      policies: [{ bufferSize: 1, aggregator: { name: "weighted-mean", clip: "none" } }],
    });
    const huge = [3e38, 0, 0, 0, 0];
    certify({ device: 0, values: huge });
    const before = current();
    const { events } = certify({ device: 0, sequence: 2, values: huge, ...base(before) });
    expect(current()?.record.weightsRoot).toBe(before?.record.weightsRoot);
    expect(current()?.record.metrics[0]).toEqual({ name: METRIC_REFUSED, value: 1 });
    expect(events.at(-1)).toEqual({ type: "aggregateRefused", modelId: scenario.model().id, version: 2 });
  });
});

function base(record: { digest: never } | { digest: string } | undefined): UpdateDraft {
  return record === undefined ? {} : { base: record.digest as never };
}
