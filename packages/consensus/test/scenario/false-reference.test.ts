// A faulty validator that shows its block to one, calls it by another name before the others, and falls silent (D1).

import { TestNetwork } from "@selvedge/consensus/testing";
import {
  type BlockRef,
  type VerifiedBlock,
  buildBlock,
  genesisRefs,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { EMPTY_BODY } from "@selvedge/integrity/testing";
import { expect, test } from "vitest";
import { expectAgreement, expectProgress, offerLoad } from "../support/network.ts";

const FAULTY = 3;

function blockOfFaulty({ chain }: TestNetwork, inRound: number, parents: readonly BlockRef[]): VerifiedBlock {
  const header = {
    version: 1,
    chainId: chain.chainId,
    epoch: chain.committee.epoch,
    round: round(inRound),
    author: validatorIndex(FAULTY),
    parents,
    coinShare: null,
    commitVotes: [],
    checkpointVotes: [],
    timestampMs: 0,
  } as const;
  return buildBlock({ header, body: EMPTY_BODY }, mustExist(chain.signers[FAULTY], "a member"), chain.crypto.sha256);
}

test("a block that one was shown enters everywhere, though the others were told a false reference to it first", () => {
  const network = new TestNetwork({ size: 4, seed: 4, delay: () => 10 });
  const { chainId, committee, crypto } = network.chain;
  const genesis = genesisRefs({ chainId, epoch: committee.epoch, size: 4 }, crypto.sha256);
  const own = mustExist(genesis[FAULTY], "a member");
  const shown = blockOfFaulty(network, 1, [own, ...genesis.slice(0, FAULTY)]);
  const other = blockOfFaulty(network, 1, [own, ...genesis.slice(1, FAULTY)]);
  const named = [FAULTY, 0, 1].map((author) => ({ ...other.ref, author: validatorIndex(author) }));
  const lie = blockOfFaulty(network, 2, [...named, { ...shown.ref, author: validatorIndex(2) }]);
  for (const host of network.hosts) if (host.index !== FAULTY) host.start();
  offerLoad(network, { everyMs: 20, untilMs: 5000 });
  network.sendAs(validatorIndex(FAULTY), 0, [shown]);
  for (const misled of [1, 2]) network.sendAs(validatorIndex(FAULTY), misled, [lie]);
  network.runUntil(5000);
  const honest = network.hosts.filter(({ index }) => index !== FAULTY);
  for (const host of honest) expect(host.store.has(shown.ref)).toBe(true);
  expectAgreement(honest);
  expectProgress(honest, 30);
});
