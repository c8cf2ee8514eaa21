// What a node makes of blocks that others hand to it: their bytes count, whatever the object around them says.

import { type VerifiedBlock, genesisRefs, mustExist } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { createSelvedgeFacts } from "../../src/process/selvedge-chain.ts";
import type { SelvedgeBody } from "../../src/process/selvedge-message.ts";
import { createSelvedgeChain } from "../../src/process/selvedge-protocol.ts";
import type { ProtocolChain } from "../../src/protocol/protocol.ts";
import { goodScenario } from "../run/scenarios.ts";
import { type Life, deliver, started } from "./life.ts";

const LISTENING = { name: "selvedge", local: { doppelgangerRounds: 4 } };

function chainOf(protocol = goodScenario().protocol): ProtocolChain {
  return createSelvedgeChain(goodScenario({ protocol }), "both", undefined);
}

/** By node 3. */
function firstBlock(chain: ProtocolChain): VerifiedBlock {
  const { chainId, committee, crypto } = createSelvedgeFacts(goodScenario(), "both");
  const parents = genesisRefs({ chainId, epoch: committee.epoch, size: chain.size }, crypto.sha256);
  const own = mustExist(parents[3], "every member has a reference");
  const ordered = [own, ...parents.filter((parent) => parent !== own)];
  return mustExist(chain.forgery?.forge(3, { round: 1, parents: ordered }, 0), "a block");
}

/** The same bytes under a content that they do not have. */
function lyingAbout<Block extends VerifiedBlock>(block: Block): Block {
  const { ref, header, body } = block;
  return {
    ...block,
    ref: { ...ref, author: 1 },
    header: { ...header, author: 1 },
    body: { ...body, transactions: [new Uint8Array(24)] },
  };
}

function acceptedBy({ observed }: Life, digest: string): readonly VerifiedBlock[] {
  return observed.flatMap((each) => (each.type === "accepted" && each.block.ref.digest === digest ? [each.block] : []));
}

const push = (blocks: readonly VerifiedBlock[]): SelvedgeBody => ({ type: "blocks", blocks, request: null });

describe("a block is what its bytes say", () => {
  it("when it is pushed", () => {
    const chain = chainOf();
    const truth = firstBlock(chain);
    const receiver = started(chain, 0);
    deliver(receiver, 3, [{ to: 0, kind: "blocks", sizeBytes: 1, body: push([lyingAbout(truth)]) }]);
    expect(acceptedBy(receiver, truth.ref.digest)).toEqual([truth]);
  });

  it("when it comes with an answer to what a starting node asks", () => {
    const chain = chainOf(LISTENING);
    const truth = firstBlock(chain);
    const asker = started(chain, 0);
    const answer: SelvedgeBody = { type: "newest", life: 1, ours: null, theirs: lyingAbout(truth), vouches: true };
    deliver(asker, 3, [{ to: 0, kind: "newest", sizeBytes: 1, body: answer }]);
    expect(acceptedBy(asker, truth.ref.digest)).toEqual([truth]);
  });

  it("and one whose bytes are no good makes the whole answer count for none", () => {
    const chain = chainOf(LISTENING);
    const truth = firstBlock(chain);
    const asker = started(chain, 0);
    const spoiled = { ...truth, bytes: truth.bytes.toReversed() };
    const answer: SelvedgeBody = { type: "newest", life: 1, ours: null, theirs: spoiled, vouches: true };
    deliver(asker, 3, [{ to: 0, kind: "newest", sizeBytes: 1, body: answer }]);
    expect(acceptedBy(asker, truth.ref.digest)).toEqual([]);
    expect(asker.observed).toContainEqual(expect.objectContaining({ type: "reported", about: 3 }));
  });
});
