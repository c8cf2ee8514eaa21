// Deals the coin's next key as soon as a change is approved (docs/protocol.md §6, §11): the dealing follows from the signing
// key's seed and the proposal, so after a restart the same one is made again and only what is not ordered yet is handed in.

import { deal } from "@selvedge/consensus";
import {
  DEALING_PARTS_MAX,
  type Digest,
  type ValidatorIndex,
  digestToBytes,
  mustExist,
  signDealing,
} from "@selvedge/integrity";
import type { ApprovedInfo, Ledger } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import type { MemberKey } from "../daemon/identity.ts";
import type { NodeLogger } from "../observability/log.ts";

const SEED_TAG = "selvedge/1/dealer\u0000";

export interface DealerSetup {
  readonly ledger: Pick<Ledger, "epochInfo">;
  readonly validator: ValidatorIndex;
  readonly key: MemberKey;
  readonly submit: (transaction: Uint8Array) => Promise<unknown>;
  readonly logger: NodeLogger;
}

export class Dealer {
  readonly #setup: DealerSetup;
  /** The approved change that was dealt for by this process. */
  #dealtFor: Digest | undefined;

  constructor(setup: DealerSetup) {
    this.#setup = setup;
  }

  /** After each executed commit, and once at the start. */
  async look(): Promise<void> {
    const { approved, next } = this.#setup.ledger.epochInfo();
    if (approved === null || next !== null || approved.digest === this.#dealtFor) return;
    const missing = this.#missingParts(approved);
    if (missing.size === 0) return;
    this.#dealtFor = approved.digest;
    const transactions = this.#deal(approved);
    for (const [part, transaction] of transactions.entries()) {
      if (missing.has(part)) await this.#setup.submit(transaction);
    }
    this.#setup.logger.info({ proposal: approved.digest, parts: missing.size }, "dealt the coin's next key");
  }

  #missingParts({ dealings }: ApprovedInfo): ReadonlySet<number> {
    if (dealings === null || dealings.isComplete) return new Set();
    const own = dealings.dealers.find(({ dealer }) => dealer === this.#setup.validator);
    if (own === undefined) return new Set(Array.from({ length: DEALING_PARTS_MAX }, (_, part) => part));
    return new Set(own.verdict === "gathering" ? own.missingParts : []);
  }

  #deal({ digest, dealings }: ApprovedInfo): readonly Uint8Array[] {
    const { key, validator, logger } = this.#setup;
    const { context } = mustExist(dealings ?? undefined, "a change that is dealt for says for whom");
    const dealt = deal({
      sha256,
      context: { ...context, dealerPublicKey: key.signer.publicKey },
      seed: sha256(Buffer.concat([Buffer.from(SEED_TAG, "utf8"), key.signingSeed, digestToBytes(digest)])),
    });
    if (dealt.ok)
      return signDealing({ proposal: digest, bytes: dealt.value }, { validator, signer: key.signer }, sha256);
    logger.error({ code: dealt.error.code }, "cannot deal the coin's next key");
    return [];
  }
}
