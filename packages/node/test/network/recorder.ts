// A host for tests: remembers what the transport handed over, serves what it is told to, and lets a test wait for a
// state instead of for a time.

import type {
  BlockRequest,
  ChainAnswer,
  ChainRequest,
  PayloadChunk,
  PayloadOffer,
  PayloadPortion,
  PayloadRequest,
  Remote,
  TransportHandler,
} from "../../src/network/transport.ts";

export class Recorder implements TransportHandler {
  readonly blocks: { readonly from: Remote; readonly bytes: Uint8Array }[] = [];
  readonly offers: { readonly from: Remote; readonly offer: PayloadOffer }[] = [];
  readonly chunks: { readonly from: Remote; readonly chunk: PayloadChunk }[] = [];
  readonly connected = new Set<string>();
  readonly requests: (BlockRequest | PayloadRequest | ChainRequest)[] = [];
  chainToServe: ChainAnswer | undefined;
  blocksToServe: readonly Uint8Array[] = [];
  portionToServe: PayloadPortion | undefined;
  /** While set, onBlocks does not return. */
  gate: Promise<void> | null = null;
  #isIgnored: (block: Uint8Array) => boolean = () => false;
  #waiters: { readonly isMet: () => boolean; readonly resolve: () => void }[] = [];

  readonly onBlocks = async (from: Remote, blocks: readonly Uint8Array[]): Promise<void> => {
    for (const bytes of blocks) {
      if (!this.#isIgnored(bytes)) this.blocks.push({ from, bytes });
    }
    this.#changed();
    if (this.gate !== null) await this.gate;
  };

  readonly onPayloadOffer = (from: Remote, offer: PayloadOffer): Promise<void> => {
    this.offers.push({ from, offer });
    this.#changed();
    return Promise.resolve();
  };

  readonly onPayloadChunk = (from: Remote, chunk: PayloadChunk): Promise<void> => {
    this.chunks.push({ from, chunk });
    this.#changed();
    return Promise.resolve();
  };

  readonly serveBlocks = (request: BlockRequest): Promise<readonly Uint8Array[]> => {
    this.requests.push(request);
    this.#changed();
    return Promise.resolve(this.blocksToServe);
  };

  readonly servePayload = (request: PayloadRequest): Promise<PayloadPortion | undefined> => {
    this.requests.push(request);
    return Promise.resolve(this.portionToServe);
  };

  readonly serveChain = (_from: Remote, request: ChainRequest): Promise<ChainAnswer | undefined> => {
    this.requests.push(request);
    return Promise.resolve(this.chainToServe);
  };

  readonly onPeerChange = (remote: Remote, isConnected: boolean): void => {
    const name = nameOf(remote);
    if (isConnected) this.connected.add(name);
    else this.connected.delete(name);
    this.#changed();
  };

  /** Resolves as soon as `isMet` holds after some event; the test's own timeout is the deadline. */
  until(isMet: () => boolean): Promise<void> {
    if (isMet()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiters.push({ isMet, resolve });
    });
  }

  /** Forgets such blocks, those that came and those to come. */
  ignoreIf(isIgnored: (block: Uint8Array) => boolean): void {
    this.#isIgnored = isIgnored;
    this.blocks.splice(0, this.blocks.length, ...this.blocks.filter(({ bytes }) => !isIgnored(bytes)));
  }

  #changed(): void {
    const met = this.#waiters.filter(({ isMet }) => isMet());
    this.#waiters = this.#waiters.filter((waiter) => !met.includes(waiter));
    for (const { resolve } of met) resolve();
  }
}

function nameOf(remote: Remote): string {
  return remote.kind === "validator" ? `v${remote.index}` : "observer";
}
