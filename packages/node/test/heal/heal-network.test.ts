// How long a node that heals waits: for as long as something comes, and not much longer.

import { MemoryStore, committeeOf, mustExist } from "@selvedge/integrity";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { HealNetwork } from "../../src/heal/heal-network.ts";
import { DEFAULT_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { MemoryHub } from "../../src/network/memory-transport.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";
import { LocalNetwork } from "../daemon/local-network.ts";

const PATIENCE_MS = 1000;
let network: HealNetwork;

beforeEach(async () => {
  vi.useFakeTimers();
  const { genesis } = new LocalNetwork(4);
  const { index } = mustExist(committeeOf(genesis).validators[0], "a committee");
  const hub = new MemoryHub();
  network = new HealNetwork({
    chain: await ChainStore.open(new MemoryStore(sha256), sha256),
    self: index,
    openTransport: async () =>
      hub.createTransport({
        self: { kind: "validator", index },
        mode: "direct",
        limits: DEFAULT_NETWORK_LIMITS,
        sha256,
      }),
    nowMs: () => 0,
    patienceMs: PATIENCE_MS,
  });
});
afterEach(async () => {
  await network.close();
  vi.useRealTimers();
});

test("patience ends", async () => {
  const { stopped } = await network.open();
  vi.advanceTimersByTime(PATIENCE_MS - 1);
  expect(stopped.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stopped.reason).toMatchObject({ code: "HEAL_FAILED" });
});

test("patience begins anew with everything that comes", async () => {
  const { stopped, noteProgress } = await network.open();
  vi.advanceTimersByTime(PATIENCE_MS - 1);
  noteProgress();
  vi.advanceTimersByTime(PATIENCE_MS - 1);
  expect(stopped.aborted).toBe(false);
  vi.advanceTimersByTime(1);
  expect(stopped.reason).toMatchObject({ code: "HEAL_FAILED" });
});

test("what comes after the end of patience changes nothing", async () => {
  const { stopped, noteProgress } = await network.open();
  vi.advanceTimersByTime(PATIENCE_MS);
  noteProgress();
  expect(stopped.aborted).toBe(true);
});
