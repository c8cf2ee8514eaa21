// What a validator hears of its own signing: nothing is believed that does not verify, and silence is no answer.

import type { EngineStatus } from "@selvedge/consensus";
import { createTestChain } from "@selvedge/consensus/testing";
import { type BlockRef, type Rejection, type Result, type VerifiedBlock, validatorIndex } from "@selvedge/integrity";
import { buildBlock, genesisRefs, round, verifyBlock } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { NetworkError } from "../../src/network/network-error.ts";
import type { ChainAnswer, ChainRequest } from "../../src/network/transport.ts";
import { createNewestAsker, knowsNewestOf } from "../../src/safety/ask-newest.ts";

const chain = createTestChain({ size: 4 });
const [SELF, PEER] = [validatorIndex(0), validatorIndex(1)];

function blockBy(author: number): VerifiedBlock {
  const { chainId, committee, crypto, signers } = chain;
  const refs = genesisRefs({ chainId, epoch: committee.epoch, size: 4 }, crypto.sha256);
  const own = refs[author];
  const signer = signers[author];
  if (own === undefined || signer === undefined) throw new Error("a member");
  const parents: BlockRef[] = [own, ...refs.filter((ref) => ref.author !== own.author)];
  const header = {
    version: 1,
    chainId,
    epoch: committee.epoch,
    round: round(1),
    author: validatorIndex(author),
    parents,
    coinShare: null,
    commitVotes: [],
    checkpointVotes: [],
    timestampMs: 0,
  } as const;
  return buildBlock({ header, body: { acks: [], updates: [], transactions: [], control: [] } }, signer, crypto.sha256);
}

const verify = (bytes: Uint8Array): Result<VerifiedBlock, Rejection> =>
  verifyBlock(bytes, { ...chain, hasCoin: false });

function asker(answer: (author: number) => VerifiedBlock | null | "silent" | Uint8Array) {
  const penalties: string[] = [];
  const asked: number[] = [];
  const ask = createNewestAsker({
    self: SELF,
    verifyBlock: verify as never,
    stopped: new AbortController().signal,
    transport: {
      fetchChain: async (_from, request: ChainRequest): Promise<ChainAnswer> => {
        if (request.type !== "newestBlockOf") throw new Error("another question");
        asked.push(request.author);
        const found = answer(request.author);
        if (found === "silent") throw new NetworkError("RESPONSE_EMPTY", "nothing");
        const block = found === null || found instanceof Uint8Array ? found : found.bytes;
        return { type: "newestBlockOf", block, highestRoundSeen: round(1) };
      },
      penalise: (_remote, _points, reason) => penalties.push(reason),
    },
  });
  return { ask, penalties, asked };
}

type Standing = EngineStatus["signing"]["standing"];
const STANDINGS: readonly Standing[] = ["signing", "asking", "recovering", "listening", "stopped"];

describe("asking for the newest blocks", () => {
  const [mine, theirs] = [blockBy(0), blockBy(1)];

  it("brings both, verified", async () => {
    const { ask } = asker((author) => (author === 0 ? mine : theirs));
    const answer = await ask(PEER);
    expect([answer?.ours?.ref, answer?.theirs?.ref, answer?.vouches]).toEqual([mine.ref, theirs.ref, true]);
    expect(await asker(() => null).ask(PEER)).toEqual({ ours: null, theirs: null, vouches: true });
  });

  it("takes a validator that says nothing of itself for one that does not vouch, and silence about us for none", async () => {
    const unsure = asker((author) => (author === 1 ? "silent" : mine));
    expect(await unsure.ask(PEER)).toMatchObject({ theirs: null, vouches: false });
    expect(await asker((author) => (author === 0 ? "silent" : theirs)).ask(PEER)).toBeUndefined();
  });

  it("takes a block of another author, or one that does not verify, for no answer", async () => {
    const wrong = asker(() => theirs);
    expect(await wrong.ask(PEER)).toBeUndefined();
    const broken = asker(() => Uint8Array.of(1, 2, 3));
    expect(await broken.ask(PEER)).toBeUndefined();
    // One of another epoch does not verify either, and its sender has done nothing wrong.
    expect([wrong.penalties.length, broken.penalties.length]).toEqual([1, 0]);
  });

  it("asks a validator once at a time", async () => {
    const { ask, asked } = asker(() => null);
    const [first, second] = await Promise.all([ask(PEER), ask(PEER)]);
    expect([first === undefined, second === undefined]).toEqual([false, true]);
    expect(asked).toHaveLength(2);
    expect(await ask(PEER)).toBeDefined();
  });
});

describe("vouching for what is stored", () => {
  const statusOf = (standing: Standing): EngineStatus => ({ signing: { standing } }) as unknown as EngineStatus;
  const self = validatorIndex(0);
  const other = validatorIndex(1);

  it("of another author everybody but who recovers or has stopped", () => {
    const vouching = STANDINGS.filter((standing) => knowsNewestOf(statusOf(standing), self, other));
    expect(vouching).toEqual(["signing", "asking", "listening"]);
  });

  it("of itself only who signs: what anybody else has stored may be less than it signed", () => {
    const vouching = STANDINGS.filter((standing) => knowsNewestOf(statusOf(standing), self, self));
    expect(vouching).toEqual(["signing"]);
  });
});
