// A peer that says hello as a member of the committee and then sends whatever bytes it is told to, on any of our
// protocols: what hostile-input faults are made with.

import { generateKeyPairFromSeed } from "@libp2p/crypto/keys";
import { multiaddr } from "@multiformats/multiaddr";
import { greet } from "../network/handshake.ts";
import type { HelloContext } from "../network/hello.ts";
import { type NetworkNode, createNetworkNode } from "../network/libp2p-node.ts";
import { LOOPBACK_NETWORK_LIMITS } from "../network/limits.ts";
import {
  BLOCKS_PROTOCOL,
  FETCH_PROTOCOL,
  HELLO_PROTOCOL,
  PAYLOAD_PROTOCOL,
  blocksTopic,
} from "../network/protocols.ts";

export const RAW_PROTOCOLS: readonly string[] = [HELLO_PROTOCOL, BLOCKS_PROTOCOL, FETCH_PROTOCOL, PAYLOAD_PROTOCOL];

const STEP_MAX_MS = 10_000;

export interface RawPeer extends AsyncDisposable {
  /** False if the other end closed or refused the stream before everything was sent. */
  readonly send: (protocol: string, messages: readonly Uint8Array[]) => Promise<boolean>;
}

export interface RawPeerOptions {
  readonly context: HelloContext;
  readonly port: number;
  /** 32 bytes: another network key each time, so that a ban of the last one does not keep this one out. */
  readonly networkSeed: Uint8Array;
}

/** Undefined if the daemon does not admit it. */
export async function dialRawPeer(options: RawPeerOptions): Promise<RawPeer | undefined> {
  const { context } = options;
  const node: NetworkNode = await createNetworkNode({
    privateKey: await generateKeyPairFromSeed("Ed25519", options.networkSeed),
    listen: ["/ip4/127.0.0.1/tcp/0"],
    limits: LOOPBACK_NETWORK_LIMITS,
    committeeSize: context.committee.validators.length,
    topic: blocksTopic(context.chainId),
    sha256: context.crypto.sha256,
    isBanned: () => false,
    isValidator: () => true,
  });
  await node.start();
  const stop = async (): Promise<void> => {
    await node.stop();
  };
  try {
    const address = multiaddr(`/ip4/127.0.0.1/tcp/${options.port}`);
    const connection = await node.dial(address, { signal: AbortSignal.timeout(STEP_MAX_MS) });
    const greeted = await greet(connection, {
      context,
      localPeerId: node.peerId.toString(),
      timeoutMs: STEP_MAX_MS,
    });
    if (greeted.ok)
      return { send: (protocol, messages) => sendAll(connection, protocol, messages), [Symbol.asyncDispose]: stop };
  } catch {
    // Refused or cut off by the daemon, as an attacker is.
  }
  await stop();
  return undefined;
}

type Connection = Awaited<ReturnType<NetworkNode["dial"]>>;

async function sendAll(connection: Connection, protocol: string, messages: readonly Uint8Array[]): Promise<boolean> {
  try {
    const stream = await connection.newStream(protocol, { signal: AbortSignal.timeout(STEP_MAX_MS) });
    for (const message of messages) {
      if (stream.status !== "open") return false;
      stream.send(message);
    }
    return true;
  } catch {
    // As above.
    return false;
  }
}
