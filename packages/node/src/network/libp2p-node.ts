// Makes the libp2p node: TCP, Noise, yamux, identify and gossipsub, each limit set explicitly (docs/limits.md). Nothing
// that finds peers or opens ports by itself: no DHT, mDNS, UPnP, relay, autoNAT, no mplex.

import type { GossipSub, GossipsubOpts } from "@libp2p/gossipsub";
import { gossipsub } from "@libp2p/gossipsub";
import { identify } from "@libp2p/identify";
import type { ConnectionGater, Libp2p, PeerId, PrivateKey } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import type { Sha256 } from "@selvedge/integrity";
import { createLibp2p } from "libp2p";
import {
  GOSSIP_DECODE_ENTRIES_MAX,
  GOSSIP_INBOUND_MAX_BYTES,
  GOSSIP_OUTBOUND_BUFFER_MAX_BYTES,
  GOSSIP_TOPIC_BYTES_PER_PEER_MAX,
  type NetworkLimits,
  YAMUX_EARLY_STREAMS_MAX,
  YAMUX_INBOUND_STREAMS_MAX,
  YAMUX_MESSAGE_MAX_BYTES,
  YAMUX_WINDOW_BYTES,
  YAMUX_WRITE_BUFFER_MAX_BYTES,
} from "./limits.ts";

export type NetworkNode = Libp2p<{ gossip: GossipSub; identify: ReturnType<ReturnType<typeof identify>> }>;

export interface NodeOptions {
  /** The node's PeerId follows from it. */
  readonly privateKey: PrivateKey;
  readonly listen: readonly string[];
  /** Addresses of configured peers: strangers must not be able to keep their hosts out. */
  readonly peers?: readonly string[];
  readonly limits: NetworkLimits;
  readonly committeeSize: number;
  readonly topic: string;
  readonly sha256: Sha256;
  readonly isBanned: (peerId: PeerId) => boolean;
  readonly isValidator: (peerId: string) => boolean;
}

/** Up to this many validators every block goes straight to every peer; beyond, over a mesh. */
const FLOOD_COMMITTEE_MAX = 40;

export function createNetworkNode(options: NodeOptions): Promise<NetworkNode> {
  const { limits } = options;
  const connectionsMax = Math.max(limits.connectionsMax, 2 * options.committeeSize + limits.observersMax);
  return createLibp2p({
    start: false,
    privateKey: options.privateKey,
    addresses: { listen: [...options.listen] },
    transports: [
      tcp({
        maxConnections: connectionsMax,
        inboundSocketInactivityTimeout: limits.inactivityTimeoutMs,
        outboundSocketInactivityTimeout: limits.inactivityTimeoutMs,
        // Small frames are coalesced by us; Nagle's wait would be added to every one of them.
        dialOpts: { noDelay: true },
        listenOpts: { noDelay: true },
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(muxerLimits())],
    connectionManager: {
      maxConnections: connectionsMax,
      // The bounds below are for all others: two silent connections a second would use them up.
      allow: hostsOf(options.peers ?? []),
      inboundConnectionThreshold: limits.inboundConnectionsPerSecond,
      maxIncomingPendingConnections: limits.pendingConnectionsMax,
      inboundUpgradeTimeout: limits.handshakeTimeoutMs,
      inboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      outboundStreamProtocolNegotiationTimeout: limits.handshakeTimeoutMs,
      dialTimeout: limits.dialTimeoutMs,
      addressDialTimeout: limits.dialTimeoutMs,
      maxDialQueueLength: connectionsMax,
      maxPeerAddrsToDial: 4,
      connectionCloseTimeout: 500,
      // The dialer redials; a second loop would only race with it.
      reconnectRetries: 0,
    },
    // An event loop that is busy for seconds (aggregation in the same process) must not cost its connections.
    connectionMonitor: { pingInterval: 10_000, pingTimeout: { minTimeout: 15_000, maxTimeout: 30_000 } },
    connectionGater: bannedPeersGater(options.isBanned),
    services: {
      identify: identify({ maxInboundStreams: 1, maxOutboundStreams: 1, maxMessageSize: 8192, timeout: 5_000 }),
      gossip: gossipsub(gossipOptions(options)),
    },
  });
}

const IP_HOST = /^\/ip(?:4|6)\/[^/]+/u;

/** A name is resolved when it is dialled, and nobody knows where who dials from it comes from. */
function hostsOf(addresses: readonly string[]): string[] {
  return [...new Set(addresses.flatMap((address) => IP_HOST.exec(address)?.[0] ?? []))];
}

function muxerLimits(): Parameters<typeof yamux>[0] {
  return {
    maxInboundStreams: YAMUX_INBOUND_STREAMS_MAX,
    maxOutboundStreams: YAMUX_INBOUND_STREAMS_MAX,
    maxEarlyStreams: YAMUX_EARLY_STREAMS_MAX,
    maxMessageSize: YAMUX_MESSAGE_MAX_BYTES,
    streamOptions: {
      initialStreamWindowSize: YAMUX_WINDOW_BYTES,
      // A paused reader holds at most one window, so the window must not grow beyond the read buffer.
      maxStreamWindowSize: YAMUX_WINDOW_BYTES,
      maxReadBufferLength: YAMUX_WINDOW_BYTES,
      maxWriteBufferLength: YAMUX_WRITE_BUFFER_MAX_BYTES,
    },
  };
}

function bannedPeersGater(isBanned: (peerId: PeerId) => boolean): ConnectionGater {
  return {
    denyDialPeer: isBanned,
    denyDialMultiaddr: () => false,
    denyInboundEncryptedConnection: isBanned,
    denyOutboundEncryptedConnection: isBanned,
  };
}

function gossipOptions(options: NodeOptions): Partial<GossipsubOpts> {
  const isFlood = options.committeeSize <= FLOOD_COMMITTEE_MAX;
  const degrees = isFlood ? { D: 0, Dlo: 0, Dhi: 0, Dout: 0, Dscore: 0 } : { D: 6, Dlo: 4, Dhi: 8 };
  return {
    ...degrees,
    floodPublish: true,
    batchPublish: true,
    // Blocks are signed; signing the envelope again costs a quarter of the CPU.
    globalSignaturePolicy: "StrictNoSign",
    msgIdFn: ({ data }) => options.sha256(data).slice(0, 20),
    fallbackToFloodsub: false,
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    // block-gossip.ts validates as the topic's validator, before anything is passed on.
    asyncValidation: false,
    heartbeatInterval: 300,
    mcacheLength: 3,
    mcacheGossip: 2,
    idontwantMinDataSize: Number.POSITIVE_INFINITY,
    allowedTopics: [options.topic],
    maxInboundStreams: 1,
    maxOutboundStreams: 1,
    maxInboundDataLength: GOSSIP_INBOUND_MAX_BYTES,
    maxOutboundBufferSize: GOSSIP_OUTBOUND_BUFFER_MAX_BYTES,
    maxTopicBytesPerPeer: GOSSIP_TOPIC_BYTES_PER_PEER_MAX,
    decodeRpcLimits: {
      maxSubscriptions: GOSSIP_DECODE_ENTRIES_MAX,
      maxMessages: GOSSIP_DECODE_ENTRIES_MAX,
      maxIhaveMessageIDs: GOSSIP_DECODE_ENTRIES_MAX,
      maxIwantMessageIDs: GOSSIP_DECODE_ENTRIES_MAX,
      maxIdontwantMessageIDs: GOSSIP_DECODE_ENTRIES_MAX,
      maxControlMessages: GOSSIP_DECODE_ENTRIES_MAX,
      maxPeerInfos: 0,
    },
    scoreParams: {
      // More than ten peers on one address would otherwise silence each other on any shared host.
      IPColocationFactorWeight: 0,
      appSpecificScore: (peerId) => (options.isValidator(peerId) ? 100 : 0),
    },
  };
}
