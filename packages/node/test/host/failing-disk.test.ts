// A disk that fails under the host: what the failed write was to protect is neither signed for, nor sent, nor handed on,
// and nothing is tried again. Effects are those of an engine that has just made a block and a commit.

import type { ConsensusEngine, Effect, InputEvent } from "@selvedge/consensus";
import { createTestChain } from "@selvedge/consensus/testing";
import {
  type Store,
  MemoryStore,
  StoreError,
  buildBlock,
  epoch,
  genesisRefs,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import { EMPTY_BODY } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { sha256 } from "../../src/crypto.ts";
import { NodeError } from "../../src/errors.ts";
import { Host, type HostSetup } from "../../src/host/host.ts";
import { Mailbox } from "../../src/host/mailbox.ts";
import { ChainStore } from "../../src/storage/chain-store.ts";

const chain = createTestChain({ size: 4 });
const own = buildBlock(
  {
    header: {
      version: 1,
      chainId: chain.chainId,
      epoch: epoch(0),
      round: round(1),
      author: validatorIndex(0),
      parents: genesisRefs({ chainId: chain.chainId, epoch: epoch(0), size: 4 }, sha256),
      coinShare: null,
      commitVotes: [],
      checkpointVotes: [],
      timestampMs: 1,
    },
    body: EMPTY_BODY,
  },
  mustExist(chain.signers[0], "a member"),
  sha256,
);
const signed = { epoch: epoch(0), round: round(1), digest: own.ref.digest };
const EFFECTS: readonly Effect[] = [
  { type: "persist", sync: true, blocks: [own], commits: [], signed, acked: [], unseen: [] },
  { type: "send", to: validatorIndex(1), blocks: [own] },
];

interface Deeds {
  readonly done: string[];
  readonly fatal: unknown[];
}

/** Runs one input through a host whose store and safety file are these. */
async function runHost(store: Store, append: () => Promise<void>): Promise<Deeds> {
  const deeds: Deeds = { done: [], fatal: [] };
  const note = (deed: string) => (): void => void deeds.done.push(deed);
  const failed = Promise.withResolvers<void>();
  const quiet = (): void => undefined;
  const mailbox = new Mailbox<InputEvent>();
  const engine: Pick<ConsensusEngine, "handle"> = { handle: () => EFFECTS };
  const setup = {
    mailbox,
    engine,
    chain: await ChainStore.open(store, sha256),
    safety: { last: null, append: async () => append().then(note("signed for")) },
    transport: { publishBlock: note("published"), pushBlocks: note("sent") },
    executor: { roomToRunAhead: () => undefined },
    observer: {
      onAccepted: note("accepted"),
      onPersisted: note("durable"),
      onOwnBlock: quiet,
      onFatal: (error: unknown) => {
        deeds.fatal.push(error);
        failed.resolve();
      },
    },
    nowMs: () => 1,
    stopped: new AbortController().signal,
  };
  const host = new Host(setup as unknown as HostSetup);
  host.start();
  mailbox.putUrgent({ type: "timer", id: "idle" });
  await failed.promise;
  await host.stop();
  return deeds;
}

function failing(code: "STORE_IO"): { readonly store: Store; readonly writes: () => number } {
  const memory = new MemoryStore(sha256);
  let writes = 0;
  const batch = async (): Promise<void> => {
    writes += 1;
    throw new StoreError(code, "no space left on device");
  };
  const { get, getMany, iterate, close } = memory;
  return { store: { get, getMany, iterate, close, batch }, writes: () => writes };
}

describe("a disk that fails", () => {
  it("at the batch ends the node before the block is signed for or sent, and is not tried again", async () => {
    const { store, writes } = failing("STORE_IO");
    const { done, fatal } = await runHost(store, async () => undefined);
    expect(done).toEqual([]);
    expect(fatal).toEqual([expect.objectContaining({ code: "STORE_IO" })]);
    expect(writes()).toBe(1);
  });

  it("at the safety file ends the node before the block is published or sent", async () => {
    const { done, fatal } = await runHost(new MemoryStore(sha256), async () => {
      throw new NodeError("IO_FAILED", "cannot write the safety file");
    });
    expect(done).toEqual(["accepted"]);
    expect(fatal).toEqual([expect.objectContaining({ code: "IO_FAILED", exitCode: 74 })]);
  });
});
