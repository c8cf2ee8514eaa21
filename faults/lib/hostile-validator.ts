// A member of the committee with its real keys that follows rules only where its tactic does. It speaks through our own
// transport and codecs, builds blocks by hand on what the honest ones push to it, and keeps no engine, store or safety
// record. One tactic a fault: catalogue/hostile.ts.

import { type CoinKeys, createCoinKeys } from "@selvedge/consensus";
import {
  type BlockDraft,
  type BlockRef,
  type ChainId,
  type CoinShare,
  type Genesis,
  type Signer,
  type ValidatorIndex,
  type VerifiedBlock,
  buildBlock,
  bytesFromHex,
  chainIdOf,
  coinShareAt,
  committeeOf,
  decodeBlock,
  epoch,
  genesisRefs,
  mustExist,
  round,
  validatorIndex,
} from "@selvedge/integrity";
import {
  LOOPBACK_NETWORK_LIMITS,
  SILENT_LOGGER,
  type Transport,
  type TransportHandler,
  createLibp2pTransport,
  createNodeCrypto,
  createNodeSigner,
  sha256,
} from "@selvedge/node";
import type { FaultNetwork } from "./network.ts";

/** What a tactic works with in one round. */
export interface HostileTurn {
  readonly draft: BlockDraft;
  readonly genesis: Genesis;
  readonly chainId: ChainId;
  readonly signer: Signer;
  readonly others: readonly ValidatorIndex[];
  readonly sign: (draft: BlockDraft) => VerifiedBlock;
}

export interface HostileSending {
  readonly bytes: Uint8Array;
  readonly to: readonly ValidatorIndex[];
}

export interface HostileMove {
  /** The block that the next one of ours builds on; null leaves the round out and ends this member's blocks. */
  readonly own: VerifiedBlock | null;
  readonly sendings: readonly HostileSending[];
}

export interface Tactic {
  readonly move: (turn: HostileTurn) => HostileMove;
  /** Blocks of this author are never built upon, beyond what a quorum needs. */
  readonly ignores?: ValidatorIndex;
  readonly handler?: Partial<TransportHandler>;
}

/** A rule-abiding round: everybody gets the one block. */
export function honestMove({ draft, others, sign }: HostileTurn): HostileMove {
  const own = sign(draft);
  return { own, sendings: [{ bytes: own.bytes, to: others }] };
}

/** Not faster than honest validators, who wait for their leaders. */
const ROUND_MIN_MS = 25;

export class HostileValidator {
  readonly #genesis: Genesis;
  readonly #chainId: ChainId;
  readonly #index: ValidatorIndex;
  readonly #tactic: Tactic;
  readonly #signer: Signer;
  readonly #coin: CoinKeys;
  readonly transport: Transport;
  /** First block seen of each author, by round. */
  readonly #seen = new Map<number, Map<ValidatorIndex, BlockRef>>();
  /** Own blocks, to be served to whoever asks. */
  readonly #made = new Map<string, Uint8Array>();
  #own: BlockRef;
  #isMute = false;
  #timer: NodeJS.Timeout | undefined;
  rounds = 0;

  private constructor(
    parts: Pick<HostileValidator, "transport"> & {
      readonly genesis: Genesis;
      readonly index: ValidatorIndex;
      readonly tactic: Tactic;
      readonly signer: Signer;
      readonly coin: CoinKeys;
    },
  ) {
    this.#genesis = parts.genesis;
    this.#chainId = chainIdOf(parts.genesis, sha256);
    this.#index = parts.index;
    this.#tactic = parts.tactic;
    this.#signer = parts.signer;
    this.#coin = parts.coin;
    this.transport = parts.transport;
    const refs = genesisRefs(
      { chainId: this.#chainId, epoch: epoch(0), size: parts.genesis.validators.length },
      sha256,
    );
    this.#seen.set(0, new Map(refs.map((ref) => [ref.author, ref])));
    this.#own = mustExist(refs[parts.index], "a genesis reference for each member");
  }

  static async start(network: FaultNetwork, member: number, tactic: Tactic): Promise<HostileValidator> {
    const { genesis } = network.test.bundle;
    const committee = committeeOf(genesis);
    const { secrets } = mustExist(network.test.validators[member], "a member's keys");
    const signer = createNodeSigner(bytesFromHex(secrets.signing));
    const index = validatorIndex(member);
    const chainId = chainIdOf(genesis, sha256);
    const place = mustExist(network.places[member], "a member's place");
    const transport = await createLibp2pTransport({
      chainId,
      committee,
      self: { index, sign: signer.sign },
      networkSecretKey: bytesFromHex(secrets.network ?? ""),
      listen: [`/ip4/127.0.0.1/tcp/${place.p2pPort}`],
      peers: network.daemons.map((daemon) => ({
        index: validatorIndex(daemon.place.index),
        multiaddr: `/ip4/127.0.0.1/tcp/${daemon.place.p2pPort}`,
      })),
      mode: "direct",
      limits: LOOPBACK_NETWORK_LIMITS,
      logger: SILENT_LOGGER,
      crypto: createNodeCrypto(),
    });
    const coin = coinKeysOf(genesis, index, bytesFromHex(secrets.coin ?? ""));
    const hostile = new HostileValidator({ transport, genesis, index, tactic, signer, coin });
    await transport.start(hostile.#handler());
    hostile.#timer = setInterval(() => hostile.#advance(), ROUND_MIN_MS);
    return hostile;
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.transport.stop();
  }

  #handler(): TransportHandler {
    return {
      onBlocks: async (_, blocks) => {
        for (const bytes of blocks) this.#see(bytes);
      },
      onPayloadOffer: async () => undefined,
      onPayloadChunk: async () => undefined,
      serveBlocks: async (request) => {
        if (request.type !== "refs") return [];
        return request.refs.flatMap(({ digest }) => this.#made.get(digest) ?? []);
      },
      servePayload: async () => undefined,
      serveChain: async () => undefined,
      onPeerChange: () => undefined,
      ...this.#tactic.handler,
    };
  }

  #see(bytes: Uint8Array): void {
    const block = decodeBlock(bytes, sha256);
    if (!block.ok) return;
    const { ref } = block.value;
    const ofRound = this.#seen.get(ref.round) ?? new Map<ValidatorIndex, BlockRef>();
    this.#seen.set(ref.round, ofRound);
    if (!ofRound.has(ref.author)) ofRound.set(ref.author, ref);
  }

  /** One round, if those before us allow it. */
  #advance(): void {
    if (this.#isMute) return;
    const turn = this.#turn();
    if (turn === undefined) return;
    const { own, parents } = turn;
    const draft: BlockDraft = {
      header: {
        version: 1,
        chainId: this.#chainId,
        epoch: epoch(0),
        round: own,
        author: this.#index,
        parents,
        coinShare: this.#coinShare(own),
        commitVotes: [],
        checkpointVotes: [],
        timestampMs: Date.now(),
      },
      body: { acks: [], updates: [], transactions: [], control: [] },
    };
    const others = this.#genesis.validators.flatMap((_, index) =>
      index === this.#index ? [] : [validatorIndex(index)],
    );
    const sign = (signed: BlockDraft): VerifiedBlock => {
      const block = buildBlock(signed, this.#signer, sha256);
      this.#made.set(block.ref.digest, block.bytes);
      return block;
    };
    const { move } = this.#tactic;
    this.#play(move({ draft, genesis: this.#genesis, chainId: this.#chainId, signer: this.#signer, others, sign }));
  }

  #play({ own, sendings }: HostileMove): void {
    this.rounds += 1;
    for (const { bytes, to } of sendings) for (const peer of to) this.transport.pushBlocks(peer, [bytes]);
    if (own === null) {
      this.#isMute = true;
      return;
    }
    this.#own = own.ref;
    for (const old of this.#seen.keys()) if (old < own.ref.round - 3) this.#seen.delete(old);
  }

  /**
   * The newest round that a quorum of the round before lets us be in, above our last one: who comes late, or was held
   * up, leaves rounds out. Our own block is the first parent, however old.
   */
  #turn(): { readonly own: BlockRef["round"]; readonly parents: readonly BlockRef[] } | undefined {
    const rounds = [...this.#seen.keys()].filter((seen) => seen >= this.#own.round);
    for (const seen of rounds.toSorted((left, right) => right - left)) {
      const others = this.#quorumOf(seen);
      if (others !== undefined) return { own: round(seen + 1), parents: [this.#own, ...others] };
    }
    return undefined;
  }

  /** Others' blocks of that round that make a quorum, with ours if it is of that round. */
  #quorumOf(seen: number): readonly BlockRef[] | undefined {
    const ofRound = [...(this.#seen.get(seen)?.values() ?? [])].filter(({ author }) => author !== this.#index);
    const liked = ofRound.filter(({ author }) => author !== this.#tactic.ignores);
    const needed = committeeOf(this.#genesis).quorumStake - (seen === this.#own.round ? 1 : 0);
    const others = liked.length >= needed ? liked : ofRound;
    return others.length < needed ? undefined : others.toSorted((left, right) => left.author - right.author);
  }

  #coinShare(own: BlockRef["round"]): CoinShare | null {
    const coin = coinShareAt(this.#genesis.params, own);
    return coin === undefined ? null : this.#coin.shareFor(coin);
  }
}

function coinKeysOf(genesis: Genesis, validator: ValidatorIndex, secret: Uint8Array): CoinKeys {
  if (genesis.coin.setup === "none") throw new Error("the fault networks have a group key");
  const keys = createCoinKeys({
    sha256,
    chainId: chainIdOf(genesis, sha256),
    committee: committeeOf(genesis),
    groupPublicKey: genesis.coin.groupPublicKey,
    publicShares: genesis.validators.map(({ coinPublicShares }) => coinPublicShares),
    own: { validator, secretShares: [secret] },
  });
  if (!keys.ok) throw new Error(keys.error.detail);
  return keys.value;
}
