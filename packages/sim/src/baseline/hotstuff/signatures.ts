// Signatures of the baseline: real ed25519 through the crypto port, or modelled by a keyed digest of the same 64 bytes.
// Whether a certificate holds is a pure function of its bytes; the answer is kept per object, for all validators.

import { createStandInCrypto, standInSigner } from "@selvedge/consensus/testing";
import {
  type Committee,
  type Crypto,
  type Signer,
  hexFromBytes,
  portableSigner,
  utf8FromText,
} from "@selvedge/integrity";
import type { Digest, Sha256 } from "@selvedge/integrity";
import { payloadHash } from "./codec.ts";
import {
  type Gossip,
  type HotStuffBlock,
  type Proposal,
  type QuorumCertificate,
  type Timeout,
  type TimeoutCertificate,
  type Vote,
  SIGNATURE_BYTES,
} from "./records.ts";

export interface Signatures {
  readonly sign: (signer: number, statement: string) => Uint8Array;
  readonly verify: (claim: { signer: number; statement: string; signature: Uint8Array }) => boolean;
}

/** One secret per validator, derived from its index: the world holds all keys anyway. */
export function secretOf(crypto: Crypto, index: number): Uint8Array {
  return crypto.sha256(seedOf(index));
}

function seedOf(index: number): Uint8Array {
  return utf8FromText(`selvedge-sim/hotstuff/key/${index}`);
}

export function realSignatures(crypto: Crypto, size: number): Signatures {
  return signaturesOf(
    crypto,
    Array.from({ length: size }, (_, index) => portableSigner(secretOf(crypto, index))),
  );
}

export function modelledSignatures({ sha256 }: Crypto, size: number): Signatures {
  return signaturesOf(
    createStandInCrypto(sha256),
    Array.from({ length: size }, (_, index) => standInSigner(sha256, seedOf(index))),
  );
}

function signaturesOf(crypto: Crypto, signers: readonly Signer[]): Signatures {
  return {
    sign: (signer, statement) => signers[signer]?.sign(utf8FromText(statement)) ?? new Uint8Array(SIGNATURE_BYTES),
    verify: ({ signer, statement, signature }) => {
      const key = signers[signer]?.publicKey;
      return key !== undefined && crypto.verify(key, utf8FromText(statement), signature);
    },
  };
}

export function voteStatement(view: number, digest: Digest): string {
  return `vote/${view}/${digest}`;
}

export function timeoutStatement(view: number, highView: number): string {
  return `timeout/${view}/${highView}`;
}

export function proposalStatement(block: HotStuffBlock): string {
  return `proposal/${block.digest}`;
}

export function gossipStatement(payload: Uint8Array): string {
  return `transactions/${hexFromBytes(payload)}`;
}

/** Judges what validators signed. Stateless but for the memory of what it found sound. */
export class Verifier {
  readonly #committee: Committee;
  readonly #signatures: Signatures;
  readonly #genesis: Digest;
  readonly #sha256: Sha256;
  /** Objects that hold; they are immutable. */
  readonly #sound = new WeakSet<object>();

  constructor(setup: {
    readonly committee: Committee;
    readonly signatures: Signatures;
    readonly genesis: Digest;
    readonly sha256: Sha256;
  }) {
    this.#committee = setup.committee;
    this.#signatures = setup.signatures;
    this.#genesis = setup.genesis;
    this.#sha256 = setup.sha256;
  }

  isQuorum(certificate: QuorumCertificate): boolean {
    if (certificate.view === 0) return certificate.digest === this.#genesis;
    return this.#once(certificate, () => {
      const { view, digest, signers, signatures } = certificate;
      const statement = voteStatement(view, digest);
      return (
        signers.length === signatures.length &&
        this.#isQuorumOf(signers) &&
        signers.every((signer, position) => this.#isSigned(signer, statement, signatures[position]))
      );
    });
  }

  isGossip(gossip: Gossip): boolean {
    const { gateway, transactions, signature } = gossip;
    return this.#once(gossip, () =>
      this.#isSigned(gateway, gossipStatement(payloadHash(this.#sha256, transactions)), signature),
    );
  }

  isTimeoutQuorum(certificate: TimeoutCertificate): boolean {
    return this.#once(certificate, () => {
      const { view, entries } = certificate;
      return (
        this.#isQuorumOf(entries.map(({ signer }) => signer)) &&
        entries.every((entry) => this.#isSigned(entry.signer, timeoutStatement(view, entry.highView), entry.signature))
      );
    });
  }

  isVote(vote: Vote): boolean {
    return this.#once(vote, () => this.#isSigned(vote.voter, voteStatement(vote.view, vote.digest), vote.signature));
  }

  isTimeout(timeout: Timeout): boolean {
    const { view, voter, high, timeouts } = timeout;
    return this.#once(timeout, () => {
      const statement = timeoutStatement(view, high.view);
      if (!this.#isSigned(voter, statement, timeout.signature) || !this.isQuorum(high)) return false;
      return timeouts === null || this.isTimeoutQuorum(timeouts);
    });
  }

  /** Signature and certificates; whether the author leads the view is asked elsewhere. */
  isProposal(proposal: Proposal): boolean {
    const { block, timeouts, signature } = proposal;
    return this.#once(proposal, () => {
      if (!this.#isSigned(block.author, proposalStatement(block), signature) || !this.isQuorum(block.justify))
        return false;
      return timeouts === null || this.isTimeoutQuorum(timeouts);
    });
  }

  #once(value: object, judge: () => boolean): boolean {
    if (this.#sound.has(value)) return true;
    const isSound = judge();
    if (isSound) this.#sound.add(value);
    return isSound;
  }

  #isSigned(signer: number, statement: string, signature: Uint8Array | undefined): boolean {
    return signature !== undefined && this.#signatures.verify({ signer, statement, signature });
  }

  /** Ascending members, each once, of quorum stake. */
  #isQuorumOf(signers: readonly number[]): boolean {
    let stake = 0;
    let previous = -1;
    for (const signer of signers) {
      const member = this.#committee.validators[signer];
      if (member === undefined || signer <= previous) return false;
      stake += member.stake;
      previous = signer;
    }
    return stake >= this.#committee.quorumStake;
  }
}
