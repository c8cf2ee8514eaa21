// A network owned by the adversary, and validators that shun honest leaders: what C slots and probes are for. Each test
// runs the same schedule with the remedy and without it, so that neither half can pass by accident.

import { type Message, TestNetwork, type TestHost } from "@selvedge/consensus/testing";
import {
  StakeTally,
  type VerifiedBlock,
  buildBlock,
  genesisRefs,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { describe, expect, test } from "vitest";
import { expectAgreement, expectProgress, firstLeaderOf, isDirectCommit, offerLoad } from "../support/network.ts";

const SIZES = [4, 7, 10];

/** Every known leader's block reaches F+1 validators only once they have made the block that would have voted for it. */
function leaderHider(size: number): (message: Message, network: TestNetwork) => boolean {
  const faulty = Math.floor((size - 1) / 3);
  let leaderOf: ((blockRound: number) => number) | undefined;
  return (message, network) => {
    leaderOf ??= firstLeaderOf(network);
    const known = leaderOf;
    return message.blocks.some(({ ref }) => {
      if (ref.author !== known(ref.round)) return false;
      const victims = Array.from({ length: faulty + 1 }, (_, offset) => (ref.author + 1 + offset) % size);
      if (!victims.includes(message.to)) return false;
      return (network.host(message.to).engine?.status().round ?? 0) <= ref.round;
    });
  };
}

describe.each(SIZES)("n = %i, every known leader hidden from F+1 stake", (size) => {
  function run(slotFamilies: "both" | "p-only"): TestNetwork {
    const network = new TestNetwork({
      size,
      slotFamilies,
      delay: (_message, random) => 10 + random.below(5),
      isHeld: leaderHider(size),
      params: { scheduleEvery: 1_000_000 },
      local: { leaderTimeoutMs: 60, roundDelayMinMs: 5 },
    });
    offerLoad(network, { everyMs: 40, untilMs: 3000 });
    network.start();
    network.runUntil(3000);
    return network;
  }

  test("C slots make progress", () => {
    const network = run("both");
    expectAgreement(network.hosts);
    expectProgress(network.hosts, 4);
  });

  test("P slots alone stall", () => {
    const network = run("p-only");
    for (const host of network.hosts) {
      expect(host.engine?.status().round).toBeGreaterThan(15);
      expect(host.store.commits).toHaveLength(0);
    }
  });
});

/** Makes blocks as early as it can, with parents of Q stake among which no honest leader is; hears and says everything. */
class Shunner {
  readonly #network: TestNetwork;
  readonly #index: number;
  readonly #isShunned: (block: VerifiedBlock) => boolean;
  readonly #rounds = new Map<number, Map<number, VerifiedBlock>>();
  #previous: { readonly ref: VerifiedBlock["ref"] };

  constructor(network: TestNetwork, index: number, isShunned: (block: VerifiedBlock) => boolean) {
    this.#network = network;
    this.#index = index;
    this.#isShunned = isShunned;
    this.#previous = { ref: mustExist(this.#genesis()[index], "genesis of a member") };
    network.listen(index, ({ blocks }) => {
      for (const block of blocks) this.#hear(block);
      this.#build();
    });
  }

  start(): void {
    this.#build();
  }

  #genesis(): readonly VerifiedBlock["ref"][] {
    const { chainId, committee, crypto } = this.#network.chain;
    return genesisRefs({ chainId, epoch: committee.epoch, size: committee.validators.length }, crypto.sha256);
  }

  #hear(block: VerifiedBlock): void {
    const row = this.#rounds.get(block.ref.round) ?? new Map<number, VerifiedBlock>();
    this.#rounds.set(block.ref.round, row);
    if (!this.#isShunned(block)) row.set(block.ref.author, block);
  }

  #build(): void {
    for (;;) {
      const next = this.#previous.ref.round + 1;
      const { committee, chainId, crypto, signers } = this.#network.chain;
      const tally = new StakeTally(committee);
      tally.add(validatorIndex(this.#index));
      const refs =
        next === 1 ? this.#genesis() : [...(this.#rounds.get(next - 1)?.values() ?? [])].map(({ ref }) => ref);
      const others = refs.filter(({ author }) => author !== this.#index && tally.add(author));
      if (!tally.hasQuorum) return;
      const header = {
        version: 1,
        chainId,
        epoch: committee.epoch,
        round: round(next),
        author: validatorIndex(this.#index),
        parents: [this.#previous.ref, ...others],
        coinShare: null,
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: 0,
      } as const;
      const body = { acks: [], updates: [], transactions: [], control: [] };
      const block = buildBlock({ header, body }, mustExist(signers[this.#index], "a key"), crypto.sha256);
      this.#previous = block;
      this.#hear(block);
      for (const { index } of committee.validators) {
        if (index !== this.#index) this.#network.sendAs(this.#index, index, [block]);
      }
    }
  }
}

describe.each([
  { size: 4, faulty: [3] },
  { size: 7, faulty: [1, 5] },
  { size: 10, faulty: [0, 3, 7] },
])(
  "n = $size, f fast validators never refer to honest leaders, and no leader has earned waiting",
  ({ size, faulty }) => {
    const CALM_FROM_MS = 1500;

    /** Share of honest-led slots committed directly, long after the network became timely. */
    function directShare(probeEvery: number): number {
      const hide = leaderHider(size);
      const network: TestNetwork = new TestNetwork({
        size,
        seed: 11,
        absent: faulty,
        params: { probeEvery, scheduleEvery: 1_000_000 },
        local: { roundDelayMinMs: 5, leaderTimeoutMs: 150 },
        delay: ({ from, to }, random) => (faulty.includes(from) || faulty.includes(to) ? 1 : 10 + random.below(20)),
        isHeld: (message, world) => world.nowMs < CALM_FROM_MS && !faulty.includes(message.to) && hide(message, world),
      });
      const leaderOf = firstLeaderOf(network);
      const isShunned = ({ ref }: VerifiedBlock): boolean =>
        ref.author === leaderOf(ref.round) && !faulty.includes(ref.author);
      const shunners = faulty.map((index) => new Shunner(network, index, isShunned));
      offerLoad(network, { everyMs: 25, untilMs: 6000 });
      network.start();
      for (const shunner of shunners) shunner.start();
      network.runUntil(3500);
      const fromRound = network.honest[0]?.engine?.status().round ?? 0;
      network.runUntil(6000);
      expectAgreement(network.honest);
      expectProgress(network.honest, 5);
      return shareOfDirect(network, { fromRound, leaderOf, host: mustExist(network.honest[0], "an honest host") });
    }

    function shareOfDirect(
      network: TestNetwork,
      view: { readonly fromRound: number; readonly leaderOf: (slot: number) => number; readonly host: TestHost },
    ): number {
      const toRound = (view.host.engine?.status().round ?? 0) - 4;
      let honest = 0;
      let direct = 0;
      for (let slot = view.fromRound; slot <= toRound; slot += 1) {
        const author = view.leaderOf(slot);
        if (faulty.includes(author)) continue;
        honest += 1;
        if (isDirectCommit(network, view.host, { round: slot, author })) direct += 1;
      }
      expect(honest).toBeGreaterThan(20);
      return direct / honest;
    }

    test("probes bring honest leaders to direct commits", () => {
      expect(directShare(8)).toBeGreaterThan(0.9);
    });

    test("without probes they never get there", () => {
      expect(directShare(1_000_000)).toBeLessThan(0.1);
    });
  },
);
