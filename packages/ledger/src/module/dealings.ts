// The dealings of the coin's next key for an approved change: parts in, first valid dealings of stake Q counted, keys out
// (docs/protocol.md §6, §11). What is dealt stays, since members decrypt their shares from it, later joiners too.

import {
  type Committee,
  DEALING_PART_BYTES,
  type DealingContext,
  type DealingScheme,
  type DealtPublicKeys,
  type Digest,
  type Rejection,
  type RejectionCode,
  type Result,
  type Sha256,
  type SignedDealingPart,
  StakeTally,
  type ValidatorIndex,
  type WireValue,
  dealingPartCount,
  digestOf,
  digestToBytes,
  err,
  isMember,
  memberOf,
  mustExist,
  ok,
  rejection,
} from "@selvedge/integrity";

export type DealingVerdict = "gathering" | "counted" | "refused";

export interface DealerSnapshot {
  readonly dealer: ValidatorIndex;
  readonly verdict: DealingVerdict;
  /** By part, empty where it is missing; none of a refused dealing. */
  readonly parts: readonly Uint8Array[];
}

export interface DealingsSnapshot {
  /** In the order in which their first parts were output. */
  readonly dealers: readonly DealerSnapshot[];
  /** In the order in which they were found valid. */
  readonly counted: readonly ValidatorIndex[];
  readonly keys: DealtPublicKeys | null;
}

/** A dealing that counts, as members decrypt it. */
export interface CountedDealing {
  readonly dealer: ValidatorIndex;
  readonly bytes: Uint8Array;
  /** Of the bytes. */
  readonly digest: Digest;
}

export type DealingStep =
  | { readonly type: "partial" }
  | { readonly type: "counted" }
  /** The dealer's doing, provably. */
  | { readonly type: "refused"; readonly code: RejectionCode };

export interface DealingsSetup {
  readonly committee: Committee;
  readonly scheme: DealingScheme;
  readonly sha256: Sha256;
  readonly context: Omit<DealingContext, "dealerPublicKey">;
  /** Of every dealing. */
  readonly sizeBytes: number;
}

interface Dealer {
  verdict: DealingVerdict;
  parts: Uint8Array[];
  /** Digests of the parts, for the state. */
  digests: (Digest | null)[];
}

export class Dealings {
  readonly setup: DealingsSetup;
  readonly #dealers = new Map<ValidatorIndex, Dealer>();
  /** The dealings that make the key, in order; no further one once they have stake Q. */
  readonly #counted: ValidatorIndex[] = [];
  readonly #tally: StakeTally;
  /** What the counted dealings make together, once they have stake Q. */
  #keys: DealtPublicKeys | null;

  constructor(setup: DealingsSetup, snapshot?: DealingsSnapshot) {
    this.setup = setup;
    this.#tally = new StakeTally(setup.committee);
    this.#keys = snapshot?.keys ?? null;
    for (const { dealer, verdict, parts } of snapshot?.dealers ?? []) {
      const digests = parts.map((part) => this.#digestOf(part));
      this.#dealers.set(dealer, { verdict, parts: [...parts], digests });
    }
    for (const dealer of snapshot?.counted ?? []) this.#count(dealer);
  }

  get keys(): DealtPublicKeys | null {
    return this.#keys;
  }

  get stake(): number {
    return this.#tally.stake;
  }

  get partCount(): number {
    return dealingPartCount(this.setup.sizeBytes);
  }

  get counted(): readonly CountedDealing[] {
    return this.#counted.map((dealer) => {
      const bytes = joined(mustExist(this.#dealers.get(dealer), "a counted dealer has dealt").parts);
      return { dealer, bytes, digest: dealingDigest(this.setup.sha256, bytes) };
    });
  }

  /** Why a part is not taken up, before its signature is looked at. */
  partFault({ proposal, dealer, part, bytes }: SignedDealingPart): Rejection | undefined {
    const { committee, context } = this.setup;
    if (!isMember(committee, dealer)) return rejection("GOVERNANCE_NO_MEMBER", `validator ${dealer} is no member`);
    if (proposal !== context.proposal) return rejection("PROPOSAL_UNKNOWN", "the dealing is for another proposal");
    if (this.#keys !== null) return rejection("DEALINGS_COMPLETE", "the next key is made already");
    const known = this.#dealers.get(dealer);
    if (known !== undefined && known.verdict !== "gathering") {
      return rejection("DEALING_REPEATED", `validator ${dealer} has dealt before`);
    }
    if (bytes.length === 0 || bytes.length !== this.#partSize(part)) {
      return rejection("DEALING_PART_SIZE", `part ${part} of ${bytes.length} bytes is none of a dealing here`);
    }
    if ((known?.parts[part]?.length ?? 0) === 0) return undefined;
    return rejection("DEALING_PART_REPEATED", `part ${part} of validator ${dealer} is there already`);
  }

  /** Takes up a part without a fault. With the last one missing the dealing is judged. */
  addPart({ dealer, part, bytes }: SignedDealingPart): DealingStep {
    const known = this.#dealers.get(dealer) ?? this.#enter(dealer);
    known.parts[part] = bytes;
    known.digests[part] = this.#digestOf(bytes);
    if (known.parts.some(({ length }) => length === 0)) return { type: "partial" };
    const verdict = this.#judge(dealer, joined(known.parts));
    if (verdict.ok) return { type: "counted" };
    this.#dealers.set(dealer, { verdict: "refused", parts: [], digests: [] });
    return { type: "refused", code: verdict.error.code };
  }

  snapshot(): DealingsSnapshot {
    const dealers = [...this.#dealers].map(([dealer, { verdict, parts }]) => ({ dealer, verdict, parts }));
    return { dealers, counted: this.#counted, keys: this.#keys };
  }

  stateFields(): WireValue {
    return [
      [...this.#dealers].map(([dealer, { verdict, digests }]) => [
        dealer,
        VERDICTS.indexOf(verdict),
        digests.map((digest) => (digest === null ? null : digestToBytes(digest))),
      ]),
      this.#counted,
      this.#keys === null ? null : keysWire(this.#keys),
    ];
  }

  /** 0 beyond the last part. */
  #partSize(part: number): number {
    const left = this.setup.sizeBytes - part * DEALING_PART_BYTES;
    return Math.max(0, Math.min(left, DEALING_PART_BYTES));
  }

  #enter(dealer: ValidatorIndex): Dealer {
    const entered: Dealer = {
      verdict: "gathering",
      parts: Array.from({ length: this.partCount }, () => new Uint8Array(0)),
      digests: Array.from({ length: this.partCount }, () => null),
    };
    this.#dealers.set(dealer, entered);
    return entered;
  }

  /** Counts a valid dealing; with stake Q of them makes the keys. */
  #judge(dealer: ValidatorIndex, bytes: Uint8Array): Result<true, Rejection> {
    const { scheme, context, committee } = this.setup;
    const { publicKey } = memberOf(committee, dealer);
    const valid = scheme.verify(bytes, { ...context, dealerPublicKey: publicKey });
    if (!valid.ok) return valid;
    const stake = this.#tally.stake + memberOf(committee, dealer).stake;
    if (stake >= committee.quorumStake) {
      const dealt = [...this.counted.map((counted) => counted.bytes), bytes];
      const keys = scheme.combine(dealt, context.recipients);
      // Whoever brings it about that valid dealings make no key together does not count.
      if (!keys.ok) return err(keys.error);
      this.#keys = keys.value;
    }
    this.#count(dealer);
    return ok(true);
  }

  #count(dealer: ValidatorIndex): void {
    const known = this.#dealers.get(dealer);
    if (known === undefined || !this.#tally.add(dealer)) return;
    known.verdict = "counted";
    this.#counted.push(dealer);
  }

  #digestOf(part: Uint8Array): Digest | null {
    return part.length === 0 ? null : dealingDigest(this.setup.sha256, part);
  }
}

/** Why no state can be made of these, beyond types and ranges. */
export function dealingsFault(
  { dealers, counted }: DealingsSnapshot,
  sizeBytes: number,
  committee: Committee,
): Rejection | undefined {
  const partCount = dealingPartCount(sizeBytes);
  const known = new Set<ValidatorIndex>();
  for (const { dealer, verdict, parts } of dealers) {
    const expected = verdict === "refused" ? 0 : partCount;
    if (!isMember(committee, dealer) || parts.length !== expected) {
      return rejection("DEALING_PART_SIZE", `dealer ${dealer} is no member, or has parts of another dealing`);
    }
    if (verdict === "counted") known.add(dealer);
  }
  const isCounted = counted.length === known.size && counted.every((dealer) => known.has(dealer));
  return isCounted ? undefined : rejection("DEALING_UNASKED", "other dealings count than those that were found valid");
}

export function dealingDigest(sha256: Sha256, bytes: Uint8Array): Digest {
  return digestOf(sha256, "ledger", bytes);
}

/** Position is the wire code. */
export const VERDICTS: readonly DealingVerdict[] = ["gathering", "counted", "refused"];

export function keysWire({ groupPublicKey, publicShares }: DealtPublicKeys): WireValue {
  return [groupPublicKey, publicShares.map((shares) => [shares])];
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
