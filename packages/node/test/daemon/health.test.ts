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
const engine = {
  epoch: 0,
  round: 5,
  highestRound: 5,
  lastCommitIndex: 10,
  isCatchingUp: false,
  isEnding: false,
  isClosed: false,
  nextSlot: "P4",
  signing: { standing: "signing", answeredStake: 0, neededStake: 3, resumeRound: null },
} as EngineStatus;
const standing = (signing: Partial<EngineStatus["signing"]>): HealthInputs => ({
  ...healthy,
  engine: { ...engine, signing: { ...engine.signing, ...signing } },
});
const healthy: HealthInputs = {
  committee,
  self: validatorIndex(0),
  peers: [1, 2, 3].map((index) => peer(index, true)),
  engine,
  sinceLastCommitMs: 100,
  executionLag: 0,
  executionLagMax: 200,
  nameOf: (index) => `v${index}`,
  reexecutingCount: 0,
  catchUpTarget: null,
  diskFreeBytes: null,
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
    expect(health.reason).toContain("missing: v2 (2), v3 (3)");
  });

  it("counts an observer's peers, not itself", () => {
    const health = healthOf({ ...healthy, self: null, peers: [peer(0, true), peer(1, true)] });
    expect(health.state).toBe("stalled");
  });

  it("says so while it fetches, while execution lags, and when nothing was committed for long", () => {
    const fetching = { ...healthy, engine: { ...engine, isCatchingUp: true } };
    expect(healthOf(fetching)).toEqual({ state: "syncing", reason: "fetching rounds that it lacks" });
    const further = { ...fetching, engine: { ...fetching.engine, highestRound: 9 } };
    expect(healthOf(further).reason).toBe("fetching rounds up to 9, now at 5");
    // That it may not sign is the graver of the two, and holds on when all is fetched.
    const asking = { ...further.engine, signing: standing({ standing: "asking" }).engine.signing };
    expect(healthOf({ ...further, engine: asking }).reason).toContain("before its first signature");
    expect(healthOf({ ...healthy, executionLag: 201 }).reason).toContain("lags by 201");
    expect(healthOf({ ...healthy, sinceLastCommitMs: 31_000 }).reason).toContain(
      "no commit for 31 s; the output waits at slot P4",
    );
  });

  it("says what a start waits for: commits to execute again, commits to fetch, answers on what was signed", () => {
    const behind = healthOf({ ...healthy, reexecutingCount: 7 });
    expect(behind).toMatchObject({ state: "syncing" });
    expect(behind.reason).toContain("re-executing 7 commits");
    expect(healthOf({ ...healthy, catchUpTarget: 50 }).reason).toContain("catching up 40 commits: at 10 of 50");
    expect(healthOf({ ...healthy, catchUpTarget: 10 }).state).toBe("healthy");
    expect(healthOf(standing({ standing: "asking", answeredStake: 2 })).reason).toContain("stake 2 of 3 has answered");
    const recovering = healthOf(standing({ standing: "recovering", resumeRound: 9 as never }));
    expect(recovering).toMatchObject({ state: "syncing" });
    expect(recovering.reason).toContain("goes on at round 9");
    expect(healthOf(standing({ standing: "stopped" })).state).toBe("stalled");
  });

  it("says when an epoch is at its end, and when the disk is nearly full", () => {
    const late = { ...healthy, sinceLastCommitMs: 31_000 };
    expect(healthOf({ ...late, engine: { ...engine, isEnding: true } }).reason).toContain("while epoch 0 ends");
    expect(healthOf({ ...late, engine: { ...engine, isClosed: true } }).reason).toContain("the next one has not begun");
    const full = 100 * 1024 * 1024;
    expect(healthOf({ ...healthy, diskFreeBytes: full })).toEqual({
      state: "healthy",
      reason: "ok, but only 100 MiB of disk are left",
    });
    expect(healthOf({ ...late, diskFreeBytes: full }).reason).toContain("only 100 MiB of disk are left");
  });

  it("says that recovering is out of reach where the others lack the stake for it", () => {
    const three = createCommittee(
      epoch(0),
      Array.from({ length: 3 }, () => ({ stake: 1, publicKey: new Uint8Array(32) })),
    );
    const inputs = standing({ standing: "recovering", answeredStake: 2, neededStake: 3 });
    expect(healthOf(inputs).state).toBe("syncing");
    expect(healthOf({ ...inputs, committee: three, peers: [peer(1, true), peer(2, true)] })).toMatchObject({
      state: "stalled",
      reason: expect.stringContaining("more than they have") as unknown,
    });
  });
});
