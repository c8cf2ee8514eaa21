// The blocks of commits in their order, fetched ahead by digest from several peers at once. What waits to be taken is
// bounded in bytes, each answer on its way counting as a whole one; only the page that is needed next may go beyond, so
// that the feed never waits for itself. Blocks that the store has are not asked for. Every block is verified here.

import type { BlockRef, Digest, ValidatorIndex, VerifiedBlock } from "@selvedge/integrity";
import { mustExist } from "@selvedge/integrity";
import { RESPONSE_MAX_BYTES } from "../network/limits.ts";
import type { ChainStore } from "../storage/chain-store.ts";
import { PAGE_REFS, SYNC_BUFFER_BYTES, SYNC_REQUESTS_MAX } from "./limits.ts";
import { NothingHere, PeerLied, type SyncPeers } from "./sync-peers.ts";
import type { VerifyBlock } from "./verify-block.ts";

export interface BlockFeedSetup {
  readonly peers: SyncPeers;
  readonly chain: ChainStore;
  readonly verify: VerifyBlock;
  readonly bufferBytesMax?: number;
}

export interface FedBlock {
  readonly block: VerifiedBlock;
  /** It was in the store before. */
  readonly isStored: boolean;
}

interface Page {
  readonly number: number;
  readonly refs: readonly BlockRef[];
}

export class BlockFeed {
  readonly #setup: BlockFeedSetup;
  readonly #pages: Page[];
  readonly #pageOf = new Map<Digest, number>();
  readonly #ready = new Map<Digest, FedBlock>();
  #bufferedBytes = 0;
  #requestsCount = 0;
  /** Whoever takes waits for this page. */
  #neededPage = 0;
  #failure: { readonly error: unknown } | undefined;
  #changed: PromiseWithResolvers<void> = Promise.withResolvers();

  /** @param refs in the order in which they are to be taken */
  constructor(setup: BlockFeedSetup, refs: readonly BlockRef[]) {
    this.#setup = setup;
    this.#pages = pagesOf(refs);
    for (const page of this.#pages) for (const { digest } of page.refs) this.#pageOf.set(digest, page.number);
    this.#pump();
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** These blocks, which come next; rejects with what ended the fetching. */
  async take(refs: readonly BlockRef[]): Promise<readonly FedBlock[]> {
    for (let missing = this.#firstMissing(refs); missing !== undefined; missing = this.#firstMissing(refs)) {
      if (this.#failure !== undefined) throw this.#failure.error;
      this.#neededPage = Math.max(this.#neededPage, mustExist(this.#pageOf.get(missing.digest), "it was announced"));
      this.#pump();
      await this.#changed.promise;
    }
    const taken = refs.map(({ digest }) => mustExist(this.#ready.get(digest), "it is there"));
    for (const { block } of taken) {
      this.#ready.delete(block.ref.digest);
      this.#bufferedBytes -= block.bytes.length;
    }
    this.#pump();
    return taken;
  }

  /** No further request is made; resolves when none is on its way. */
  async close(): Promise<void> {
    this.#pages.length = 0;
    while (this.#requestsCount > 0) await this.#changed.promise;
  }

  #firstMissing(refs: readonly BlockRef[]): BlockRef | undefined {
    return refs.find(({ digest }) => !this.#ready.has(digest));
  }

  #pump(): void {
    for (let page = this.#pages[0]; page !== undefined && this.#mayFetch(page); page = this.#pages[0]) {
      this.#pages.shift();
      this.#requestsCount += 1;
      this.#fetchPage(page).then(
        () => this.#settled(),
        (error: unknown) => {
          this.#failure ??= { error };
          this.#pages.length = 0;
          this.#settled();
        },
      );
    }
  }

  #mayFetch({ number }: Page): boolean {
    if (this.#requestsCount >= SYNC_REQUESTS_MAX) return false;
    const { bufferBytesMax = SYNC_BUFFER_BYTES } = this.#setup;
    const expected = this.#bufferedBytes + (this.#requestsCount + 1) * RESPONSE_MAX_BYTES;
    return number <= this.#neededPage || expected <= bufferBytesMax;
  }

  #settled(): void {
    this.#requestsCount -= 1;
    this.#pump();
    this.#wake();
  }

  #wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  async #fetchPage({ refs }: Page): Promise<void> {
    const stored = await this.#setup.chain.blocks(refs);
    const wanted = new Map<Digest, BlockRef>();
    for (const [position, ref] of refs.entries()) {
      const bytes = stored[position];
      const block = bytes === undefined ? undefined : this.#setup.verify(bytes);
      if (block?.ok === true) this.#put(block.value, true);
      else wanted.set(ref.digest, ref);
    }
    while (wanted.size > 0) {
      const blocks = await this.#setup.peers.ask((peer, signal) => this.#askPage(peer, wanted, signal));
      for (const block of blocks) {
        wanted.delete(block.ref.digest);
        this.#put(block, false);
      }
      this.#wake();
    }
  }

  async #askPage(
    peer: ValidatorIndex,
    wanted: ReadonlyMap<Digest, BlockRef>,
    signal: AbortSignal,
  ): Promise<readonly VerifiedBlock[]> {
    const request = { type: "refs", refs: [...wanted.values()] } as const;
    const answer = await this.#setup.peers.fetchBlocks(peer, request, signal);
    if (answer.length === 0) throw new NothingHere();
    const blocks = new Map<Digest, VerifiedBlock>();
    for (const bytes of answer) {
      const verified = this.#setup.verify(bytes);
      if (!verified.ok) throw new PeerLied(`a block that breaks a rule: ${verified.error.code}`);
      const { digest } = verified.value.ref;
      if (!wanted.has(digest) || blocks.has(digest)) throw new PeerLied("a block that was not asked for");
      blocks.set(digest, verified.value);
    }
    return [...blocks.values()];
  }

  #put(block: VerifiedBlock, isStored: boolean): void {
    this.#ready.set(block.ref.digest, { block, isStored });
    this.#bufferedBytes += block.bytes.length;
  }
}

function pagesOf(refs: readonly BlockRef[]): Page[] {
  const pages: Page[] = [];
  for (let from = 0; from < refs.length; from += PAGE_REFS) {
    pages.push({ number: pages.length, refs: refs.slice(from, from + PAGE_REFS) });
  }
  return pages;
}
