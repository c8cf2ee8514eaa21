// Restarting equals never having stopped (docs/protocol.md §11): same own blocks, same commits, from any cut on.
//
// A run is recorded at one validator: every input and its effects. Then, for many cuts, an engine is made from what the
// store held at the cut and told again what no store keeps: what the host would repeat (content, verdicts, executions),
// blocks that peers would push again, and the timers that ran since our last block. From there on it gets the rest of the
// recorded inputs, and must make the very blocks and commits that the recorded run made.

import {
  type ConsensusEngine,
  type Effect,
  type EngineMemo,
  type Input,
  createEngine,
  createEngineMemo,
} from "@selvedge/consensus";
import { TestNetwork, TestStore } from "@selvedge/consensus/testing";
import { type ValidatorIndex, round as roundOf, validatorIndex } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { expectAgreement, expectProgress, offerLoad, transactionsOutput } from "../support/network.ts";

interface Recorded {
  readonly input: Input;
  readonly effects: readonly Effect[];
}

function record(
  seed: number,
  untilMs: number = 2200,
): {
  readonly network: TestNetwork;
  readonly log: readonly Recorded[];
  readonly own: ValidatorIndex;
} {
  const network = new TestNetwork({
    size: 4,
    seed,
    params: { gcDepth: 12, scheduleEvery: 10 },
    twins: seed % 2 === 0 ? [3] : [],
    delay: (_message, random) => 3 + random.below(50),
  });
  const log: Recorded[] = [];
  const host = network.host(1);
  host.onStep = (input, effects) => log.push({ input, effects });
  offerLoad(network, { everyMs: 25, untilMs });
  for (let device = 0; device < 12; device += 1) {
    network.schedule(100 + 140 * device, () => {
      for (const variant of [0, 1]) {
        const updates = [network.chain.update(device, 1, variant)];
        network.honest[(device + variant) % network.honest.length]?.feed({
          type: "localContent",
          updates,
          transactions: [],
          control: [],
        });
      }
    });
  }
  network.start();
  network.runUntil(untilMs);
  return { network, log, own: validatorIndex(1) };
}

/** What must be the same: what we signed and sent, and what we committed. */
function deeds(effects: readonly Effect[]): readonly string[] {
  return effects.flatMap((effect) => {
    if (effect.type === "persist") {
      return [
        ...(effect.signed === null ? [] : [`signed ${effect.signed.round} ${effect.signed.digest}`]),
        ...effect.commits.map(({ sealed }) => `commit ${sealed.commit.index} ${sealed.digest}`),
      ];
    }
    return effect.type === "checkpoint" ? [`checkpoint ${effect.certificate.statement.index}`] : [];
  });
}

function storeAt(log: readonly Recorded[], cut: number): TestStore {
  const store = new TestStore();
  for (const effect of log.slice(0, cut).flatMap(({ effects }) => effects)) {
    if (effect.type === "persist") store.persist(effect);
    if (effect.type === "report" && effect.fault.type === "equivocation") store.equivocators.add(effect.fault.author);
  }
  return store;
}

function lastOwnBlockBefore(log: readonly Recorded[], cut: number): number {
  return log
    .slice(0, cut)
    .findLastIndex(({ effects }) => effects.some((effect) => effect.type === "persist" && effect.signed !== null));
}

/** Timers of rounds before, and "propose": whatever it led to is in the store, and it must not find a DAG ahead of it. */
function isStaleTimer(input: Input, isBeforeOwnBlock: boolean): boolean {
  return input.type === "timer" && (isBeforeOwnBlock || input.id === "propose");
}

/** Content that a store holds in a block needs no repeating. */
function withoutStored(input: Input, store: TestStore): Input {
  if (input.type !== "localContent") return input;
  const bodies = store.blocks.map(({ body }) => body);
  const transactions = new Set(bodies.flatMap((body) => body.transactions.map((bytes) => bytes.join("."))));
  const updates = new Set(bodies.flatMap((body) => body.updates.map(({ digest }) => digest)));
  return {
    ...input,
    transactions: input.transactions.filter((bytes) => !transactions.has(bytes.join("."))),
    updates: input.updates.filter(({ digest }) => !updates.has(digest)),
  };
}

/** An engine made from the store at the cut, and what it answered to what is told it once more. */
function restarted(
  { network, log, own }: ReturnType<typeof record>,
  cut: number,
  memo: EngineMemo = createEngineMemo(),
): { readonly engine: ConsensusEngine; readonly again: readonly Effect[] } {
  const store = storeAt(log, cut);
  const engine = createEngine({ ...network.chain.setupOf(own), memo }, store.recover(own));
  const again: Effect[] = [...engine.handle({ type: "start", wallClockMs: 0 })];
  const timersFrom = lastOwnBlockBefore(log, cut);
  for (const [position, { input }] of log.slice(0, cut).entries()) {
    if (input.type === "start" || isStaleTimer(input, position <= timersFrom)) continue;
    again.push(...engine.handle(withoutStored(input, store)));
  }
  return { engine, again };
}

test.each([1, 2, 3, 4])("restarting equals never having stopped, at every cut of run %i", (seed) => {
  const { network, log, own } = record(seed);
  const expected = (cut: number): readonly string[] => log.slice(cut).flatMap(({ effects }) => deeds(effects));
  expect(expected(0).length).toBeGreaterThan(60);
  for (let cut = 1 + (seed % 5); cut < log.length; cut += 23) {
    const { engine, again } = restarted({ network, log, own }, cut);
    expect(
      deeds(again).filter((deed) => !deed.startsWith("checkpoint")),
      `nothing new before cut ${cut}`,
    ).toEqual([]);
    const effects = log.slice(cut).flatMap(({ input }) => engine.handle(input));
    expect(deeds(effects), `after cut ${cut} of ${log.length}`).toEqual(expected(cut));
  }
});

test("an engine that goes on from a store keeps no more rounds than garbage collection leaves", () => {
  const run = record(2);
  const cut = Math.floor(run.log.length / 2);
  const memo = createEngineMemo();
  const { engine } = restarted(run, cut, memo);
  const { gcRound } = engine.status();
  for (const { input } of run.log.slice(cut)) engine.handle(input);
  const passed = Array.from({ length: engine.status().gcRound }, (_, round) => round);
  expect(passed.length).toBeGreaterThan(gcRound + 10);
  expect(gcRound).toBeGreaterThan(0);
  expect(passed.filter((round) => memo.vertices.row(round) !== undefined)).toEqual([]);
});

/** Where a process may be stopped: after the store's batch, after the safety record, after each block sent. */
type Write = { readonly cut: number; readonly isSafetyWritten: boolean };

function writesOf(log: readonly Recorded[]): readonly Write[] {
  return log.flatMap(({ effects }, position) => {
    const batch = effects.find((effect) => effect.type === "persist");
    if (batch === undefined) return [];
    const cut = position + 1;
    // What is sent changes nothing here: a restart at any send is one after the safety record.
    const before = batch.signed === null ? [] : [{ cut, isSafetyWritten: false }];
    return [...before, { cut, isSafetyWritten: true }];
  });
}

/** As deeds(), for a run that was stopped at the write, from the last input on that its store has seen. */
function deedsAfter(run: ReturnType<typeof record>, { cut, isSafetyWritten }: Write): readonly string[] {
  const { network, log, own } = run;
  const store = storeAt(log, cut);
  const recovered = store.recover(own);
  const signed = log.slice(0, cut - 1).flatMap(({ effects }) => deeds(effects));
  const lastRecorded = signed.findLast((deed) => deed.startsWith("signed"))?.split(" ")[1];
  const lastSignedRound = isSafetyWritten
    ? recovered.lastSignedRound
    : lastRecorded === undefined
      ? null
      : roundOf(Number(lastRecorded));
  const engine = createEngine(network.chain.setupOf(own), { ...recovered, lastSignedRound });
  engine.handle({ type: "start", wallClockMs: 0 });
  expect(engine.status().signing.standing).toBe("signing");
  const timersFrom = lastOwnBlockBefore(log, cut);
  for (const [position, { input }] of log.slice(0, cut).entries()) {
    if (input.type !== "start" && !isStaleTimer(input, position <= timersFrom))
      engine.handle(withoutStored(input, store));
  }
  return log.slice(cut).flatMap(({ input }) => deeds(engine.handle(input)));
}

test.each([1, 2])("restarting equals never having stopped, at every single write of run %i", (seed) => {
  const run = record(seed, 420);
  const writes = writesOf(run.log);
  expect(writes.filter(({ isSafetyWritten }) => !isSafetyWritten).length).toBeGreaterThan(8);
  expect(writes.length).toBeGreaterThan(40);
  for (const write of writes) {
    const expected = run.log.slice(write.cut).flatMap(({ effects }) => deeds(effects));
    expect(deedsAfter(run, write), `stopped at ${JSON.stringify(write)}`).toEqual(expected);
  }
});

test("a validator stopped at any write or send, and started again, signs each round once and the chain goes on", () => {
  for (let write = 1; write <= 48; write += 1) {
    const network = new TestNetwork({ size: 4, seed: 17, delay: (_message, random) => 5 + random.below(30) });
    offerLoad(network, { everyMs: 25, untilMs: 500 });
    const host = network.host(2);
    network.start();
    network.runUntil(150);
    host.stopAfterWrites(write, () => network.schedule(7, () => host.start()));
    network.runUntil(700);
    expect(host.isUp, `stopped at write ${write} and up again`).toBe(true);
    const rounds = host.store.blocks.filter(({ ref }) => ref.author === host.index).map(({ ref }) => ref.round);
    expect(new Set(rounds).size).toBe(rounds.length);
    for (const other of network.hosts) expect(other.engine?.status().equivocators).toEqual([]);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 8);
  }
});

test("a validator that crashes and loses what was not synced comes back and never signs a round twice", () => {
  const network = new TestNetwork({ size: 4, seed: 9, delay: (_message, random) => 5 + random.below(30) });
  offerLoad(network, { everyMs: 25, untilMs: 3000 });
  network.start();
  const host = network.host(2);
  for (let turn = 0; turn < 6; turn += 1) {
    network.schedule(300 + 400 * turn, () => host.crash());
    network.schedule(300 + 400 * turn + 37 * turn, () => {
      host.store.loseUnsynced();
      host.start();
    });
  }
  network.runUntil(4000);
  expectAgreement(network.hosts);
  expectProgress(network.hosts, 40);
  const rounds = host.ownBlocks.map(({ value }) => value.ref.round);
  expect(new Set(rounds).size).toBe(rounds.length);
  for (const other of network.hosts) expect(other.engine?.status().equivocators).toEqual([]);
  expect(new Set(transactionsOutput(network.host(0))).size).toBeGreaterThan(100);
});

test("a validator away for hundreds of rounds catches up by range and makes blocks of the newest round again", () => {
  const network = new TestNetwork({
    size: 4,
    seed: 3,
    delay: (_message, random) => 5 + random.below(10),
    rangeBlocksMax: 300,
  });
  offerLoad(network, { everyMs: 50, untilMs: 20_000 });
  network.start();
  network.runUntil(1000);
  const host = network.host(3);
  host.crash();
  network.runUntil(16_000);
  const behind =
    (network.host(0).engine?.status().round ?? 0) - (host.store.recover(host.index).newestOwnBlock?.ref.round ?? 0);
  expect(behind).toBeGreaterThan(400);
  host.start();
  network.runUntil(20_000);
  const [newest, mine] = [network.host(0), host].map((each) => each.engine?.status().round ?? 0);
  expect((newest ?? 0) - (mine ?? 0)).toBeLessThan(5);
  expectAgreement(network.hosts);
  expect(network.host(0).store.commits.length - host.store.commits.length).toBeLessThan(6);
  expect(host.engine?.status().isCatchingUp).toBe(false);
  // A2's exception: it did not make blocks of all the rounds it had missed.
  expect(host.ownBlocks.filter(({ atMs }) => atMs > 16_000).length).toBeLessThan(behind);
});
