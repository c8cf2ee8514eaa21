// The committee in the state (docs/protocol.md §11): who votes now, how far the epoch's end is, and what comes next. The
// ledger hands it every commit; what the end of an epoch means for updates is update.ts' part.

import {
  type AuthorMarkers,
  type Committee,
  type Digest,
  END_MARKER_KIND,
  EndMarkerTally,
  type EpochStart,
  type ListedUpdate,
  type MemberIdentity,
  type SealedCommit,
  type VerifiedBlock,
  type WireValue,
  assert,
  committeeOfEpoch,
  digestOf,
  digestToBytes,
  encode,
  endMarkersWire,
  epoch,
  epochStartDigest,
  mustExist,
} from "@selvedge/integrity";
import type { CountedDealing, Dealings } from "./dealings.ts";
import { Governance, type GovernanceOptions, type GovernanceSnapshot, type GovernanceStep } from "./governance.ts";

/** From which members of the present committee decrypt their shares of the coin's key. */
export interface KeyDealings {
  readonly proposal: Digest;
  readonly dealings: readonly CountedDealing[];
}

export interface CommitteeSnapshot {
  readonly start: EpochStart;
  readonly next: EpochStart | null;
  readonly governance: GovernanceSnapshot;
  readonly markers: readonly AuthorMarkers[];
  readonly keyDealings: KeyDealings | null;
}

/** What the commit that closes an epoch leaves to the updates. */
export interface EpochEnd {
  readonly committee: Committee;
  /** By counted markers. */
  readonly listed: readonly ListedUpdate[];
}

export class CommitteeState {
  readonly #options: GovernanceOptions;
  #start: EpochStart;
  #startDigest: Digest;
  #committee: Committee;
  /** Set by the commit that closes the epoch; the commit after it belongs to the next one. */
  #next: EpochStart | null;
  #governance: Governance;
  #tally: EndMarkerTally;
  /** The dealings that made the present key; null if it was not made over the chain. */
  #keyDealings: KeyDealings | null;
  /** Of the tally's state, while it is up to date. */
  #markersDigest: Digest | undefined;

  /** @param snapshot one that `decodeCommittee` let through */
  constructor(options: GovernanceOptions, genesis: EpochStart, snapshot?: CommitteeSnapshot) {
    this.#options = options;
    this.#start = snapshot?.start ?? genesis;
    this.#startDigest = epochStartDigest(this.#start, options.crypto.sha256);
    this.#committee = committeeOfEpoch(this.#start);
    this.#next = snapshot?.next ?? null;
    this.#governance = this.#newGovernance(snapshot?.governance);
    this.#tally = this.#newTally(snapshot?.markers);
    this.#keyDealings = snapshot?.keyDealings ?? null;
  }

  get start(): EpochStart {
    return this.#start;
  }

  get startDigest(): Digest {
    return this.#startDigest;
  }

  get committee(): Committee {
    return this.#committee;
  }

  get next(): EpochStart | null {
    return this.#next;
  }

  /** Of the epoch to which the next commit belongs. */
  get coming(): EpochStart {
    return this.#next ?? this.#start;
  }

  get governance(): Governance {
    return this.#governance;
  }

  /** Stake of the counted end markers. */
  get markedStake(): number {
    return this.#tally.stake;
  }

  get keyDealings(): KeyDealings | null {
    return this.#keyDealings;
  }

  /** Those that made the key of the present epoch, or of the next one once that is known. */
  keyDealingsIn(epochNumber: number): KeyDealings | null {
    return epochNumber === this.#next?.epoch ? keyDealingsOf(this.#governance.dealings) : this.#keyDealings;
  }

  /** The commit belongs to the present epoch, or to the next one once that is known. */
  enter({ commit }: SealedCommit): void {
    if (this.#next !== null) this.#begin(this.#next);
    assert(commit.epoch === this.#start.epoch, "a commit belongs to the epoch of the state");
  }

  /** Governance and end markers of one commit; an end if the commit closes the epoch. */
  execute(commit: SealedCommit, blocks: readonly VerifiedBlock[], step: GovernanceStep): EpochEnd | undefined {
    this.#governance.execute(blocks, step);
    if (blocks.some(hasMarker)) {
      this.#tally.onOutput(blocks);
      this.#markersDigest = undefined;
    }
    // An honest member marks an end only after the trigger, and no quorum is without one.
    if (!this.#governance.isEnding || !this.#tally.hasQuorum) return undefined;
    this.#next = this.#startAfter(commit);
    step.events.push({ type: "epochClosed", start: this.#next });
    return { committee: committeeOfEpoch(this.#next), listed: this.#tally.listedUpdates };
  }

  /** Leaf "epoch" of the state, read back by epoch-proof.ts. */
  stateFields(): readonly WireValue[] {
    const { sha256 } = this.#options.crypto;
    this.#markersDigest ??= digestOf(sha256, "ledger", encode(endMarkersWire(this.#tally.state)));
    return [
      digestToBytes(this.#startDigest),
      this.#next === null ? null : digestToBytes(epochStartDigest(this.#next, sha256)),
      digestToBytes(this.#governance.stateDigest()),
      digestToBytes(this.#markersDigest),
      digestToBytes(digestOf(sha256, "ledger", encode(this.#keyFields()))),
    ];
  }

  snapshot(): CommitteeSnapshot {
    return {
      start: this.#start,
      next: this.#next,
      governance: this.#governance.snapshot(),
      markers: this.#tally.state,
      keyDealings: this.#keyDealings,
    };
  }

  #keyFields(): WireValue {
    if (this.#keyDealings === null) return [];
    const { proposal, dealings } = this.#keyDealings;
    return [digestToBytes(proposal), dealings.map(({ dealer, digest }) => [dealer, digestToBytes(digest)])];
  }

  #startAfter({ commit, digest }: SealedCommit): EpochStart {
    const coming = mustExist(this.#governance.coming, "an ending epoch has an approved change");
    const keys = this.#governance.dealings?.keys;
    return {
      epoch: epoch(this.#start.epoch + 1),
      base: { index: commit.index, digest, timestampMs: commit.timestampMs },
      members: coming.map((member, index) => ({
        ...identityOf(member),
        coinPublicShares: keys?.publicShares[index] ?? [],
      })),
      coin: keys
        ? { setup: "dealt", groupPublicKey: keys.groupPublicKey }
        : { setup: "none", groupPublicKey: new Uint8Array(0) },
    };
  }

  #begin(start: EpochStart): void {
    this.#keyDealings = keyDealingsOf(this.#governance.dealings);
    this.#start = start;
    this.#startDigest = epochStartDigest(start, this.#options.crypto.sha256);
    this.#committee = committeeOfEpoch(start);
    this.#next = null;
    this.#governance = this.#newGovernance();
    this.#tally = this.#newTally();
    this.#markersDigest = undefined;
  }

  #newGovernance(snapshot?: GovernanceSnapshot): Governance {
    return new Governance({ ...this.#options, start: this.#start, committee: this.#committee }, snapshot);
  }

  #newTally(markers: readonly AuthorMarkers[] = []): EndMarkerTally {
    const { chainId, crypto } = this.#options;
    return new EndMarkerTally({ chainId, committee: this.#committee, crypto, keepsUpdates: true }, markers);
  }
}

/** A member of the present committee has its old shares, which are not those of the next key. */
function identityOf({ name, stake, publicKey, encryptionKey }: MemberIdentity): MemberIdentity {
  return { name, stake, publicKey, encryptionKey };
}

function keyDealingsOf(dealings: Dealings | null): KeyDealings | null {
  return dealings && { proposal: dealings.setup.context.proposal, dealings: dealings.counted };
}

function hasMarker({ body }: VerifiedBlock): boolean {
  return body.control.some(({ kind }) => kind === END_MARKER_KIND);
}
