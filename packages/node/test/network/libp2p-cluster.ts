// Starts libp2p transports on loopback for tests.

import { createServer } from "node:net";
import { portableCrypto, validatorIndex } from "@selvedge/integrity";
import { type TransportSetup, createLibp2pTransport } from "../../src/network/libp2p-transport.ts";
import { LOOPBACK_NETWORK_LIMITS } from "../../src/network/limits.ts";
import { SILENT_LOGGER } from "../../src/network/logger.ts";
import { CHAIN, committeeOf, seedOf, validatorSigner } from "./fixtures.ts";
import { Recorder } from "./recorder.ts";
import type { Cluster, ClusterNode, ClusterOptions } from "./transport-suite.ts";

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((resolve) => {
          const server = createServer().listen(0, "127.0.0.1", () => resolve(server));
        }),
    ),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function addressOf(port: number): string {
  return `/ip4/127.0.0.1/tcp/${port}`;
}

/** Validator `index` of a committee on these ports. */
export function validatorSetup(index: number, ports: readonly number[]): TransportSetup {
  return {
    chainId: CHAIN,
    committee: committeeOf(ports.length),
    self: { index: validatorIndex(index), sign: validatorSigner(index).sign },
    networkSecretKey: seedOf(2, index),
    listen: [addressOf(ports[index] ?? 0)],
    peers: ports.map((port, peer) => ({ index: validatorIndex(peer), multiaddr: addressOf(port) })),
    mode: "direct",
    limits: LOOPBACK_NETWORK_LIMITS,
    logger: SILENT_LOGGER,
    crypto: portableCrypto,
  };
}

/** A node that is no validator and dials all of them. */
export function observerSetup(number: number, ports: readonly number[]): TransportSetup {
  return {
    ...validatorSetup(0, ports),
    self: null,
    networkSecretKey: seedOf(4, number),
    listen: [],
  };
}

export async function startNode(setup: TransportSetup): Promise<ClusterNode> {
  const host = new Recorder();
  const transport = await createLibp2pTransport(setup);
  await transport.start(host);
  return { transport, host };
}

export async function startLibp2pCluster(options: ClusterOptions): Promise<Cluster> {
  const { validators: count, observers = 0, mode = "direct", limits = {} } = options;
  const ports = await freePorts(count);
  const adapt = (setup: TransportSetup): TransportSetup => ({ ...setup, mode, limits: { ...setup.limits, ...limits } });
  const validators = await Promise.all(ports.map((_, index) => startNode(adapt(validatorSetup(index, ports)))));
  const audience = await Promise.all(
    Array.from({ length: observers }, (_, number) => startNode(adapt(observerSetup(number, ports)))),
  );
  const names = ports.map((_, index) => `v${index}`);
  const all = [...validators, ...audience];
  await Promise.all(
    all.map(({ host }, self) =>
      host.until(() => names.every((name, index) => index === self || host.connected.has(name))),
    ),
  );
  const listeners = mode === "gossip" ? all : audience;
  if (observers > 0 || mode === "gossip") await gossipReady(validators, listeners);
  return {
    validators,
    observers: audience,
    stop: async () => {
      await Promise.all(all.map(({ transport }) => transport.stop()));
    },
  };
}

/** Subscriptions travel after the connection: probes go out until everybody hears everybody. */
async function gossipReady(authors: readonly ClusterNode[], listeners: readonly ClusterNode[]): Promise<void> {
  const PROBE = 250;
  const heard = (listener: ClusterNode): number => new Set(listener.host.blocks.map(({ bytes }) => bytes[0])).size;
  const expected = (listener: ClusterNode): number => authors.filter((author) => author !== listener).length;
  for (let round = 0; listeners.some((listener) => heard(listener) < expected(listener)); round += 1) {
    authors.forEach(({ transport }, index) => transport.publishBlock(Uint8Array.of(index, PROBE, round >>> 8, round)));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Probes may still come by way of repair: they are dropped as they come.
  for (const { host } of listeners) host.ignoreIf((bytes) => bytes.length === 4 && bytes[1] === PROBE);
}
