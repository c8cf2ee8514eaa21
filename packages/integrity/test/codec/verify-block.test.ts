// Rules P1–P7 of docs/protocol.md §2, one test each and its damaged siblings. Each bad block is signed by its author
// unless the signature is the point, so that only the named rule can refuse it.

import { describe, expect, test } from "vitest";
import {
  type Ack,
  type BlockRef,
  type ChainId,
  type CommitVote,
  type SignedBlock,
  commitIndex,
  decodeBlock,
  encode,
  epoch,
  genesisRefs,
  restoreBlock,
  round,
  score,
  validatorIndex,
  verifyBlock,
} from "../../src/index.ts";
import { testCommittee } from "../../src/testing/index.ts";
import {
  contextOf,
  digestNamed,
  four,
  genesisParents,
  makeBlock,
  makeUpdate,
  parentsAt,
  refAt,
  sha256,
} from "./block-fixture.ts";

const context = contextOf(four);
const share = { points: [new Uint8Array(32).fill(3)], proof: new Uint8Array(64).fill(4) };

function outcomeOf(block: SignedBlock | Uint8Array, where = context): string {
  const result = verifyBlock(block instanceof Uint8Array ? block : block.bytes, where);
  return result.ok ? "ok" : `${result.error.code} ${result.error.signatureValid}`;
}

function acksOf(...names: readonly string[]): readonly Ack[] {
  return names.map((name) => ({ update: digestNamed(name) as Ack["update"], score: null }));
}

function sorted(acks: readonly Ack[]): readonly Ack[] {
  return [...acks].sort((left, right) => (left.update < right.update ? -1 : 1));
}

describe("a good block", () => {
  test("passes, and what comes out is what was built", () => {
    const built = makeBlock(
      { commitVotes: [{ index: commitIndex(7), digest: digestNamed("c7") as CommitVote["digest"] }] },
      {
        acks: sorted([...acksOf("a", "b"), { update: digestNamed("c") as Ack["update"], score: score(-(2 ** 39)) }]),
        updates: [makeUpdate(), makeUpdate({}, 1)],
        transactions: [Uint8Array.of(1, 2, 3), new Uint8Array(0)],
        control: [{ kind: 9, payload: Uint8Array.of(1) }],
      },
    );
    const result = verifyBlock(built.bytes, context);
    expect(result).toEqual({ ok: true, value: built });
    expect(restoreBlock(built.bytes, sha256)).toEqual({ ok: true, value: built });
    expect(outcomeOf(built)).toBe("ok");
  });

  test("passes as a decoded block too", () => {
    const decoded = decodeBlock(makeBlock().bytes, sha256);
    expect(decoded.ok && verifyBlock(decoded.value, context).ok).toBe(true);
  });

  test("keeps no memory of the buffer it came in", () => {
    const built = makeBlock({}, { transactions: [Uint8Array.of(5)] });
    const received = built.bytes.slice();
    const result = verifyBlock(received, context);
    received.fill(0);
    expect(result).toEqual({ ok: true, value: built });
  });
});

describe("origin", () => {
  test("another chain is refused before anything costs time", () => {
    expect(outcomeOf(makeBlock({ chainId: digestNamed("other") as ChainId }))).toBe("BLOCK_CHAIN undefined");
  });
  test("another epoch is refused", () => {
    expect(outcomeOf(makeBlock({ epoch: epoch(1) }))).toBe("BLOCK_EPOCH undefined");
  });
  test("an author outside the committee is refused", () => {
    expect(outcomeOf(makeBlock({ author: validatorIndex(4), parents: parentsAt(2, [4, 1, 2, 3]) }))).toBe(
      "BLOCK_AUTHOR undefined",
    );
  });
  test("a parent by somebody outside the committee is refused", () => {
    expect(outcomeOf(makeBlock({ parents: parentsAt(2, [0, 1, 2, 3, 4]) }))).toBe("BLOCK_PARENT_AUTHOR true");
  });
});

describe("P1", () => {
  test("P1 the first parent is the author's own previous block", () => {
    expect(outcomeOf(makeBlock({ parents: parentsAt(2, [1, 0, 2, 3]) }))).toBe("BLOCK_P1_FIRST_PARENT true");
  });
  test("P1 a block without parents has no first one", () => {
    expect(outcomeOf(makeBlock({ parents: [] }))).toBe("BLOCK_P1_FIRST_PARENT true");
  });
  test("P1 no other parent is the author's", () => {
    expect(outcomeOf(makeBlock({ parents: [...parentsAt(2, [0, 1, 2, 3]), refAt(1, 0)] }))).toBe(
      "BLOCK_P1_OWN_PARENT true",
    );
  });
  test("P1 the own parent may lie further back", () => {
    expect(outcomeOf(makeBlock({ parents: [refAt(1, 0), ...parentsAt(2, [1, 2, 3])] }))).toBe("ok");
  });
});

describe("P2", () => {
  test("P2 all parents have a smaller round than the block", () => {
    expect(outcomeOf(makeBlock({ parents: [...parentsAt(2, [0, 1, 2]), refAt(3, 3)] }))).toBe(
      "BLOCK_P2_PARENT_ROUND true",
    );
  });
});

describe("P3", () => {
  test("P3 the parents' authors are distinct", () => {
    expect(outcomeOf(makeBlock({ parents: [...parentsAt(2, [0, 1, 2, 3]), refAt(1, 2)] }))).toBe(
      "BLOCK_P3_PARENT_AUTHORS true",
    );
  });
});

describe("P4", () => {
  test("P4 parents of the round before carry a quorum of stake", () => {
    expect(outcomeOf(makeBlock({ parents: parentsAt(2, [0, 1, 2]) }))).toBe("ok");
    expect(outcomeOf(makeBlock({ parents: [...parentsAt(2, [0, 1]), refAt(1, 2), refAt(1, 3)] }))).toBe(
      "BLOCK_P4_PARENT_STAKE true",
    );
  });
  test("P4 counts stake, not heads", () => {
    const weighted = testCommittee(4, [5, 1, 1, 1]);
    const where = contextOf(weighted);
    // S = 8, F = 2, Q = 6.
    expect(outcomeOf(makeBlock({ parents: parentsAt(2, [0, 1]) }, {}, weighted), where)).toBe("ok");
    expect(
      outcomeOf(makeBlock({ author: validatorIndex(1), parents: parentsAt(2, [1, 2, 3]) }, {}, weighted), where),
    ).toBe("BLOCK_P4_PARENT_STAKE true");
  });
});

describe("P5", () => {
  const genesis = genesisParents(four, 0);
  test("P5 parents of round 0 are this epoch's genesis", () => {
    expect(outcomeOf(makeBlock({ round: round(1), parents: genesis }))).toBe("ok");
    const forged = genesis.map((ref): BlockRef => (ref.author === 2 ? refAt(0, 2) : ref));
    expect(outcomeOf(makeBlock({ round: round(1), parents: forged }))).toBe("BLOCK_P5_GENESIS true");
  });
  test("P5 the genesis of another chain is none of ours", () => {
    const other = genesisParents(testCommittee(7), 0).slice(0, 4);
    expect(outcomeOf(makeBlock({ round: round(1), parents: other }))).toBe("BLOCK_P5_GENESIS true");
  });
  test("P5 a later epoch's genesis is that of its start, and of no other", () => {
    const { chainId, committee, signers } = four;
    const origin = { chainId, epoch: committee.epoch, size: signers.length };
    const startDigest = digestNamed("start");
    const parents = genesisRefs({ ...origin, startDigest }, sha256);
    const block = makeBlock({ round: round(1), parents });
    expect(outcomeOf(block, { ...context, startDigest })).toBe("ok");
    expect(outcomeOf(block, { ...context, startDigest: digestNamed("another start") })).toBe("BLOCK_P5_GENESIS true");
    expect(outcomeOf(block)).toBe("BLOCK_P5_GENESIS true");
    expect(outcomeOf(makeBlock({ round: round(1), parents: genesis }), { ...context, startDigest })).toBe(
      "BLOCK_P5_GENESIS true",
    );
  });
  test("P5 a late author's own parent may still be the genesis", () => {
    const own = genesis.slice(0, 1);
    expect(outcomeOf(makeBlock({ parents: [...own, ...parentsAt(2, [1, 2, 3])] }))).toBe("ok");
  });
  test("P5 nobody makes a block of round 0", () => {
    expect(outcomeOf(makeBlock({ round: round(0), parents: genesis }))).toBe("BLOCK_ROUND true");
  });
});

describe("P6 sizes", () => {
  const vote = { index: commitIndex(1), digest: digestNamed("c") as CommitVote["digest"] };
  const checkpointVote = { index: commitIndex(1), stateRoot: digestNamed("s"), signature: new Uint8Array(64) };
  const bounds = {
    acksMax: 2,
    updatesMax: 1,
    transactionsMax: 2,
    transactionBytesMax: 10,
    controlMax: 1,
    commitVotesMax: 1,
    checkpointVotesMax: 1,
  };
  const small = contextOf(four, bounds);
  const control = { kind: 1, payload: new Uint8Array(0) };

  test("P6 a block at every bound passes", () => {
    const full = makeBlock(
      { commitVotes: [vote], checkpointVotes: [checkpointVote] },
      {
        acks: sorted(acksOf("a", "b")),
        updates: [makeUpdate()],
        transactions: [new Uint8Array(5), new Uint8Array(5)],
        control: [control],
      },
    );
    expect(outcomeOf(full, small)).toBe("ok");
  });
  test.each([
    ["acks", makeBlock({}, { acks: sorted(acksOf("a", "b", "c")) })],
    ["updates", makeBlock({}, { updates: [makeUpdate(), makeUpdate({}, 1)] })],
    ["transactions", makeBlock({}, { transactions: [new Uint8Array(1), new Uint8Array(1), new Uint8Array(1)] })],
    ["transaction bytes", makeBlock({}, { transactions: [new Uint8Array(5), new Uint8Array(6)] })],
    ["control entries", makeBlock({}, { control: [control, control] })],
    ["commit votes", makeBlock({ commitVotes: [vote, vote] })],
    ["checkpoint votes", makeBlock({ checkpointVotes: [checkpointVote, checkpointVote] })],
  ])("P6 one %s too many is refused", (_, block) => {
    expect(outcomeOf(block, small)).toBe("BLOCK_P6_SIZE true");
  });
});

describe("P6 body", () => {
  test("P6 acks are ascending", () => {
    const acks = [...sorted(acksOf("a", "b"))].reverse();
    expect(outcomeOf(makeBlock({}, { acks }))).toBe("BLOCK_P6_ACK_ORDER true");
  });
  test("P6 no ack stands twice", () => {
    expect(outcomeOf(makeBlock({}, { acks: acksOf("a", "a") }))).toBe("BLOCK_P6_ACK_ORDER true");
  });
  test.each(["acks", "updates", "transactions", "control"] as const)("P6 the body's %s match the header", (list) => {
    const full = makeBlock(
      {},
      {
        acks: acksOf("a"),
        updates: [makeUpdate()],
        transactions: [Uint8Array.of(1)],
        control: [{ kind: 1, payload: new Uint8Array(0) }],
      },
    );
    const cut: SignedBlock = { ...full, body: { ...full.body, [list]: [] } };
    const result = verifyBlock(cut, context);
    expect(result.ok ? "ok" : result.error.code).toBe("BLOCK_P6_BODY_ROOT");
  });
  test("P6 an update of another chain is refused", () => {
    const foreign = makeUpdate({ chainId: digestNamed("other") as ChainId });
    expect(outcomeOf(makeBlock({}, { updates: [foreign] }))).toBe("BLOCK_P6_UPDATE true");
  });
  test("P6 an update that its key did not sign is refused", () => {
    const forged = makeUpdate({ devicePublicKey: makeUpdate({}, 1).header.devicePublicKey });
    expect(outcomeOf(makeBlock({}, { updates: [makeUpdate(), forged] }))).toBe("BLOCK_P6_UPDATE true");
  });
});

describe("P6 coin share", () => {
  // r_0 = 8, W = 8, w_C = 6: shares stand in rounds 13, 21, …
  function blockAt(roundNumber: number, coinShare: typeof share | null): SignedBlock {
    return makeBlock({ round: round(roundNumber), parents: parentsAt(roundNumber - 1, [0, 1, 2, 3]), coinShare });
  }
  test("P6 a share is there in its round and in no other", () => {
    expect(outcomeOf(blockAt(13, share))).toBe("ok");
    expect(outcomeOf(blockAt(21, share))).toBe("ok");
    expect(outcomeOf(blockAt(13, null))).toBe("BLOCK_P6_COIN_SHARE true");
    expect(outcomeOf(blockAt(12, share))).toBe("BLOCK_P6_COIN_SHARE true");
    expect(outcomeOf(blockAt(5, share))).toBe("BLOCK_P6_COIN_SHARE true");
    expect(outcomeOf(blockAt(5, null))).toBe("ok");
  });
  test("P6 a chain without a group key has no shares", () => {
    const noCoin = contextOf(four, {}, false);
    expect(outcomeOf(blockAt(13, null), noCoin)).toBe("ok");
    expect(outcomeOf(blockAt(13, share), noCoin)).toBe("BLOCK_P6_COIN_SHARE true");
  });
  test("P6 a share has one point a ticket", () => {
    expect(outcomeOf(blockAt(13, { ...share, points: [] }))).toBe("BLOCK_P6_COIN_SHARE true");
    expect(outcomeOf(blockAt(13, { ...share, points: [...share.points, ...share.points] }))).toBe(
      "BLOCK_P6_COIN_SHARE true",
    );
    const weighted = { ...contextOf(four), coinTickets: [2, 0, 1, 1] };
    const twoPoints = { ...share, points: [...share.points, ...share.points] };
    expect(outcomeOf(blockAt(13, twoPoints), weighted)).toBe("ok");
    expect(outcomeOf(blockAt(13, share), weighted)).toBe("BLOCK_P6_COIN_SHARE true");
  });
});

describe("P7", () => {
  test("P7 the author signed", () => {
    const block = makeBlock();
    const signature = block.signature.slice();
    signature[5] = (signature[5] ?? 0) ^ 1;
    const forged = encode([block.headerBytes, signature, [[], [], [], []]]);
    expect(outcomeOf(forged)).toBe("BLOCK_P7_SIGNATURE false");
  });
  test("P7 another member's signature is none of the author's", () => {
    const block = makeBlock();
    const other = makeBlock({ author: validatorIndex(1), parents: parentsAt(2, [1, 0, 2, 3]) });
    expect(outcomeOf(encode([block.headerBytes, other.signature, [[], [], [], []]]))).toBe("BLOCK_P7_SIGNATURE false");
  });
  test("P7 a bad block under a bad signature is not held against the author", () => {
    const block = makeBlock({ parents: [] });
    const forged = encode([block.headerBytes, new Uint8Array(64), [[], [], [], []]]);
    expect(outcomeOf(forged)).toBe("BLOCK_P1_FIRST_PARENT false");
  });
});
