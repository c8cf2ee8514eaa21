// What only real connections can get wrong: who is on the other side, hostile frames, restarts, many nodes on one host.

import { spawn } from "node:child_process";
import { type Socket, connect } from "node:net";
import { fileURLToPath } from "node:url";
import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { portableCrypto, round, validatorIndex } from "@selvedge/integrity";
import { afterEach, describe, expect, it, vi } from "vitest";
import { framed, writeBytes } from "../../src/network/frame-stream.ts";
import { greet } from "../../src/network/handshake.ts";
import type { HelloContext } from "../../src/network/hello.ts";
import { type NetworkNode, createNetworkNode } from "../../src/network/libp2p-node.ts";
import { BLOCK_FRAME_MAX_BYTES, LOOPBACK_NETWORK_LIMITS } from "../../src/network/limits.ts";
import type { NetworkLogger } from "../../src/network/logger.ts";
import { BLOCKS_PROTOCOL, FETCH_PROTOCOL, PAYLOAD_PROTOCOL } from "../../src/network/protocols.ts";
import { CHAIN, OTHER_CHAIN, committeeOf, seedOf, validatorSigner } from "./fixtures.ts";
import {
  addressOf,
  freePorts,
  observerSetup,
  startLibp2pCluster,
  startNode,
  validatorSetup,
} from "./libp2p-cluster.ts";
import { type ClusterNode, bytesOf, nodeAt, transportSuite } from "./transport-suite.ts";

transportSuite("libp2p", startLibp2pCluster);

describe("libp2p transport against others", () => {
  const running: (() => Promise<unknown>)[] = [];
  afterEach(async () => {
    for (const stop of running.splice(0)) await stop();
  });

  const startValidator = async (index: number, ports: readonly number[], change: object = {}): Promise<ClusterNode> => {
    const node = await startNode({ ...validatorSetup(index, ports), ...change });
    running.push(() => node.transport.stop());
    return node;
  };

  /** A bare libp2p node that says what it likes. */
  const startStranger = async (): Promise<NetworkNode> => {
    const node = await createNetworkNode({
      privateKey: await generateKeyPairFromSeed("Ed25519", seedOf(9, running.length)),
      listen: [],
      limits: LOOPBACK_NETWORK_LIMITS,
      committeeSize: 4,
      topic: "none",
      sha256: portableCrypto.sha256,
      isBanned: () => false,
      isValidator: () => false,
    });
    await node.start();
    running.push(async () => node.stop());
    return node;
  };

  const dialAs = async (
    port: number,
    context: Partial<HelloContext>,
    stranger?: NetworkNode,
  ): Promise<{ connection: Connection; code: string }> => {
    const node = stranger ?? (await startStranger());
    const connection = await node.dial(multiaddr(addressOf(port)));
    const result = await greet(connection, {
      context: { chainId: CHAIN, committee: committeeOf(2), crypto: portableCrypto, self: null, ...context },
      localPeerId: node.peerId.toString(),
      timeoutMs: 2_000,
    });
    return { connection, code: result.ok ? "ACCEPTED" : `${result.error.code} ${result.error.detail}` };
  };

  const closed = (connection: Connection): Promise<void> =>
    new Promise((resolve) => {
      if (connection.status !== "open") resolve();
      connection.addEventListener("close", () => resolve());
    });

  it("refuses a peer of another chain and tells the dialler", async () => {
    const ports = await freePorts(2);
    const node = await startValidator(0, ports);
    const stranger = await dialAs(portOf(ports, 0), { chainId: OTHER_CHAIN });
    expect(stranger.code).toMatch(/^HELLO_CHAIN_MISMATCH/);
    await closed(stranger.connection);
    expect(node.host.connected.size).toBe(0);
  });

  it("logs why a configured peer is refused, and not again while it stays so", async () => {
    const ports = await freePorts(2);
    const reasons: string[] = [];
    const { promise: seen, resolve } = Promise.withResolvers<void>();
    const note = (fields: object): void => {
      if ("reason" in fields) reasons.push(String(fields.reason));
      if (reasons.some((reason) => reason.includes("CHAIN"))) resolve();
    };
    const logger: NetworkLogger = { debug: () => undefined, info: note, warn: note, error: note };
    await startValidator(1, ports, { chainId: OTHER_CHAIN, peers: [] });
    await startValidator(0, ports, {
      logger,
      limits: { ...LOOPBACK_NETWORK_LIMITS, redialMaxMs: 50, redialMinMs: 20 },
    });
    await seen;
    await new Promise((done) => setTimeout(done, 300));
    // On a busy machine a dial may fail for another reason in between: that is worth a line, and so is what follows it.
    expect(reasons.some((reason) => reason.includes("HELLO_CHAIN_MISMATCH"))).toBe(true);
    expect(reasons.filter((reason, position) => reason === reasons[position - 1])).toEqual([]);
  });

  it("refuses an impostor whose proof is not by the validator's key", async () => {
    const ports = await freePorts(2);
    const node = await startValidator(0, ports);
    const self = { index: validatorIndex(1), sign: validatorSigner(7).sign };
    const impostor = await dialAs(portOf(ports, 0), { self });
    expect(impostor.code).toMatch(/^HELLO_REFUSED.*HELLO_PROOF_INVALID/);
    await closed(impostor.connection);
    expect(node.host.connected.size).toBe(0);
    const genuine = await dialAs(portOf(ports, 0), {
      self: { index: validatorIndex(1), sign: validatorSigner(1).sign },
    });
    expect(genuine.code).toBe("ACCEPTED");
    await node.host.until(() => node.host.connected.has("v1"));
  });

  it("does not take whoever answers at a validator's address for that validator", async () => {
    const ports = await freePorts(3);
    const liar = await startValidator(2, [portOf(ports, 0), portOf(ports, 1), portOf(ports, 1)], { peers: [] });
    const peers = [{ index: validatorIndex(1), multiaddr: addressOf(portOf(ports, 1)) }];
    const node = await startValidator(0, ports, { peers });
    await liar.host.until(() => liar.host.connected.has("v0"));
    await liar.host.until(() => !liar.host.connected.has("v0"));
    expect(
      node.transport.peers().find(({ remote }) => remote.kind === "validator" && remote.index === 1),
    ).toMatchObject({
      isConnected: false,
    });
  });

  it.each([
    ["an oversize frame", BLOCKS_PROTOCOL, oversizeHead()],
    ["a frame of no meaning", PAYLOAD_PROTOCOL, framed(bytesOf(20, 77))],
    ["a request of no meaning", FETCH_PROTOCOL, framed(bytesOf(20, 77))],
    ["a block list that lies about its count", BLOCKS_PROTOCOL, framed(bytesOf(20, 255))],
  ])("scores down and disconnects a validator that sends %s", async (_, protocol, bytes) => {
    const ports = await freePorts(2);
    const node = await startValidator(0, ports);
    const self = { index: validatorIndex(1), sign: validatorSigner(1).sign };
    const { connection } = await dialAs(portOf(ports, 0), { self });
    const stream = await connection.newStream(protocol);
    await writeBytes(stream, bytes, 1_000);
    await closed(connection);
    await node.host.until(() => node.host.connected.size === 0);
    expect(node.transport.peers()[0]?.penalty).toBeGreaterThan(40);
    expect(node.host.blocks).toEqual([]);
  });

  it("refuses blocks pushed by an observer, and lets it back: it may be a validator of another epoch", async () => {
    const ports = await freePorts(2);
    const node = await startValidator(0, ports);
    const member = { index: validatorIndex(2), sign: validatorSigner(2).sign };
    const stranger = await startStranger();
    for (let turn = 0; turn < 4; turn += 1) {
      const context = { self: member, committee: committeeOf(3) };
      const { connection, code } = await dialAs(portOf(ports, 0), context, stranger);
      expect(code).toBe("ACCEPTED");
      await node.host.until(() => node.host.connected.size === 1);
      await connection.newStream(BLOCKS_PROTOCOL);
      await closed(connection);
      await node.host.until(() => node.host.connected.size === 0);
    }
  });

  it("serves no more observers than there is room for", async () => {
    const ports = await freePorts(2);
    await startValidator(0, ports, { limits: { ...LOOPBACK_NETWORK_LIMITS, observersMax: 1 } });
    expect((await dialAs(portOf(ports, 0), {})).code).toBe("ACCEPTED");
    expect((await dialAs(portOf(ports, 0), {})).code).toMatch(/NO_ROOM/);
  });

  it("F80: tells a peer that has used up its allowance that it is busy, and serves the others", async () => {
    const cluster = await startLibp2pCluster({
      validators: 3,
      limits: { servingBytesPerSecond: 1, servingBurstBytes: 10_000 },
    });
    running.push(cluster.stop);
    const [asker, other] = [nodeAt(cluster.validators, 0), nodeAt(cluster.validators, 2)];
    nodeAt(cluster.validators, 1).host.blocksToServe = [bytesOf(20_000, 1)];
    const ask = ({ transport }: ClusterNode): Promise<readonly Uint8Array[]> =>
      transport.fetchBlocks(
        validatorIndex(1),
        { type: "rounds", fromRound: round(1), toRound: round(2) },
        AbortSignal.timeout(10_000),
      );
    expect(await ask(asker)).toHaveLength(1);
    await expect(ask(asker)).rejects.toMatchObject({ code: "PEER_BUSY" });
    expect(await ask(other)).toHaveLength(1);
    expect(asker.transport.peers().every(({ penalty }) => penalty === 0)).toBe(true);
  });

  it("F79, F80: observers that do not let go of what they asked for keep no validator waiting", async () => {
    const cluster = await startLibp2pCluster({
      validators: 2,
      observers: 1,
      limits: { servingMax: 2, servingObserversMax: 1 },
    });
    running.push(cluster.stop);
    const server = nodeAt(cluster.validators, 1);
    const { promise: gate, resolve: open } = Promise.withResolvers<readonly Uint8Array[]>();
    let askedCount = 0;
    Object.assign(server.host, { serveBlocks: () => ((askedCount += 1), gate) });
    const ask = ({ transport }: ClusterNode): Promise<readonly Uint8Array[]> =>
      transport.fetchBlocks(
        validatorIndex(1),
        { type: "rounds", fromRound: round(1), toRound: round(2) },
        AbortSignal.timeout(60_000),
      );
    const observer = nodeAt(cluster.observers, 0);
    const first = ask(observer);
    while (askedCount === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(ask(observer)).rejects.toMatchObject({ code: "PEER_BUSY" });
    const [one, two] = [0, 1].map(() => ask(nodeAt(cluster.validators, 0)));
    while (askedCount < 3) await new Promise((resolve) => setTimeout(resolve, 5));
    open([bytesOf(3, 3)]);
    for (const answer of [first, one, two]) expect(await answer).toEqual([bytesOf(3, 3)]);
  });

  it("F71, F72: strangers that begin connections and say nothing do not keep a configured peer out", async () => {
    const ports = await freePorts(2);
    const limits = { ...LOOPBACK_NETWORK_LIMITS, handshakeTimeoutMs: 60_000, pendingConnectionsMax: 2 };
    // Named and not dialled by the one, and dialled by the other.
    const known = [{ index: validatorIndex(0), multiaddr: addressOf(portOf(ports, 0)) }];
    const node = await startValidator(0, ports, { limits, peers: known });
    const silent = await Promise.all(
      [1, 2, 3].map(
        () =>
          new Promise<Socket>((resolve) => {
            const socket = connect({ port: portOf(ports, 0), host: "127.0.0.1", localAddress: "127.0.0.2" }, () =>
              resolve(socket),
            ).on("error", () => undefined);
          }),
      ),
    );
    running.push(async () => silent.forEach((socket) => socket.destroy()));
    await startValidator(1, ports, { peers: known });
    await node.host.until(() => node.host.connected.has("v1"));
  }, 30_000);

  it("disconnects a peer that says nothing", async () => {
    const ports = await freePorts(2);
    await startValidator(0, ports, { limits: { ...LOOPBACK_NETWORK_LIMITS, handshakeTimeoutMs: 100 } });
    const stranger = await startStranger();
    await closed(await stranger.dial(multiaddr(addressOf(portOf(ports, 0)))));
  });

  it("drops a peer that takes nothing, and delivers what was queued after the reconnection", async () => {
    const ports = await freePorts(2);
    const limits = { ...LOOPBACK_NETWORK_LIMITS, writeStallTimeoutMs: 200 };
    const sender = await startValidator(0, ports, { limits });
    const reader = await startValidator(1, ports);
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    reader.host.gate = gate;
    await sender.host.until(() => sender.host.connected.has("v1"));
    for (let index = 0; index < 64; index += 1)
      sender.transport.pushBlocks(validatorIndex(1), [bytesOf(60_000, index)]);
    await sender.host.until(() => sender.host.connected.size === 0);
    reader.host.gate = null;
    open();
    await reader.host.until(() => reader.host.blocks.some(({ bytes }) => bytes[0] === 63));
  });

  it("reconnects to a validator that was restarted, with another network key too", async () => {
    const ports = await freePorts(4);
    const nodes = await Promise.all(ports.map((_, index) => startValidator(index, ports)));
    const first = nodeAt(nodes, 0);
    await first.host.until(() => first.host.connected.size === 3);
    await nodeAt(nodes, 3).transport.stop();
    await first.host.until(() => first.host.connected.size === 2);
    expect(first.transport.pushBlocks(validatorIndex(3), [bytesOf(10, 1)])).toBe(true);
    const reborn = await startValidator(3, ports, { networkSecretKey: seedOf(8, 3) });
    await reborn.host.until(() => reborn.host.connected.size === 3 && reborn.host.blocks.length === 1);
    expect(reborn.host.blocks[0]?.from).toEqual({ kind: "validator", index: 0 });
  });

  it("survives a host that fails: the connection is dropped, made again, and used", async () => {
    const ports = await freePorts(2);
    const sender = await startValidator(0, ports);
    const receiver = await startValidator(1, ports);
    await sender.host.until(() => sender.host.connected.has("v1"));
    const onBlocks = receiver.host.onBlocks;
    // The stream handlers hold the host itself, so that a change of the host is seen.
    Object.assign(receiver.host, { onBlocks: () => Promise.reject(new Error("disk full")) });
    sender.transport.pushBlocks(validatorIndex(1), [bytesOf(10, 1)]);
    for (let fill = 2; receiver.host.blocks.length === 0 && fill < 200; fill += 1) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (fill === 10) Object.assign(receiver.host, { onBlocks });
      sender.transport.pushBlocks(validatorIndex(1), [bytesOf(10, fill)]);
    }
    expect(receiver.host.blocks.length).toBeGreaterThan(0);
  });

  it("settles crossed dials: two that dial one another at once can talk both ways afterwards", async () => {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const ports = await freePorts(2);
      const nodes = await Promise.all(
        [0, 1].map(async (number) => {
          const listen = [addressOf(portOf(ports, number))];
          const peers = [{ index: null, multiaddr: addressOf(portOf(ports, 1 - number)) }];
          const node = await startNode({ ...observerSetup(10 * attempt + number, ports), listen, peers });
          running.push(() => node.transport.stop());
          return node;
        }),
      );
      await Promise.all(nodes.map(({ host }) => host.until(() => host.connected.size === 1)));
      const request = { type: "refs", refs: [] } as const;
      for (const { transport, host } of nodes) {
        host.blocksToServe = [bytesOf(2, 2)];
        const answer = (): Promise<readonly Uint8Array[]> =>
          transport.fetchBlocks(null, request, new AbortController().signal);
        // The losing connection may take requests down with it until its end is known; then they go over the other.
        expect(await vi.waitFor(answer, { timeout: 10_000 })).toHaveLength(host === nodes[0]?.host ? 0 : 1);
      }
    }
  });

  it("connects twelve nodes on one address, and gossip reaches all of them", async () => {
    const cluster = await startLibp2pCluster({ validators: 12, mode: "gossip" });
    running.push(cluster.stop);
    nodeAt(cluster.validators, 5).transport.publishBlock(bytesOf(500, 1));
    await Promise.all(
      cluster.validators.filter((_, index) => index !== 5).map(({ host }) => host.until(() => host.blocks.length > 0)),
    );
  });

  it("publishes to sixteen observers on one address: sharing a host is no offence", async () => {
    const cluster = await startLibp2pCluster({ validators: 1, observers: 16 });
    running.push(cluster.stop);
    nodeAt(cluster.validators, 0).transport.publishBlock(bytesOf(500, 1));
    await Promise.all(cluster.observers.map(({ host }) => host.until(() => host.blocks.length > 0)));
  });

  it("brings an observer the blocks of validators it is not connected to, through its neighbour's answers", async () => {
    const cluster = await startLibp2pCluster({ validators: 2, observers: 0 });
    running.push(cluster.stop);
    const ports = cluster.validators.map(({ transport }) => Number(transport.addresses()[0]?.split("/")[4]));
    const observer = await startNode({
      ...observerSetup(1, ports),
      peers: [{ index: null, multiaddr: addressOf(portOf(ports, 0)) }],
    });
    running.push(() => observer.transport.stop());
    await observer.host.until(() => observer.host.connected.has("v0"));
    nodeAt(cluster.validators, 0).host.blocksToServe = [bytesOf(3, 3)];
    const request = { type: "refs", refs: [] } as const;
    const blocks = await observer.transport.fetchBlocks(null, request, new AbortController().signal);
    expect(blocks).toEqual([bytesOf(3, 3)]);
  });

  it("leaves nothing behind: a process that stops its transports ends by itself", async () => {
    const script = fileURLToPath(new URL("./stop-child.ts", import.meta.url));
    const child = spawn(process.execPath, [script], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data) => (output += String(data)));
    const exitCode = await new Promise((resolve) => child.once("exit", resolve));
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: "stopped\n" });
  }, 15_000);

  it("says LISTEN_FAILED when its port is taken", async () => {
    const ports = await freePorts(2);
    await startValidator(0, ports);
    await expect(startNode(validatorSetup(0, ports))).rejects.toMatchObject({ code: "LISTEN_FAILED" });
  });
});

function portOf(ports: readonly number[], index: number): number {
  const port = ports[index];
  if (port === undefined) throw new Error(`no port ${index}`);
  return port;
}

/** The length of a frame that may not be, and a little of its content. */
function oversizeHead(): Uint8Array {
  const head = new Uint8Array(100);
  new DataView(head.buffer).setUint32(0, BLOCK_FRAME_MAX_BYTES + 1);
  return head;
}
