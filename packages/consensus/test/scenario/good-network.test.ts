// Jitter and constant delay: agreement, progress, determinism, and the delays that docs/protocol.md promises.

import { TestNetwork } from "@selvedge/consensus/testing";
import { describe, expect, test } from "vitest";
import { expectAgreement, expectProgress, offerLoad, transactionsOutput } from "../support/network.ts";

/** Under load at every validator from the first moment: none starts out idle, so rounds begin together. */
function inStep(size: number, delayMs: number): TestNetwork {
  const network = new TestNetwork({ size, delay: () => delayMs });
  offerLoad(network, { everyMs: 10, untilMs: 2000 });
  network.start();
  for (const [position, host] of network.hosts.entries()) {
    host.feed({ type: "localContent", updates: [], transactions: [Uint8Array.of(9, position)], control: [] });
  }
  return network;
}

describe.each([4, 7, 10])("n = %i", (size) => {
  test("with jitter all commit the same and every transaction once", () => {
    const network = new TestNetwork({ size, seed: size, delay: (_message, random) => 5 + random.below(60) });
    offerLoad(network, { everyMs: 20, untilMs: 1500 });
    network.start();
    network.runUntil(3000);
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 10);
    for (const host of network.hosts) {
      const output = transactionsOutput(host);
      expect(output).toHaveLength(75);
      expect(new Set(output).size).toBe(75);
    }
  });

  test("under constant delay a leader block is committed exactly 3 message delays after it was sent", () => {
    const delayMs = 50;
    const network = inStep(size, delayMs);
    network.runUntil(2000);
    const sentAtMs = new Map(
      network.hosts.flatMap((host) => host.ownBlocks.map(({ atMs, value }) => [value.ref.digest, atMs])),
    );
    const delays = network.hosts.flatMap((host) =>
      host.commits
        .filter(({ value }) => value.sealed.commit.slot.kind === "P")
        .map(({ atMs, value }) => (atMs - (sentAtMs.get(value.sealed.commit.leader.digest) ?? 0)) / delayMs),
    );
    expect(delays.length).toBeGreaterThan(20 * size);
    expect(new Set(delays)).toEqual(new Set([3]));
  });

  test("under constant delay an availability receipt stands exactly 2 message delays after its header was sent", () => {
    const delayMs = 50;
    const network = inStep(size, delayMs);
    for (let device = 0; device < 8; device += 1) {
      network.schedule(300 + 77 * device, () => {
        const updates = [network.chain.update(device, 1)];
        network.host(device % size).feed({ type: "localContent", updates, transactions: [], control: [] });
      });
    }
    network.runUntil(2000);
    const sentAtMs = new Map(
      network.hosts.flatMap((host) =>
        host.ownBlocks.flatMap(({ atMs, value }) => value.body.updates.map(({ digest }) => [digest, atMs])),
      ),
    );
    expect(sentAtMs.size).toBe(8);
    for (const host of network.hosts) {
      const delays = host.receipts.map(({ atMs, value }) => (atMs - (sentAtMs.get(value.update) ?? 0)) / delayMs);
      expect(delays).toEqual([2, 2, 2, 2, 2, 2, 2, 2]);
    }
  });
});

test("the same seed gives the same trace, and another seed another", () => {
  const traces = [3, 3, 4].map((seed) => {
    const network = new TestNetwork({ size: 4, seed, delay: (_message, random) => 1 + random.below(80) });
    offerLoad(network, { everyMs: 30, untilMs: 1000 });
    network.start();
    network.runUntil(1500);
    return network.hosts.map((host) => host.engine?.traceDigest());
  });
  expect(traces[0]).toEqual(traces[1]);
  expect(traces[0]).not.toEqual(traces[2]);
});

test("with real signatures and a dealt coin all commit the same", () => {
  const network = new TestNetwork({ size: 4, isRealCrypto: true, delay: (_message, random) => 5 + random.below(20) });
  offerLoad(network, { everyMs: 50, untilMs: 600 });
  network.start();
  network.runUntil(900);
  expectAgreement(network.hosts);
  expectProgress(network.hosts, 10);
  expect(network.hosts.flatMap(({ faults }) => faults)).toEqual([]);
  for (const host of network.hosts) expect(host.checkpoints.length).toBeGreaterThan(5);
});

test("a silent network costs nothing: with nothing pending rounds come at idleRoundDelay, and payload ends that at once", () => {
  const network = new TestNetwork({ size: 4, delay: () => 10, local: { idleRoundDelayMs: 1000 } });
  network.start();
  network.runUntil(10_000);
  const idleRound = network.host(0).engine?.status().round ?? 0;
  expect(idleRound).toBeGreaterThan(5);
  expect(idleRound).toBeLessThan(12);
  network.host(2).feed({ type: "localContent", updates: [], transactions: [Uint8Array.of(1)], control: [] });
  network.runUntil(10_200);
  for (const host of network.hosts) expect(transactionsOutput(host)).toEqual(["1"]);
  network.runUntil(20_200);
  const roundAfter = network.host(0).engine?.status().round ?? 0;
  expect(roundAfter - idleRound).toBeLessThan(20);
  expectAgreement(network.hosts);
});
