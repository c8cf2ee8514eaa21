// What one validator signs: votes, timeouts and proposals. Whether it may is decided elsewhere (safety-rules.ts).

import type { Sha256 } from "@selvedge/integrity";
import { payloadHash } from "./codec.ts";
import type {
  Gossip,
  HotStuffBlock,
  Proposal,
  QuorumCertificate,
  Timeout,
  TimeoutCertificate,
  Vote,
} from "./records.ts";
import { type Signatures, gossipStatement, proposalStatement, timeoutStatement, voteStatement } from "./signatures.ts";

export interface AuthorSetup {
  readonly self: number;
  readonly signatures: Signatures;
  readonly sha256: Sha256;
}

export class Author {
  readonly #self: number;
  readonly #signatures: Signatures;
  readonly #sha256: Sha256;

  constructor({ self, signatures, sha256 }: AuthorSetup) {
    this.#self = self;
    this.#signatures = signatures;
    this.#sha256 = sha256;
  }

  vote({ view, digest }: HotStuffBlock): Vote {
    const signature = this.#signatures.sign(this.#self, voteStatement(view, digest));
    return { type: "vote", view, digest, voter: this.#self, signature };
  }

  timeout(view: number, high: QuorumCertificate, timeouts: TimeoutCertificate | null): Timeout {
    const signature = this.#signatures.sign(this.#self, timeoutStatement(view, high.view));
    return { type: "timeout", view, voter: this.#self, high, timeouts, signature };
  }

  gossip(transactions: readonly Uint8Array[]): Gossip {
    const statement = gossipStatement(payloadHash(this.#sha256, transactions));
    return {
      type: "transactions",
      transactions,
      gateway: this.#self,
      signature: this.#signatures.sign(this.#self, statement),
    };
  }

  proposal(block: HotStuffBlock, timeouts: TimeoutCertificate | null): Proposal {
    return {
      type: "proposal",
      block,
      timeouts,
      signature: this.#signatures.sign(this.#self, proposalStatement(block)),
    };
  }
}

/** The highest proposal of each leader: shows a second one for the same view. */
export class ProposalWatch {
  readonly #highest = new Map<number, { readonly view: number; readonly digest: string }>();

  /** True if the author has proposed something else in this view. */
  isSecond({ author, view, digest }: HotStuffBlock): boolean {
    const known = this.#highest.get(author);
    if (known === undefined || known.view < view) this.#highest.set(author, { view, digest });
    return known !== undefined && known.view === view && known.digest !== digest;
  }

  /** It came as a proposal that was checked as such, and first in its view. */
  isProposed({ author, digest }: HotStuffBlock): boolean {
    return this.#highest.get(author)?.digest === digest;
  }
}
