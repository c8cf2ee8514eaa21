// Nobody signs twice, whatever its home has lost (docs/protocol.md §11, "Restart"): stores, safety files and whole homes
// of an older day, wiped nodes, copies that run beside the original. Safety: no validator that is alone with its key ever
// has two blocks of one round. Liveness: whoever can learn what it signed goes on, and a network that starts all at once
// does so too.

import { type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import { describe, expect, test } from "vitest";
import { expectAgreement, expectProgress, offerLoad } from "../support/network.ts";

const LISTENING = { doppelgangerRounds: 4 };

function runningNetwork(options: { readonly size?: number; readonly seed?: number; readonly rounds?: number } = {}) {
  const local = { doppelgangerRounds: options.rounds ?? LISTENING.doppelgangerRounds };
  const network = new TestNetwork({
    size: options.size ?? 4,
    seed: options.seed ?? 1,
    local,
    delay: (_message, random) => 10 + random.below(40),
  });
  offerLoad(network, { everyMs: 50, untilMs: 6000 });
  return network;
}

const EARLY_MS = 400;
const CRASHED_MS = 1500;

/** Host 2 has crashed; so many batches its store had at EARLY_MS. */
function crashedWithPast(seed: number): {
  readonly network: TestNetwork;
  readonly host: TestHost;
  readonly early: number;
} {
  const network = runningNetwork({ seed });
  network.start();
  network.runUntil(EARLY_MS);
  const host = network.host(2);
  const early = host.store.batchCount;
  network.runUntil(CRASHED_MS);
  host.crash();
  return { network, host, early };
}

/** Host 2 is wiped and has started again; host 3, whose answer it needs, is away. */
function wipedWithOneAway(): {
  readonly network: TestNetwork;
  readonly host: TestHost;
  readonly signedBefore: number;
} {
  const { network, host } = crashedWithPast(8);
  network.host(3).crash();
  const signedBefore = roundsOf(host).length;
  host.store.rollBack(0);
  host.start();
  return { network, host, signedBefore };
}

function standingOf(host: TestHost): string | undefined {
  return host.engine?.status().signing.standing;
}

function roundsOf(host: TestHost): readonly number[] {
  return host.ownBlocks.map(({ value }) => value.ref.round);
}

/** Whoever made it known to its store. */
function newestStoredOf({ index, store }: TestHost): number | undefined {
  return index === null ? undefined : store.newestOf(index)?.ref.round;
}

function expectSignedOnce(network: TestNetwork, host: TestHost): void {
  const rounds = roundsOf(host);
  expect(rounds).toEqual([...new Set(rounds)].sort((left, right) => left - right));
  for (const other of network.hosts) expect(other.engine?.status().equivocators ?? []).toEqual([]);
}

describe("a validator that has forgotten what it signed", () => {
  const losses: readonly (readonly [string, (host: TestHost, batches: number) => void])[] = [
    ["its store", (host) => host.store.loseEverything()],
    ["its store and its safety file, as after a wipe", (host) => host.store.rollBack(0)],
    ["a part of both, as from the backup of another day", (host, batches) => host.store.rollBack(batches)],
  ];

  test.each(losses)("goes on above all it ever signed, having lost %s", (_what, lose) => {
    const { network, host, early } = crashedWithPast(5);
    const signedBefore = Math.max(...roundsOf(host));
    lose(host, early);
    network.runUntil(1600);
    host.start();
    expect(standingOf(host)).not.toBe("signing");
    network.runUntil(4000);
    expect(standingOf(host)).toBe("signing");
    expect(host.faults.filter(({ type }) => type === "amnesia")).toHaveLength(1);
    const later = host.ownBlocks.filter(({ atMs }) => atMs > 1600).map(({ value }) => value.ref.round);
    expect(later.length).toBeGreaterThan(20);
    expect(Math.min(...later)).toBeGreaterThanOrEqual(signedBefore + 1 + LISTENING.doppelgangerRounds);
    // P1: its chain goes on where it broke off.
    const [first] = host.ownBlocks.filter(({ atMs }) => atMs > 1600);
    expect(first?.value.header.parents[0]).toMatchObject({ author: 2, round: signedBefore });
    expectSignedOnce(network, host);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 30);
  });

  test("recovers though it asks nobody as a rule, if its own safety file knows of a block that its store lacks", () => {
    const network = runningNetwork({ seed: 6, rounds: 0 });
    network.start();
    network.runUntil(1500);
    const host = network.host(0);
    host.crash();
    host.store.loseEverything();
    host.start();
    expect(standingOf(host)).toBe("recovering");
    network.runUntil(5000);
    expect(standingOf(host)).toBe("signing");
    expectSignedOnce(network, host);
    expectProgress(network.hosts, 30);
  });

  test("acks nothing for the rest of the epoch, restarts included", () => {
    const network = runningNetwork({ seed: 7 });
    const proposeEvery = (fromMs: number, untilMs: number): void => {
      for (let device = fromMs; device < untilMs; device += 100)
        network.schedule(device, () => {
          const updates = [network.chain.update(device % 50, device)];
          network.host(1).feed({ type: "localContent", updates, transactions: [], control: [] });
        });
    };
    proposeEvery(100, 5500);
    network.start();
    network.runUntil(1500);
    const host = network.host(2);
    const acksAfter = (atMs: number): number =>
      host.ownBlocks.filter((block) => block.atMs > atMs).reduce((sum, { value }) => sum + value.body.acks.length, 0);
    expect(acksAfter(0)).toBeGreaterThan(3);
    host.crash();
    host.store.loseEverything();
    host.start();
    network.runUntil(3500);
    host.crash();
    network.runUntil(3600);
    host.start();
    network.runUntil(5500);
    expect(host.ownBlocks.filter(({ atMs }) => atMs > 3600).length).toBeGreaterThan(20);
    expect(host.engine?.status().signing.hasForgotten).toBe(true);
    expect(acksAfter(1500)).toBe(0);
    expect(network.host(0).ownBlocks.some(({ atMs, value }) => atMs > 3600 && value.body.acks.length > 0)).toBe(true);
    expectSignedOnce(network, host);
  });

  test("stays silent, safely, while others of stake Q do not answer", () => {
    const { network, host, signedBefore } = wipedWithOneAway();
    network.runUntil(3000);
    const signing = host.engine?.status().signing;
    expect(signing).toMatchObject({ standing: "recovering", neededStake: 3, answeredStake: 2, answered: [0, 1] });
    expect(roundsOf(host)).toHaveLength(signedBefore);
    network.host(3).start();
    network.runUntil(6000);
    expect(standingOf(host)).toBe("signing");
    expectSignedOnce(network, host);
    expectAgreement(network.hosts);
  });

  test("goes on asking after a restart, though others have given back what it knows to lack", () => {
    const { network, host, signedBefore } = wipedWithOneAway();
    network.runUntil(2500);
    expect(newestStoredOf(host)).toBe(Math.max(...roundsOf(host)));
    host.crash();
    host.start();
    // Its own answer is worth nothing: with it, the two others would be a quorum.
    expect(host.engine?.status().signing).toMatchObject({ standing: "recovering", neededStake: 3 });
    network.runUntil(3500);
    expect(standingOf(host)).toBe("recovering");
    expect(roundsOf(host)).toHaveLength(signedBefore);
    network.host(3).start();
    network.runUntil(6000);
    expect(standingOf(host)).toBe("signing");
    expect(host.faults.filter(({ type }) => type === "amnesia")).toHaveLength(1);
    expectSignedOnce(network, host);
    expectAgreement(network.hosts);
    // Once it has made a block its store says all that it signed, and it counts itself again.
    host.crash();
    host.start();
    expect(standingOf(host)).toBe("asking");
  });

  test("goes on asking after a restart, though it knows only from an answer that it lacks something", () => {
    const { network, host, early } = crashedWithPast(8);
    host.store.rollBack(early);
    host.start();
    while (standingOf(host) === "asking") network.runUntil(network.nowMs + 1);
    expect(standingOf(host)).toBe("recovering");
    // A crash before any of it came in.
    const made = roundsOf(host).filter(
      (round) => round <= (host.store.recover(host.index).newestOwnBlock?.ref.round ?? 0),
    );
    expect(newestStoredOf(host)).toBe(Math.max(...made));
    host.crash();
    host.start();
    expect(standingOf(host)).toBe("recovering");
  });

  test("is told by what it was given while it was not asking, as by a peer's range of commits", () => {
    const { network, host, early } = crashedWithPast(8);
    const all = host.store.batches.flatMap(({ blocks }) => blocks);
    const [storedRound, signedRound] = [EARLY_MS, CRASHED_MS].map((untilMs) =>
      Math.max(...host.ownBlocks.filter(({ atMs }) => atMs <= untilMs).map(({ value }) => value.ref.round)),
    );
    host.store.rollBack(early);
    const known = new Set(host.store.blocks.map(({ ref }) => ref.digest));
    host.store.persist({
      type: "persist",
      sync: true,
      blocks: all.filter(({ ref }) => !known.has(ref.digest)),
      commits: [],
      signed: null,
      acked: [],
      unseen: [],
    });
    host.start();
    expect(host.engine?.status().signing).toMatchObject({ standing: "recovering", hasForgotten: true });
    expect(host.faults).toContainEqual({ type: "amnesia", signedRound, storedRound });
    network.runUntil(5000);
    expect(standingOf(host)).toBe("signing");
    expectSignedOnce(network, host);
  });

  test("loses its way back at no crash on the way", () => {
    const network = runningNetwork({ seed: 9 });
    network.start();
    network.runUntil(1500);
    const host = network.host(1);
    host.crash();
    host.store.rollBack(40);
    for (let turn = 0; turn < 12; turn += 1) {
      network.schedule(20 + turn * 70, () => host.start());
      network.schedule(20 + turn * 70 + 10 + turn * 5, () => {
        host.crash();
        host.store.loseUnsynced();
      });
    }
    network.schedule(1000, () => host.start());
    network.runUntil(4500);
    expect(standingOf(host)).toBe("signing");
    expectSignedOnce(network, host);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 30);
  });
});

describe("before the first signature", () => {
  test("a network whose validators all start at once goes on at once", () => {
    const network = runningNetwork({ seed: 11 });
    network.start();
    network.runUntil(1500);
    for (const host of network.hosts) host.crash();
    network.runUntil(1600);
    const before = network.hosts.map((host) => roundsOf(host).length);
    for (const host of network.hosts) host.start();
    network.runUntil(1850);
    for (const [index, host] of network.hosts.entries()) {
      expect(standingOf(host)).toBe("signing");
      expect(roundsOf(host).length).toBeGreaterThan(before[index] ?? 0);
    }
    network.runUntil(4000);
    for (const host of network.hosts) expectSignedOnce(network, host);
    expectProgress(network.hosts, 50);
  });

  test("a validator signs nothing while nobody answers, and everything again once stake Q has, itself included", () => {
    const network = runningNetwork({ seed: 12 });
    const [first, second, third] = network.hosts;
    first?.start();
    network.runUntil(2000);
    expect(first?.ownBlocks).toEqual([]);
    expect(first?.engine?.status().signing).toMatchObject({ standing: "asking", neededStake: 2, answered: [] });
    second?.start();
    third?.start();
    network.runUntil(6000);
    for (const host of [first, second, third]) expect(host?.ownBlocks.length).toBeGreaterThan(20);
  });

  test("a committee of one needs nobody", () => {
    const network = runningNetwork({ size: 1 });
    network.start();
    network.runUntil(1000);
    expectProgress(network.hosts, 5);
  });
});

describe("a second process with the key of a validator that runs", () => {
  function withCopy(seed: number): {
    readonly original: TestHost;
    readonly copy: TestHost;
    readonly network: TestNetwork;
  } {
    const network = new TestNetwork({
      size: 4,
      seed,
      twins: [3],
      local: LISTENING,
      delay: (_m, random) => 5 + random.below(20),
    });
    offerLoad(network, { everyMs: 50, untilMs: 6000 });
    const [original, copy] = network.hosts.filter(({ name }) => name.startsWith("3"));
    if (original === undefined || copy === undefined) throw new Error("there are two halves");
    for (const host of network.hosts) if (host !== copy) host.start();
    network.runUntil(1000);
    return { original, copy, network };
  }

  test.each([1, 2])("stops before it has signed anything, and names a block for it (run %i)", (seed) => {
    const { original, copy, network } = withCopy(seed);
    copy.start();
    network.runUntil(2500);
    expect(standingOf(copy)).toBe("stopped");
    expect(copy.ownBlocks).toEqual([]);
    const [fault] = copy.faults.filter(({ type }) => type === "signedElsewhere");
    const { foreign } = copy.engine?.status().signing ?? {};
    expect(fault).toMatchObject({ author: 3, block: foreign });
    expect(original.ownBlocks.map(({ value }) => value.ref.digest)).toContain(foreign?.digest);
    expect(standingOf(original)).toBe("signing");
    expect(roundsOf(original).length).toBeGreaterThan(30);
    for (const other of network.honest) expect(other.engine?.status().equivocators).toEqual([]);
    expectProgress(network.honest, 30);
  });

  test("that signed before it could be warned makes both stop, and the chain stays one", () => {
    const network = new TestNetwork({
      size: 4,
      seed: 3,
      twins: [3],
      local: LISTENING,
      delay: (_m, random) => 5 + random.below(20),
    });
    offerLoad(network, { everyMs: 50, untilMs: 6000 });
    network.start();
    network.runUntil(3000);
    const halves = network.hosts.filter(({ name }) => name.startsWith("3"));
    expect(halves.map(standingOf)).toEqual(["stopped", "stopped"]);
    expect(halves.flatMap(({ faults }) => faults).map(({ type }) => type)).toContain("signedElsewhere");
    expectAgreement(network.honest);
    expectProgress(network.honest, 30);
  });
});
