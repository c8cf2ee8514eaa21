// What the network may ask of the node: blocks in, payload in, answers out. Bytes are verified here, on the way in; the
// engine sees verified blocks only, and waiting for its mailbox is what slows a fast peer down.

import { type Crypto, type VerifiedBlock, verifyUpdate } from "@selvedge/integrity";
import type { Host } from "../host/host.ts";
import { BLOCKS_PER_RESPONSE_MAX, RESPONSE_MAX_BYTES } from "../network/limits.ts";
import type {
  BlockRequest,
  PayloadOffer,
  PayloadPortion,
  PayloadRequest,
  Remote,
  Transport,
  TransportHandler,
} from "../network/transport.ts";
import type { NodeLogger } from "../observability/log.ts";
import type { NodeMetrics } from "../observability/metrics.ts";
import { type PayloadService, hashesOf } from "../payload/payload-service.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import type { PayloadStore } from "../storage/payload-store.ts";
import type { CatchUp } from "../sync/catch-up.ts";
import { type ChainServer, serveChain } from "../sync/serve-chain.ts";
import type { BlockVerifier } from "./parts.ts";

export interface InboundSetup extends ChainServer {
  readonly crypto: Crypto;
  readonly verifyBlock: BlockVerifier;
  readonly host: Host;
  readonly catchUp: Pick<CatchUp, "isRunning" | "onBlock">;
  readonly payloads: PayloadService;
  readonly payloadStore: PayloadStore;
  readonly transport: Transport;
  readonly metrics: NodeMetrics;
  readonly logger: NodeLogger;
}

/** What a peer pays for bytes that break a rule. */
const PENALTY_BAD_BLOCK = 10;
const PENALTY_BAD_PAYLOAD = 10;

/**
 * A chunk that nobody expects any more may have come another way; one of another size than expected may be the right one,
 * with a rival header of the same root lying about the payload's size.
 */
const BLAMELESS_CODES: ReadonlySet<string> = new Set(["PAYLOAD_NOT_EXPECTED", "PAYLOAD_CHUNK_SIZE"]);

export function createInbound(setup: InboundSetup): TransportHandler {
  return {
    onBlocks: (from, blocks) => takeBlocks(setup, from, blocks),
    onPayloadOffer: async (from, offer) => {
      if (from.kind !== "validator") return;
      if (!verifyUpdate(offer.update, setup.crypto).ok)
        setup.transport.penalise(from, PENALTY_BAD_PAYLOAD, "unsigned offer");
      else takeOffer(setup, offer);
    },
    onPayloadChunk: async (from, chunk) => {
      if (from.kind !== "validator") return;
      const verdict = await setup.payloads.accept(chunk.root, chunk, false);
      if (!verdict.ok && !BLAMELESS_CODES.has(verdict.error.code)) {
        setup.transport.penalise(from, PENALTY_BAD_PAYLOAD, verdict.error.code);
      }
    },
    serveBlocks: (request) => serveBlocks(setup.chain, request),
    servePayload: (request) => servePayload(setup.payloadStore, request),
    serveChain: (_from, request) => serveChain(setup, request),
    onPeerChange: (remote, isConnected) => {
      setup.logger.info({ peer: nameOf(remote), isConnected }, "peer");
      const connected = setup.transport.peers().filter((peer) => peer.isConnected).length;
      setup.metrics.set("peers_connected", connected);
    },
  };
}

async function takeBlocks(setup: InboundSetup, from: Remote, received: readonly Uint8Array[]): Promise<void> {
  // Nobody would take them; the engine that goes on afterwards pulls what it then needs.
  if (setup.catchUp.isRunning) return;
  const blocks: VerifiedBlock[] = [];
  for (const bytes of received) {
    const verified = setup.verifyBlock(bytes);
    if (verified.ok) {
      blocks.push(verified.value);
      setup.catchUp.onBlock(verified.value);
    } else if (verified.error.code !== "BLOCK_EPOCH") {
      // Whoever is in another epoch does nothing wrong.
      setup.transport.penalise(from, PENALTY_BAD_BLOCK, verified.error.code);
      // A frame may hold a hundred thousand more of them, each with a line in the log.
      break;
    }
  }
  if (blocks.length === 0) return;
  await setup.host.submit({ type: "blocks", blocks, from: from.kind === "validator" ? from.index : null });
}

function takeOffer({ payloads }: InboundSetup, { update, chunkHashes }: PayloadOffer): void {
  // A refusal may be ours alone (our execution lags), so it costs the peer nothing: the payload is pulled when needed.
  payloads.begin(update, chunkHashes);
}

async function serveBlocks(chain: ChainStore, request: BlockRequest): Promise<readonly Uint8Array[]> {
  const page = { blocksMax: BLOCKS_PER_RESPONSE_MAX, bytesMax: RESPONSE_MAX_BYTES };
  if (request.type === "rounds") return chain.blocksInRounds(request.fromRound, request.toRound, page);
  if (request.type === "roundsOf") return chain.blocksOfAuthor(request, page);
  return chain.blocksOnPage(request.refs, page);
}

async function servePayload(store: PayloadStore, request: PayloadRequest): Promise<PayloadPortion | undefined> {
  const manifest = await store.manifest(request.root);
  if (manifest === undefined) return undefined;
  const countMax = Math.max(1, Math.floor(RESPONSE_MAX_BYTES / manifest.chunkBytes));
  const end = Math.min(manifest.chunkHashes.length, request.fromChunk + Math.min(request.count, countMax));
  const chunks = [];
  for (let index = request.fromChunk; index < end; index += 1) {
    chunks.push({ root: request.root, index, bytes: await store.mustChunk(manifest, index) });
  }
  return { chunkHashes: hashesOf(manifest), chunks };
}

function nameOf(remote: Remote): string {
  return remote.kind === "validator" ? `validator ${remote.index}` : `observer ${remote.id}`;
}
