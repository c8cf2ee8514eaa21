// One sentence on why nothing moves.

import type { EngineStatus } from "@selvedge/consensus";
import { createCommittee, epoch, validatorIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type HealthInputs, healthOf } from "../../src/daemon/health.ts";
import type { PeerStatus } from "../../src/network/transport.ts";

const committee = createCommittee(
  epoch(0),
  Array.from({ length: 4 }, () => ({ stake: 1, publicKey: new Uint8Array(32) })),
);
const peer = (index: number, isConnected: boolean): PeerStatus => ({
  remote: { kind: "validator", index: validatorIndex(index) },
  address: "",
  isConnected,
  queuedBytes: 0,
  sentBytes: 0,
  receivedBytes: 0,
  droppedCount: 0,
  penalty: 0,
});
const engine = { round: 5, highestRound: 5, isCatchingUp: false, nextSlot: "P4" } as EngineStatus;
const healthy: HealthInputs = {
  committee,
  self: validatorIndex(0),
  peers: [1, 2, 3].map((index) => peer(index, true)),
  engine,
  sinceLastCommitMs: 100,
  executionLag: 0,
  executionLagMax: 200,
};

describe("health", () => {
  it("is ok while commits come", () => {
    expect(healthOf(healthy)).toEqual({ state: "healthy", reason: "ok" });
    expect(healthOf({ ...healthy, peers: [peer(1, true), peer(2, true), peer(3, false)] }).state).toBe("healthy");
  });

  it("names the validators that are missing for a quorum", () => {
    const health = healthOf({ ...healthy, peers: [peer(1, true), peer(2, false), peer(3, false)] });
    expect(health.state).toBe("stalled");
    expect(health.reason).toContain("2 of the 3 stake");
    expect(health.reason).toContain("missing: 2, 3");
  });

  it("counts an observer's peers, not itself", () => {
    const health = healthOf({ ...healthy, self: null, peers: [peer(0, true), peer(1, true)] });
    expect(health.state).toBe("stalled");
  });

  it("says so while it fetches, while execution lags, and when nothing was committed for long", () => {
    expect(healthOf({ ...healthy, engine: { ...engine, isCatchingUp: true } }).state).toBe("syncing");
    expect(healthOf({ ...healthy, executionLag: 201 }).reason).toContain("lags by 201");
    expect(healthOf({ ...healthy, sinceLastCommitMs: 31_000 }).reason).toContain(
      "no commit for 31 s; the output waits at slot P4",
    );
  });
});
