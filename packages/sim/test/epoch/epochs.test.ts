// F61: the committee changes while the network is parted and nodes crash. One order, one state, one committee an epoch;
// receipts stay true; who was removed has no say any more. explore-epochs.ts runs many seeds.

import {
  buildBlock,
  epochStartDigest,
  genesisRefs,
  mustExist,
  round,
  validatorIndex,
  verifyBlock,
} from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type EpochRun, runEpochs } from "./epoch-run.ts";

const SEEDS = [1, 2];
const runs: ReadonlyMap<number, EpochRun> = new Map(SEEDS.map((seed) => [seed, runEpochs(seed)]));

function runOf(seed: number): EpochRun {
  return mustExist(runs.get(seed), "every seed is run");
}

describe("a chain that changes its committee three times through partitions and crashes", () => {
  it.each(SEEDS)("keeps one order, one state and its receipts, seed %i", (seed) => {
    const { world, isComplete } = runOf(seed);
    expect(world.violations).toEqual([]);
    expect(isComplete).toBe(true);
    expect(world.epoch).toBe(3);
    expect(world.brokenReceipts()).toEqual([]);
    expect(world.receiptCount).toBeGreaterThan(10);
    expect(world.certifiedCount).toBeGreaterThan(10);
  });

  it("refuses blocks by the key of who was removed, under whatever index", () => {
    const { world } = runOf(1);
    const { sha256 } = world.scenario;
    const seat = mustExist(world.nodes.find(({ epoch }) => epoch === 3)?.seat, "somebody is in epoch 3");
    const retired = mustExist(
      world.nodes.find(({ seats }) => seats.has(0) && !seats.has(3)),
      "somebody was removed",
    );
    const origin = {
      chainId: world.scenario.chainId,
      epoch: seat.start.epoch,
      startDigest: epochStartDigest(seat.start, sha256),
    };
    const genesis = genesisRefs({ ...origin, size: seat.start.members.length }, sha256);
    for (const { index } of seat.committee.validators) {
      const own = mustExist(genesis[index], "a genesis reference");
      const header = {
        version: 1,
        chainId: origin.chainId,
        epoch: origin.epoch,
        round: round(1),
        author: validatorIndex(index),
        parents: [own, ...genesis.filter((ref) => ref !== own)],
        coinShare: null,
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: 0,
      } as const;
      const block = buildBlock(
        { header, body: { acks: [], updates: [], transactions: [], control: [] } },
        retired.signer,
        sha256,
      );
      const verdict = verifyBlock(block.bytes, seat.context);
      expect(verdict.ok ? "ok" : verdict.error.code).toBe("BLOCK_P7_SIGNATURE");
    }
  });
});
