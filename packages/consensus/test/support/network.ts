// What scenario tests share: load, agreement checks (safety) and progress checks (liveness), always used as a pair.

import type { TestHost, TestNetwork } from "@selvedge/consensus/testing";
import { StakeTally, type VerifiedBlock, validatorIndex } from "@selvedge/integrity";
import { expect } from "vitest";
import { firstSchedule, leaderIn } from "../../src/commit/leader-schedule.ts";
import { epochSeedOf } from "../../src/index.ts";

/** One small transaction every `everyMs`, offered to the hosts in turn. */
export function offerLoad(network: TestNetwork, load: { readonly everyMs: number; readonly untilMs: number }): void {
  const hosts = network.honest;
  for (let turn = 0; turn * load.everyMs < load.untilMs; turn += 1) {
    const transaction = Uint8Array.of(turn & 0xff, (turn >> 8) & 0xff, turn >> 16);
    network.schedule(turn * load.everyMs, () => {
      hosts[turn % hosts.length]?.feed({ type: "localContent", updates: [], transactions: [transaction], control: [] });
    });
  }
}

/** Safety: every output is a prefix of the longest one, block for block. */
export function expectAgreement(hosts: readonly TestHost[]): void {
  const outputs = hosts.map((host) => host.store.commits.map(({ sealed }) => sealed.digest));
  const longest = outputs.reduce((best, output) => (output.length > best.length ? output : best), []);
  for (const output of outputs) expect(output).toEqual(longest.slice(0, output.length));
}

/** Liveness: everybody has this many commits at least. */
export function expectProgress(hosts: readonly TestHost[], commitsMin: number): void {
  for (const host of hosts)
    expect(host.store.commits.length, `commits of ${host.name}`).toBeGreaterThanOrEqual(commitsMin);
}

/** Every transaction that an honest host took and had time to commit is output, once, at every host. */
export function transactionsOutput(host: TestHost): readonly string[] {
  return host.commits.flatMap(({ value }) =>
    value.blocks.flatMap(({ body }) => body.transactions.map((bytes) => bytes.join("."))),
  );
}

/** Author of P(round) while the first schedule rules. */
export function firstLeaderOf(network: TestNetwork): (round: number) => number {
  const { crypto, chainId, committee } = network.chain;
  const epochSeed = epochSeedOf(crypto.sha256, { chainId, epoch: committee.epoch });
  const schedule = firstSchedule({ sha256: crypto.sha256, committee, epochSeed });
  return (round) => leaderIn(schedule, round);
}

/** S4 (iii), worked out anew from a host's stored blocks. */
export function isDirectCommit(
  network: TestNetwork,
  host: TestHost,
  slot: { readonly round: number; readonly author: number },
): boolean {
  const { committee } = network.chain;
  const blocksOf = (round: number): readonly VerifiedBlock[] => host.store.range(round, round);
  const leaders = blocksOf(slot.round).filter(({ ref }) => ref.author === slot.author);
  return leaders.some(({ ref }) => {
    const voters = new Set(
      blocksOf(slot.round + 1)
        .filter(({ header }) => header.parents.some(({ digest }) => digest === ref.digest))
        .map((block) => block.ref.digest),
    );
    const certifiers = new StakeTally(committee);
    for (const { header } of blocksOf(slot.round + 2)) {
      const votes = new StakeTally(committee);
      for (const parent of header.parents) if (voters.has(parent.digest)) votes.add(parent.author);
      if (votes.hasQuorum) certifiers.add(validatorIndex(header.author));
    }
    return certifiers.hasQuorum;
  });
}
