// Wire forms: round trips, sizes that are told without encoding, and bytes that must not decode.

import { portableCrypto } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import {
  decodeBlock,
  decodeMessage,
  decodeSafety,
  encodeBlock,
  encodeMessage,
  encodeSafety,
  genesisBlock,
  sealBlock,
} from "../../../src/baseline/hotstuff/codec.ts";
import type { HotStuffMessage, QuorumCertificate, TimeoutCertificate } from "../../../src/baseline/hotstuff/records.ts";
import { blockSize, messageSize, safetySize } from "../../../src/baseline/hotstuff/wire-size.ts";
import { SmallWorld, faultsOfSafety, hotStuffScenario } from "./small-world.ts";

const { sha256 } = portableCrypto;
const genesis = genesisBlock(sha256, 200);

function certificate(signerCount: number, view: number): QuorumCertificate {
  const signers = Array.from({ length: signerCount }, (_, index) => index * 2);
  return {
    view,
    digest: genesis.digest,
    signers,
    signatures: signers.map((signer) => new Uint8Array(64).fill(signer)),
  };
}

function timeouts(count: number): TimeoutCertificate {
  const entries = Array.from({ length: count }, (_, signer) => ({
    signer,
    highView: signer * 90,
    signature: new Uint8Array(64),
  }));
  return { view: 70_000, entries };
}

const blocks = [0, 3, 40, 300].map((count) =>
  sealBlock(sha256, {
    view: 2 ** (count % 40),
    author: count % 200,
    height: count * 300,
    justify: certificate(count % 97, count * 5_000),
    transactions: Array.from({ length: count }, (_, index) => new Uint8Array(index * 7).fill(index)),
  }),
);
const messages: readonly HotStuffMessage[] = [
  ...blocks.map((block, index): HotStuffMessage => ({
    type: "proposal",
    block,
    timeouts: index % 2 === 0 ? null : timeouts(20),
    signature: new Uint8Array(64).fill(7),
  })),
  { type: "vote", view: 300, digest: genesis.digest, voter: 130, signature: new Uint8Array(64) },
  {
    type: "timeout",
    view: 2 ** 33,
    voter: 3,
    high: certificate(90, 8),
    timeouts: timeouts(3),
    signature: new Uint8Array(64),
  },
  { type: "advance", high: certificate(0, 0), timeouts: null },
  {
    type: "transactions",
    transactions: [255, 256, 65_536].map((length) => new Uint8Array(length)),
    gateway: 150,
    signature: new Uint8Array(64),
  },
  { type: "request", digest: genesis.digest, aboveHeight: 65_536 },
  { type: "blocks", blocks },
];

describe("messages", () => {
  it.each(messages)("$type decodes to itself and is as long as its size says", (message) => {
    const bytes = encodeMessage(message);
    expect(decodeMessage(sha256, bytes)).toEqual(message);
    expect(messageSize(message)).toBe(bytes.length);
  });

  it("cut off anywhere, they do not decode", () => {
    const bytes = encodeMessage({
      type: "proposal",
      block: blocks[1] ?? genesis,
      timeouts: timeouts(2),
      signature: new Uint8Array(64),
    });
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeMessage(sha256, bytes.subarray(0, length))).toBeNull();
  });

  it("a certificate of n - f signatures costs 66 bytes a signer besides its bitmap", () => {
    const grown = messageSize({ type: "advance", high: certificate(20, 1), timeouts: null });
    expect(messageSize({ type: "advance", high: certificate(21, 1), timeouts: null }) - grown).toBe(66 + 1);
  });
});

describe("disk records", () => {
  it("blocks and safety records decode to themselves and are as long as their size says", () => {
    for (const block of blocks) {
      const bytes = encodeBlock(block);
      expect(decodeBlock(sha256, bytes)).toEqual(block);
      expect(blockSize(block)).toBe(bytes.length);
    }
    for (const proof of [null, timeouts(5)]) {
      const safety = { votedView: 300, high: certificate(3, 8), timeouts: proof };
      expect(decodeSafety(encodeSafety(safety))).toEqual(safety);
      expect(safetySize(safety)).toBe(encodeSafety(safety).length);
    }
  });
});

describe("whole chains", () => {
  it("every receiver decoding for itself changes no commit", () => {
    const shared = new SmallWorld(hotStuffScenario(4), () => 1000);
    const scenario = hotStuffScenario(4);
    const decoding = new SmallWorld({ ...scenario, execution: { ...scenario.execution, codec: "bytes" } }, () => 1000);
    for (const world of [shared, decoding]) {
      world.startAll();
      for (let id = 0; id < 20; id += 1) world.after(id * 1500, () => world.submit(id % 4, id));
      world.runUntil(60_000);
    }
    expect(decoding.commits).toEqual(shared.commits);
    expect(shared.commits.length).toBeGreaterThan(50);
  });

  it("real ed25519 signatures commit as modelled ones do", () => {
    const scenario = hotStuffScenario(4);
    const world = new SmallWorld({ ...scenario, execution: { crypto: "real" } }, () => 1000);
    world.startAll();
    world.runUntil(14_000);
    expect(world.commitsOf(0).length).toBeGreaterThanOrEqual(4);
    expect(faultsOfSafety(world)).toEqual([]);
  });

  it("damaged messages are refused and reported, and the chain goes on", () => {
    const world = new SmallWorld(hotStuffScenario(4, { timeoutMs: 20 }), () => 1000);
    const choices = world.choices();
    world.startAll();
    for (let turn = 0; turn < 200; turn += 1) {
      world.after(turn * 1000 + 500, () => {
        const sent = world.sent.at(-1 - (turn % 5));
        if (sent === undefined) return;
        const outgoing = { to: (turn * 3) % 4, kind: sent.message.type, sizeBytes: 1, body: sent.message };
        const damaged = world.chain.damaged(outgoing, choices);
        if (damaged !== undefined) world.deliver(sent.from, damaged);
      });
    }
    world.runUntil(400_000);
    expect(world.faults().length).toBeGreaterThan(100);
    expect(world.commitsOf(0).length).toBeGreaterThan(100);
    expect(faultsOfSafety(world)).toEqual([]);
  });

  it("a body that nobody here made is refused", () => {
    const world = new SmallWorld(hotStuffScenario(4), () => 1000);
    world.startAll();
    for (const body of [null, 7, "vote", {}, { type: "vote" }, { type: "bytes", bytes: Uint8Array.of(1, 2, 3) }]) {
      world.deliver(1, { to: 0, kind: "vote", sizeBytes: 3, body });
    }
    expect(world.faults()).toEqual(Array.from({ length: 6 }, () => "undecodable"));
  });
});
