// The ledger as a function of its inputs: whole random histories of two models, five validators and four devices (late
// acks, early acks, replays, rivals, transactions, idle commits) are executed in different ways and must agree.

import { createHash } from "node:crypto";
import { type Ack, type SignedUpdate, compareDigests, score } from "@selvedge/integrity";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type CommitInput, LEDGER_LIMITS, type Ledger, createLedger, restoreLedger } from "../src/index.ts";
import { LedgerScenario } from "../src/testing/index.ts";
import { replaySteps } from "./replay-steps.ts";

interface Event {
  readonly kind: number;
  readonly device: number;
  readonly model: number;
  readonly sequence: number;
  readonly value: number;
  readonly author: number;
  readonly delay: number;
}

const COMMITS = 14;
const LIMITS = { headersPerSequenceMax: 2, earlyAcksPerAuthorMax: 3, logDedupeMax: 4, finishedUpdatesMax: 3 };

const event: fc.Arbitrary<Event> = fc.record({
  kind: fc.nat(9),
  device: fc.nat(3),
  model: fc.nat(1),
  sequence: fc.integer({ min: 1, max: 5 }),
  value: fc.nat(3),
  author: fc.nat(4),
  delay: fc.nat(3),
});
const history = fc.array(fc.array(event, { maxLength: 8 }), { minLength: COMMITS, maxLength: COMMITS });

function scenarioOf(): LedgerScenario {
  return new LedgerScenario({
    sha256: (data) => new Uint8Array(createHash("sha256").update(data).digest()),
    stakes: [1, 1, 2, 1, 2],
    params: { updateExpiry: 4, sequenceWindow: 3 },
    limits: LIMITS,
    policies: [
      { bufferSize: 2, windowCommits: 3, maxStaleness: 1, aggregator: { name: "weighted-mean", clip: "median-norm" } },
      {
        bufferSize: 3,
        windowCommits: 2,
        minimum: 2,
        perDeviceMax: 1,
        aggregator: { name: "coordinate-median", clip: "none" },
      },
    ],
  });
}

interface Draft {
  readonly author: number;
  readonly updates: SignedUpdate[];
  readonly acks: Ack[];
  readonly transactions: Uint8Array[];
}

/** Turns events into blocks; most updates are acked by everybody within a few commits, some before their header. */
function commitsOf(scenario: LedgerScenario, events: readonly (readonly Event[])[]): readonly CommitInput[] {
  const drafts: Draft[][] = events.map(() =>
    Array.from({ length: 5 }, (_, author) => ({ author, updates: [], acks: [], transactions: [] })),
  );
  for (const [index, list] of events.entries()) {
    for (const each of list) draftEvent(scenario, drafts, { ...each, index });
  }
  return drafts.map((blocks) => scenario.commit(blocks));
}

function draftEvent(scenario: LedgerScenario, drafts: readonly Draft[][], event: Event & { index: number }): void {
  const { kind, device, model, sequence, value, author, delay, index } = event;
  const block = drafts[index]?.[author];
  if (kind === 0) {
    block?.transactions.push(Uint8Array.of(value, device));
    return;
  }
  const update = scenario.update({ device, model, sequence, values: [value, kind, 0, 1, 0], sampleCount: 1 + value });
  block?.updates.push(update);
  for (let acker = 0; acker < (kind < 3 ? 2 : 5); acker += 1) {
    const acks = drafts[Math.max(0, index - 1 + ((delay + acker) % 4))]?.[acker]?.acks;
    const isNew = acks?.every((other) => other.update !== update.digest) ?? false;
    if (isNew) acks?.push({ update: update.digest, score: acker === value ? null : score(acker * 10 - value) });
  }
}

function rootsOf(scenario: LedgerScenario, ledger: Ledger, inputs: readonly CommitInput[]): readonly string[] {
  return inputs.map((input) => scenario.execute(ledger, input).stateRoot);
}

it("a ledger restored at any commit goes on with the same state roots and events", () => {
  fc.assert(
    fc.property(history, fc.nat(COMMITS), (events, cut) => {
      const scenario = scenarioOf();
      const inputs = commitsOf(scenario, events);
      const ledger = createLedger(scenario.options);
      rootsOf(scenario, ledger, inputs.slice(0, cut));
      const snapshot = ledger.exportSnapshot();
      const restored = restoreLedger(scenario.options, snapshot);
      if (!restored.ok) throw new Error(`${restored.error.code} ${restored.error.detail}`);
      expect(restored.value.exportSnapshot()).toEqual(snapshot);
      for (const input of inputs.slice(cut)) {
        expect(scenario.execute(restored.value, input)).toEqual(scenario.execute(ledger, input));
      }
    }),
    { numRuns: 60 },
  );
});

it("two ledgers agree on every root, in whatever order their jobs complete", () => {
  fc.assert(
    fc.property(history, (events) => {
      const scenario = scenarioOf();
      const inputs = commitsOf(scenario, events);
      const roots = rootsOf(scenario, createLedger(scenario.options), inputs);
      const other = createLedger(scenario.options);
      for (const [index, input] of inputs.entries()) {
        let result = other.apply(input);
        while (result.type === "aggregate") {
          const job = result.jobs.at(-1);
          if (job === undefined) throw new Error("an answer of jobs names one");
          result = other.complete(job.id, scenario.run(job).outcome);
        }
        expect(result.stateRoot).toBe(roots[index]);
      }
    }),
    { numRuns: 40 },
  );
});

it("acks permuted over the blocks of a commit change neither what is certified nor a version", () => {
  fc.assert(
    fc.property(history, (events) => {
      const scenario = scenarioOf();
      const inputs = commitsOf(scenario, events);
      // Distinct authors, so that no author's first ack changes.
      const permuted = inputs.map((input) => ({ ...input, blocks: input.blocks.toReversed() }));
      const limits = {
        ...LEDGER_LIMITS,
        ...LIMITS,
        headersPerSequenceMax: 99,
        earlyAcksPerAuthorMax: 99,
        finishedUpdatesMax: 999,
      };
      const [left, right] = [
        createLedger({ ...scenario.options, limits }),
        createLedger({ ...scenario.options, limits }),
      ];
      for (const [index, input] of inputs.entries()) {
        const other = permuted[index];
        if (other === undefined) throw new Error("as many inputs");
        const certified = (ledger: Ledger, commit: CommitInput) =>
          scenario
            .execute(ledger, commit)
            .events.filter(
              ({ type }) => type !== "updateOutput" && type !== "updateRefused" && type !== "transactionsLogged",
            );
        expect(certified(right, other)).toEqual(certified(left, input));
      }
      for (const { id } of left.models()) expect([...right.versions(id)]).toEqual([...left.versions(id)]);
    }),
    { numRuns: 40 },
  );
});

it("the delta chain replayed from version 0 gives the same weights, bit for bit", () => {
  fc.assert(
    fc.property(history, (events) => {
      const scenario = scenarioOf();
      const inputs = commitsOf(scenario, events);
      const headers = new Map(
        inputs.flatMap(({ blocks }) =>
          blocks.flatMap(({ body }) => body.updates.map((update) => [update.digest, update])),
        ),
      );
      const ledger = createLedger(scenario.options);
      rootsOf(scenario, ledger, inputs);
      for (const model of scenario.genesis.models) {
        const records = [...ledger.versions(model.id)];
        const steps = records.slice(1).map((record) => ({
          record,
          updates: record.record.updates.map(({ update: digest }) => {
            const update = headers.get(digest);
            const payload = update && scenario.blobs.get(update.header.payloadRoot);
            if (update === undefined || payload === undefined) throw new Error("what was applied was output");
            return { update, payload };
          }),
        }));
        const options = { sha256: scenario.sha256, model, chunkBytes: scenario.genesis.params.payloadChunkBytes };
        const replayed = replaySteps(options, scenario.genesisWeights, steps);
        if (!replayed.ok) throw new Error(`${replayed.error.code} ${replayed.error.detail}`);
        const root = records.at(-1)?.record.weightsRoot;
        const newest = records.slice(-1 - model.policy.maxStaleness);
        expect(replayed.value.records.map(({ digest }) => digest)).toEqual(newest.map(({ digest }) => digest));
        expect(root && scenario.blobs.get(root)).toEqual(replayed.value.weights);
      }
    }),
    { numRuns: 40 },
  );
});

it("a history is not idle: versions close, updates expire, are refused and are scored", () => {
  // Guards the properties above against a generator that tests nothing.
  const seen = new Set<string>();
  for (const events of fc.sample(history, { numRuns: 40, seed: 7 })) {
    const scenario = scenarioOf();
    const ledger = createLedger(scenario.options);
    for (const input of commitsOf(scenario, events)) {
      for (const event of scenario.execute(ledger, input).events)
        seen.add(event.type === "updateDropped" ? `${event.type} ${event.code}` : event.type);
    }
  }
  expect([...seen].toSorted(compareDigests)).toEqual([
    "transactionsLogged",
    "updateCertified",
    "updateDropped UPDATE_SEQUENCE_CLOSED",
    "updateDropped UPDATE_SUPERSEDED",
    "updateDropped UPDATE_TOO_STALE",
    "updateExpired",
    "updateOutput",
    "updateRefused",
    "updateScored",
    "versionClosed",
  ]);
});
