// Registers our protocols with libp2p: which handler reads which stream, how many at a time, and only after the hello.

import type { Connection, Stream, StreamHandlerOptions } from "@libp2p/interface";
import { type Crypto, decodeSignedUpdate } from "@selvedge/integrity";
import { FetchServer } from "./fetch-server.ts";
import type { Greeter } from "./greeter.ts";
import { InboundStreams } from "./inbound-streams.ts";
import type { NetworkNode } from "./libp2p-node.ts";
import type { NetworkLimits } from "./limits.ts";
import type { LinkTable } from "./link-table.ts";
import type { Link } from "./link.ts";
import type { NetworkLogger } from "./logger.ts";
import { BLOCKS_PROTOCOL, FETCH_PROTOCOL, HELLO_PROTOCOL, PAYLOAD_PROTOCOL } from "./protocols.ts";
import { reasonOf, supervise } from "./supervise.ts";
import type { TransportHandler } from "./transport.ts";

export interface ServeOptions {
  readonly node: NetworkNode;
  readonly greeter: Greeter;
  readonly table: LinkTable;
  readonly handler: TransportHandler;
  readonly limits: NetworkLimits;
  readonly logger: NetworkLogger;
  readonly crypto: Crypto;
}

interface GreetedProtocol {
  readonly protocol: string;
  /** Streams of this protocol that one connection may have open towards us. */
  readonly inboundMax: number;
  readonly read: (stream: Stream, link: Link) => Promise<void>;
}

export async function serveProtocols(options: ServeOptions): Promise<void> {
  const { node, greeter } = options;
  for (const protocol of greetedProtocols(options)) await serveGreeted(protocol, options);
  await node.handle(
    HELLO_PROTOCOL,
    (stream, connection) => supervise(greeter.answer(stream, connection), (error) => abort(stream, error)),
    streamLimits(1),
  );
}

function greetedProtocols({ table, handler, limits, crypto }: ServeOptions): readonly GreetedProtocol[] {
  const onMisbehaviour = (link: Link, points: number, reason: string): void => {
    table.penalise(link.remote, points, reason);
    link.connection?.abort(new Error(reason));
  };
  const decodeUpdate = (bytes: Uint8Array): ReturnType<typeof decodeSignedUpdate> =>
    decodeSignedUpdate(bytes, crypto.sha256);
  const inbound = new InboundStreams({ handler, decodeUpdate, onMisbehaviour });
  const server = new FetchServer({ limits, handler, onMisbehaviour });
  return [
    { protocol: BLOCKS_PROTOCOL, inboundMax: 1, read: (stream, link) => inbound.readBlocks(stream, link) },
    { protocol: PAYLOAD_PROTOCOL, inboundMax: 1, read: (stream, link) => inbound.readPayload(stream, link) },
    {
      protocol: FETCH_PROTOCOL,
      // Twice what an honest peer has open: streams that we have answered may still be closing.
      inboundMax: 2 * limits.requestsPerPeerMax,
      read: (stream, link) => server.serve(stream, link),
    },
  ];
}

/** The protocol's streams, once their connection has been greeted. */
async function serveGreeted(
  { protocol, inboundMax, read }: GreetedProtocol,
  { node, greeter, logger }: ServeOptions,
): Promise<void> {
  const serve = async (stream: Stream, connection: Connection): Promise<void> => {
    const outcome = await greeter.outcome(connection);
    if (outcome.ok) await read(stream, outcome.value);
    else stream.abort(new Error(outcome.error.code));
  };
  const onStream = (stream: Stream, connection: Connection): void =>
    supervise(serve(stream, connection), (error) => {
      logger.debug({ protocol, reason: reasonOf(error) }, "stream handler failed");
      abort(stream, error);
    });
  await node.handle(protocol, onStream, streamLimits(inboundMax));
}

function streamLimits(inboundMax: number): StreamHandlerOptions {
  return { maxInboundStreams: inboundMax, maxOutboundStreams: inboundMax };
}

function abort(stream: Stream, error: unknown): void {
  stream.abort(error instanceof Error ? error : new Error(String(error)));
}
