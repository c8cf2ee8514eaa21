// Blocks for everybody: one gossipsub topic per chain. Observers listen in mode "direct", validators too in mode
// "gossip". Bounded where gossipsub is not: bytes waiting for the host, and links that went silent.

import { TopicValidatorResult } from "@libp2p/gossipsub";
import type { PeerId } from "@libp2p/interface";
import { InvariantError, type Sha256, hexFromBytes } from "@selvedge/integrity";
import type { NetworkNode } from "./libp2p-node.ts";
import { GOSSIP_PENDING_MAX_BYTES } from "./limits.ts";
import type { NetworkLogger } from "./logger.ts";
import { reasonOf, supervise } from "./supervise.ts";

export interface BlockGossipOptions {
  readonly node: NetworkNode;
  readonly topic: string;
  readonly isListening: boolean;
  readonly sha256: Sha256;
  readonly logger: NetworkLogger;
  /** False if the host found the sender at fault: the message is not passed on. */
  readonly onBlock: (source: PeerId, block: Uint8Array) => Promise<boolean>;
  /** gossipsub never reopens a stream that broke while its connection lives: only a new connection helps. */
  readonly onSilentLink: (peerId: PeerId) => void;
}

const RECENT_MAX = 256;
const SILENT_PUBLISHES = 3;
const SILENT_MS = 2_000;

export class BlockGossip {
  readonly #options: BlockGossipOptions;
  /** Bytes handed to the host and not yet done with; ≤ GOSSIP_PENDING_MAX_BYTES. */
  #pendingBytes = 0;
  /** Digests of what we published lately: a repeat reaches nobody and says nothing about links. */
  readonly #recent = new Set<string>();
  /** Subscribers that our last publishes did not reach. */
  readonly #silent = new Map<string, { readonly count: number; readonly sinceMs: number }>();

  constructor(options: BlockGossipOptions) {
    this.#options = options;
  }

  start(): void {
    const { node, topic, isListening } = this.#options;
    if (!isListening) return;
    node.services.gossip.topicValidators.set(topic, (source, message) => this.#receive(source, message.data));
    node.services.gossip.subscribe(topic);
  }

  publish(block: Uint8Array): void {
    supervise(this.#publish(block), (error) =>
      this.#options.logger.warn({ reason: reasonOf(error) }, "block not gossiped"),
    );
  }

  /** Runs as the topic's validator: gossipsub passes the message on only if the answer is Accept. Never rejects. */
  async #receive(source: PeerId, block: Uint8Array): Promise<TopicValidatorResult> {
    if (this.#pendingBytes + block.length > GOSSIP_PENDING_MAX_BYTES) return TopicValidatorResult.Ignore;
    this.#pendingBytes += block.length;
    try {
      const isGood = await this.#options.onBlock(source, Uint8Array.from(block));
      return isGood ? TopicValidatorResult.Accept : TopicValidatorResult.Reject;
    } catch (error) {
      if (error instanceof InvariantError) supervise(Promise.reject(error), () => undefined);
      this.#options.logger.error({ reason: reasonOf(error) }, "gossiped block not handled");
      return TopicValidatorResult.Ignore;
    } finally {
      this.#pendingBytes -= block.length;
    }
  }

  async #publish(block: Uint8Array): Promise<void> {
    const { node, topic, sha256 } = this.#options;
    const digest = hexFromBytes(sha256(block));
    const { recipients } = await node.services.gossip.publish(topic, block);
    if (this.#recent.has(digest)) return;
    this.#remember(digest);
    const reached = new Set(recipients.map((peerId) => peerId.toString()));
    for (const peerId of node.services.gossip.getSubscribers(topic)) {
      if (reached.has(peerId.toString())) this.#silent.delete(peerId.toString());
      else this.#missed(peerId);
    }
  }

  #missed(peerId: PeerId): void {
    const key = peerId.toString();
    const before = this.#silent.get(key) ?? { count: 0, sinceMs: Date.now() };
    const isSilent = before.count + 1 >= SILENT_PUBLISHES && Date.now() - before.sinceMs >= SILENT_MS;
    if (!isSilent) {
      this.#silent.set(key, { count: before.count + 1, sinceMs: before.sinceMs });
      return;
    }
    this.#silent.delete(key);
    this.#options.onSilentLink(peerId);
  }

  #remember(digest: string): void {
    this.#recent.add(digest);
    if (this.#recent.size <= RECENT_MAX) return;
    const oldest = this.#recent.values().next();
    if (oldest.done !== true) this.#recent.delete(oldest.value);
  }
}
