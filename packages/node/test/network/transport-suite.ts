// The laws every transport keeps, run over memory and over libp2p.

import { type ValidatorIndex, commitIndex, digestFromBytes, round, validatorIndex } from "@selvedge/integrity";
import { afterEach, describe, expect, it } from "vitest";
import {
  BLOCKS_PER_RESPONSE_MAX,
  type NetworkLimits,
  PEER_SCORE_BAN,
  RESPONSE_MAX_BYTES,
  STATE_PORTION_MAX_BYTES,
} from "../../src/network/limits.ts";
import { NetworkError } from "../../src/network/network-error.ts";
import type { Transport } from "../../src/network/transport.ts";
import { signedUpdate } from "./fixtures.ts";
import type { Recorder } from "./recorder.ts";

export interface ClusterOptions {
  readonly validators: number;
  readonly observers?: number;
  readonly mode?: "direct" | "gossip";
  readonly limits?: Partial<NetworkLimits>;
}

export interface ClusterNode {
  readonly transport: Transport;
  readonly host: Recorder;
}

export interface Cluster {
  readonly validators: readonly ClusterNode[];
  readonly observers: readonly ClusterNode[];
  readonly stop: () => Promise<void>;
}

/** Answers with every validator connected to all others and every observer to all validators. */
export type StartCluster = (options: ClusterOptions) => Promise<Cluster>;

const V0: ValidatorIndex = validatorIndex(0);
const V1: ValidatorIndex = validatorIndex(1);
const NEVER: AbortSignal = new AbortController().signal;

export function bytesOf(length: number, fill: number): Uint8Array {
  return new Uint8Array(length).fill(fill);
}

export function nodeAt(nodes: readonly ClusterNode[], index: number): ClusterNode {
  const node = nodes[index];
  if (node === undefined) throw new Error(`no node ${index}`);
  return node;
}

async function codeOf(task: Promise<unknown>): Promise<string> {
  try {
    await task;
  } catch (error) {
    if (error instanceof NetworkError) return error.code;
    throw error;
  }
  return "RESOLVED";
}

export function transportSuite(name: string, startCluster: StartCluster): void {
  describe(`${name} transport`, () => {
    const clusters: Cluster[] = [];
    const start = async (options: ClusterOptions): Promise<Cluster> => {
      const cluster = await startCluster(options);
      clusters.push(cluster);
      return cluster;
    };
    afterEach(async () => {
      for (const cluster of clusters.splice(0)) await cluster.stop();
    });

    it("delivers pushed blocks in order, whole, and from the validator that pushed them", async () => {
      const { validators } = await start({ validators: 4 });
      const sender = nodeAt(validators, 0);
      const receiver = nodeAt(validators, 1);
      for (let index = 1; index <= 40; index += 1) {
        expect(sender.transport.pushBlocks(V1, [bytesOf(1 + index * 3001, index)])).toBe(true);
      }
      await receiver.host.until(() => receiver.host.blocks.length === 40);
      receiver.host.blocks.forEach(({ from, bytes }, position) => {
        expect(from).toEqual({ kind: "validator", index: 0 });
        expect(bytes).toEqual(bytesOf(1 + (position + 1) * 3001, position + 1));
      });
      expect(nodeAt(validators, 2).host.blocks).toEqual([]);
    });

    it("keeps a stalled reader's queue within its bound and refuses what is beyond", async () => {
      const limits = { blockQueueBytesMax: 256 * 1024 };
      const { validators } = await start({ validators: 2, limits });
      const sender = nodeAt(validators, 0);
      const receiver = nodeAt(validators, 1);
      const { promise: gate, resolve: open } = Promise.withResolvers<void>();
      receiver.host.gate = gate;
      let acceptedCount = 0;
      for (let attempt = 0; attempt < 400; attempt += 1) {
        if (sender.transport.pushBlocks(V1, [bytesOf(32 * 1024, attempt % 256)])) acceptedCount += 1;
        if (attempt % 8 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      const [status] = sender.transport.peers();
      expect(acceptedCount).toBeLessThan(200);
      expect(status?.queuedBytes).toBeLessThanOrEqual(limits.blockQueueBytesMax);
      expect(status?.droppedCount).toBe(400 - acceptedCount);
      receiver.host.gate = null;
      open();
      await receiver.host.until(() => receiver.host.blocks.length === acceptedCount);
      expect(receiver.host.blocks.length).toBe(acceptedCount);
    });

    it("answers block requests, by reference and by round, within the bounds of an answer", async () => {
      const { validators } = await start({ validators: 2 });
      const asker = nodeAt(validators, 0);
      const server = nodeAt(validators, 1);
      const refs = [{ round: round(2 ** 40), author: V0, digest: digestFromBytes<never>(bytesOf(32, 9)) }];
      server.host.blocksToServe = [bytesOf(5, 1), bytesOf(6, 2)];
      const byRefs = await asker.transport.fetchBlocks(V1, { type: "refs", refs }, NEVER);
      expect(byRefs).toEqual(server.host.blocksToServe);
      expect(server.host.requests).toEqual([{ type: "refs", refs }]);
      const rounds = { type: "rounds", fromRound: round(3), toRound: round(70_000) } as const;
      server.host.blocksToServe = Array.from({ length: BLOCKS_PER_RESPONSE_MAX + 1 }, () => bytesOf(1, 1));
      expect(await asker.transport.fetchBlocks(V1, rounds, NEVER)).toHaveLength(BLOCKS_PER_RESPONSE_MAX);
      expect(server.host.requests.at(-1)).toEqual(rounds);
      server.host.blocksToServe = Array.from({ length: 9 }, () => bytesOf(1024 * 1024, 1));
      const big = await asker.transport.fetchBlocks(null, rounds, NEVER);
      expect(big).toHaveLength(RESPONSE_MAX_BYTES / (1024 * 1024));
    });

    it("answers questions about the chain, and refuses answers to another question", async () => {
      const { validators } = await start({ validators: 2 });
      const asker = nodeAt(validators, 0);
      const server = nodeAt(validators, 1);
      const request = { type: "commits", fromIndex: commitIndex(7), count: 3 } as const;
      expect(await codeOf(asker.transport.fetchChain(V1, request, NEVER))).toBe("RESPONSE_EMPTY");
      server.host.chainToServe = { type: "commits", commits: [bytesOf(50, 1), bytesOf(60, 2)] };
      expect(await asker.transport.fetchChain(null, request, NEVER)).toEqual(server.host.chainToServe);
      expect(server.host.requests).toEqual([request, request]);
      server.host.chainToServe = { type: "checkpoint", certificate: null };
      const penaltyBefore = asker.transport.peers()[0]?.penalty;
      expect(await codeOf(asker.transport.fetchChain(V1, request, NEVER))).toBe("RESPONSE_INVALID");
      expect(asker.transport.peers()[0]?.penalty).toBeGreaterThan(penaltyBefore ?? 0);
      const state = { type: "state", index: null, kind: "snapshot", fromByte: 0 } as const;
      const bytes = bytesOf(STATE_PORTION_MAX_BYTES + 1, 3);
      server.host.chainToServe = { type: "state", index: commitIndex(4), totalBytes: bytes.length, bytes };
      const portion = await asker.transport.fetchChain(V1, state, NEVER);
      expect(portion).toMatchObject({ type: "state", bytes: bytes.subarray(1) });
    });

    it("moves payload offers, chunks and portions unchanged", async () => {
      const { validators } = await start({ validators: 2 });
      const sender = nodeAt(validators, 0);
      const receiver = nodeAt(validators, 1);
      const root = digestFromBytes(bytesOf(32, 7));
      const chunk = { root, index: 3, bytes: bytesOf(64 * 1024, 5) };
      const offer = { update: signedUpdate(), chunkHashes: [bytesOf(32, 1), bytesOf(32, 2)] };
      expect(sender.transport.pushPayloadOffer(V1, offer)).toBe(true);
      expect(sender.transport.pushPayloadChunk(V1, chunk)).toBe(true);
      await receiver.host.until(() => receiver.host.chunks.length === 1);
      expect(receiver.host.offers[0]?.offer).toEqual(offer);
      expect(receiver.host.chunks[0]?.chunk).toEqual(chunk);
      const request = { root, fromChunk: 3, count: 2 };
      expect(await codeOf(sender.transport.fetchPayload(V1, request, NEVER))).toBe("RESPONSE_EMPTY");
      receiver.host.portionToServe = { chunkHashes: offer.chunkHashes, chunks: [chunk] };
      expect(await sender.transport.fetchPayload(V1, request, NEVER)).toEqual(receiver.host.portionToServe);
      expect(receiver.host.requests).toEqual([request, request]);
    });

    it("ends a request at its deadline and at the caller's wish, and frees its slot", async () => {
      const { validators } = await start({ validators: 2, limits: { requestTimeoutMs: 150 } });
      const asker = nodeAt(validators, 0);
      const server = nodeAt(validators, 1);
      const rounds = { type: "rounds", fromRound: round(0), toRound: round(1) } as const;
      Object.assign(server.host, { serveBlocks: () => new Promise<never>(() => undefined) });
      const requests = Array.from({ length: 6 }, () => codeOf(asker.transport.fetchBlocks(V1, rounds, NEVER)));
      expect(new Set(await Promise.all(requests))).toEqual(new Set(["REQUEST_TIMEOUT"]));
      const caller = new AbortController();
      const aborted = codeOf(asker.transport.fetchBlocks(V1, rounds, caller.signal));
      caller.abort();
      expect(await aborted).toBe("REQUEST_ABORTED");
    });

    it("says PEER_UNREACHABLE for a peer that is gone, and refuses pushes once it is gone for long", async () => {
      const { validators } = await start({ validators: 2, limits: { queueRetentionMs: -1 } });
      const sender = nodeAt(validators, 0);
      await nodeAt(validators, 1).transport.stop();
      await sender.host.until(() => sender.host.connected.size === 0);
      const rounds = { type: "rounds", fromRound: round(0), toRound: round(1) } as const;
      expect(await codeOf(sender.transport.fetchBlocks(V1, rounds, NEVER))).toBe("PEER_UNREACHABLE");
      expect(await codeOf(sender.transport.fetchBlocks(null, rounds, NEVER))).toBe("PEER_UNREACHABLE");
      expect(sender.transport.pushBlocks(V1, [bytesOf(1, 1)])).toBe(false);
      expect(sender.transport.peers()[0]).toMatchObject({ isConnected: false, queuedBytes: 0, droppedCount: 1 });
    });

    it("disconnects a peer at the ban score, not before, and lets it back after the ban", async () => {
      const { validators } = await start({ validators: 2, limits: { banMs: 300 } });
      const judge = nodeAt(validators, 0);
      const culprit = nodeAt(validators, 1);
      judge.transport.penalise({ kind: "validator", index: V1 }, PEER_SCORE_BAN - 1, "test");
      expect(judge.transport.peers()[0]?.isConnected).toBe(true);
      judge.transport.penalise({ kind: "validator", index: V1 }, 2, "test");
      await judge.host.until(() => judge.host.connected.size === 0);
      await culprit.host.until(() => culprit.host.connected.size === 0);
      await judge.host.until(() => judge.host.connected.has("v1"));
      expect(judge.transport.peers()[0]?.penalty).toBe(0);
    });

    it.each(["direct", "gossip"] as const)("publishes blocks to observers in mode %s", async (mode) => {
      const { validators, observers } = await start({ validators: 4, observers: 2, mode });
      const author = nodeAt(validators, 2);
      author.transport.publishBlock(bytesOf(1000, 3));
      for (const { host } of observers) {
        await host.until(() => host.blocks.length === 1);
        expect(host.blocks[0]?.bytes).toEqual(bytesOf(1000, 3));
        expect(host.blocks[0]?.from.kind).toBe("validator");
      }
    });

    it("carries validators' blocks over gossip alone in mode gossip", async () => {
      const { validators } = await start({ validators: 4, mode: "gossip" });
      const author = nodeAt(validators, 0);
      expect(author.transport.pushBlocks(V1, [bytesOf(10, 1)])).toBe(false);
      for (let index = 0; index < 10; index += 1) author.transport.publishBlock(bytesOf(100, index));
      for (const { host } of validators.slice(1)) {
        await host.until(() => host.blocks.length === 10);
        expect(host.blocks.map(({ bytes }) => bytes[0]).toSorted((a, b) => (a ?? 0) - (b ?? 0))).toEqual([
          0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
        ]);
      }
    });
  });
}
