// A chain of epochs for tests (docs/protocol.md §11): hosts that pass the end of an epoch on to their engine as soon as a
// certain transaction is output, what a marker of an output lists, and the next epoch's network.

import { type LaterEpoch, type NetworkOptions, type TestHost, TestNetwork } from "@selvedge/consensus/testing";
import {
  type AuthorMarkers,
  type BlockBody,
  EndMarkerTally,
  type ListedUpdate,
  type SignedUpdate,
  digestOf,
  digestToBytes,
  mustExist,
} from "@selvedge/integrity";
import { expect } from "vitest";

const TRIGGER = Uint8Array.of(0xe0, 0x0d);

/** From here on every host whose output holds the trigger ends the epoch, also after a restart. */
export function endOnTrigger(network: TestNetwork): void {
  for (const host of network.hosts) {
    host.onStep = (input, effects) => {
      const isTriggered = effects.some(
        (effect) => effect.type === "commit" && effect.blocks.some(({ body }) => hasTrigger(body)),
      );
      const isRestarted =
        input.type === "start" && host.commits.some(({ value }) => value.blocks.some(({ body }) => hasTrigger(body)));
      if (isTriggered || isRestarted) network.schedule(0, () => host.feed({ type: "endEpoch" }));
    };
  }
}

function hasTrigger({ transactions }: Pick<BlockBody, "transactions">): boolean {
  return transactions.some((bytes) => bytes.length === 2 && bytes[0] === TRIGGER[0] && bytes[1] === TRIGGER[1]);
}

export function trigger(host: TestHost): void {
  host.feed({ type: "localContent", updates: [], transactions: [TRIGGER], control: [] });
}

export function offerUpdates(host: TestHost, updates: readonly SignedUpdate[]): void {
  host.feed({ type: "localContent", updates, transactions: [], control: [] });
}

/** What the output of a closed epoch shows to everybody (§11). */
export interface Visible {
  readonly markers: readonly AuthorMarkers[];
  readonly listed: readonly ListedUpdate[];
  /** Digests of headers that are output or listed in a counted marker. */
  readonly updates: ReadonlySet<string>;
}

export function visibleAt(network: TestNetwork, host: TestHost): Visible {
  const { chainId, committee, crypto } = network.chain;
  const tally = new EndMarkerTally({ chainId, committee, crypto, keepsUpdates: true });
  const updates = new Set<string>();
  for (const { value } of host.commits) {
    tally.onOutput(value.blocks);
    for (const { body } of value.blocks) for (const { digest } of body.updates) updates.add(digest);
  }
  for (const { update } of tally.listedUpdates) updates.add(update);
  return { markers: tally.state, listed: tally.listedUpdates, updates };
}

/** Every host has closed, all at the same commit, and its last commit is that one. */
export function expectClosedAlike(hosts: readonly TestHost[]): void {
  const digests = new Set<string>();
  for (const host of hosts) {
    const closing = mustExist(host.closings.at(-1), `${host.name} has closed`).value;
    digests.add(closing.last.digest);
    expect(host.store.commits.at(-1)?.sealed.digest, `the last commit of ${host.name}`).toBe(closing.last.digest);
    expect(host.engine?.status().isClosed).toBe(true);
  }
  expect([...digests]).toHaveLength(1);
}

export function isClosed(host: TestHost): boolean {
  return host.engine?.status().isClosed === true;
}

/** The epoch after this one, with members by the names that their keys had in the first epoch. */
export function nextEpoch(
  network: TestNetwork,
  names: readonly number[],
  options: Omit<NetworkOptions, "size" | "later"> = {},
): TestNetwork {
  const { chainId, committee, crypto } = network.chain;
  const closed = mustExist(network.honest.find(isClosed)?.closings.at(-1)?.value, "an epoch that has closed");
  const { index, timestampMs } = closed.last.commit;
  const later: LaterEpoch = {
    epoch: committee.epoch + 1,
    chainId,
    names,
    base: {
      index,
      digest: closed.last.digest,
      timestampMs,
      startDigest: digestOf(crypto.sha256, "ledger", digestToBytes(closed.last.digest), Uint8Array.from(names)),
    },
  };
  return new TestNetwork({ ...options, size: names.length, later });
}
