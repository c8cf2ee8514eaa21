// The certificate of the commit that closes an epoch (docs/protocol.md §11): without it the next epoch never begins, so a
// restart must not be able to lose it, nor the first votes of an epoch be dropped.

import type { Effect } from "@selvedge/consensus";
import { type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import { type CommitDigest, mustExist } from "@selvedge/integrity";
import { expect, test } from "vitest";
import { createEngine } from "../../src/index.ts";
import { endOnTrigger, isClosed, nextEpoch, trigger } from "../support/epochs.ts";

const LOCAL = { roundDelayMinMs: 20, leaderTimeoutMs: 100, idleRoundDelayMs: 200 };

/** A network whose epoch is closed and whose votes on it have gone round. */
function closed(): TestNetwork {
  const network = new TestNetwork({ size: 4, local: LOCAL });
  network.start();
  endOnTrigger(network);
  network.schedule(500, () => trigger(network.host(0)));
  expect(network.runUntilTrue(() => network.honest.every(isClosed), { untilMs: 12_000, stepMs: 50 })).toBe(true);
  network.runUntil(network.nowMs + 2000);
  return network;
}

function closingDigest(host: TestHost): CommitDigest {
  return mustExist(host.closings[0], "the epoch is closed").value.last.digest;
}

function certified(host: TestHost): readonly CommitDigest[] {
  return host.checkpoints.map(({ value }) => value.certificate.statement.commitDigest);
}

function indexesOf(effects: readonly Effect[], type: "commit" | "checkpoint"): readonly number[] {
  return effects.flatMap((effect) => {
    if (effect.type !== type) return [];
    return effect.type === "commit" ? [effect.sealed.commit.index] : [effect.certificate.statement.index];
  });
}

test("a start says the newest certificate again: the host may have stopped before it stored it", () => {
  const network = closed();
  const host = network.host(1);
  expect(certified(host)).toContain(closingDigest(host));
  const engine = createEngine(network.chain.setupOf(1), host.store.recover(host.index));
  const again = engine
    .handle({ type: "start", wallClockMs: 0 })
    .flatMap((effect) => (effect.type === "checkpoint" ? [effect.certificate.statement.commitDigest] : []));
  expect(again).toEqual([closingDigest(host)]);
});

test("a fresh engine has no certificate to say again", () => {
  const network = new TestNetwork({ size: 4, local: LOCAL });
  const effects = createEngine(network.chain.setupOf(0)).handle({ type: "start", wallClockMs: 0 });
  expect(indexesOf(effects, "checkpoint")).toEqual([]);
});

test("power lost everywhere between the votes and the certificate costs nothing", () => {
  const network = closed();
  for (const host of network.honest) {
    host.crash();
    host.checkpoints.length = 0;
  }
  for (const host of network.honest) host.start();
  network.runUntil(network.nowMs + 20_000);
  for (const host of network.honest) expect(certified(host)).toContain(closingDigest(host));
});

test("votes on the first commits of a later epoch count though we have none of its commits yet", () => {
  const network = closed();
  const next = nextEpoch(network, [0, 1, 2, 3], { local: LOCAL, params: { executionLagMax: 2 } });
  next.start();
  next.runUntil(4000);
  const engine = createEngine(next.chain.setupOf(null));
  engine.handle({ type: "start", wallClockMs: 0 });
  // Whoever was away gets the first blocks in one answer.
  const blocks = next.host(0).store.blocks.slice(0, 60);
  const effects = engine.handle({ type: "blocks", blocks, from: null, wallClockMs: 0 });
  expect(indexesOf(effects, "commit").length).toBeGreaterThan(3);
  expect(indexesOf(effects, "checkpoint").length).toBeGreaterThan(0);
});
