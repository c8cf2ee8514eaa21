// Counts end markers as blocks are output (docs/protocol.md §11). Pure: the same blocks in the same order give the same
// count at every node, in the engine (which stops at the commit that completes markers of stake Q) and in the ledger
// (which reserves what they list). Malformed, forged, repeated and contradicting parts change nothing.

import type { ControlEntry, SignedBlock } from "./block.ts";
import { decodeEndMarkerPart, endMarkerPartDigest } from "./codec/end-marker-codec.ts";
import { deviceIdOf, verifyUpdate } from "./codec/update-codec.ts";
import { type Committee, StakeTally } from "./committee.ts";
import type { Crypto } from "./crypto/port.ts";
import type { ChainId, Digest } from "./digest.ts";
import {
  type AuthorMarkers,
  END_MARKER_KIND,
  type EndMarkerPart,
  type ListedUpdate,
  type MarkerStrand,
} from "./end-marker.ts";
import type { ValidatorIndex } from "./ids.ts";
import { END_MARKER_PARTS_MAX, END_MARKER_STRANDS_MAX } from "./limits.ts";
import { updateKeyOf } from "./update.ts";

export interface EndMarkerContext {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
  /** False: only who has ended is told, as the engine needs it. */
  readonly keepsUpdates: boolean;
}

export class EndMarkerTally {
  readonly #context: EndMarkerContext;
  readonly #authors = new Map<ValidatorIndex, AuthorMarkers>();
  readonly #counted: StakeTally;

  /** @param markers as `state` told them earlier */
  constructor(context: EndMarkerContext, markers: readonly AuthorMarkers[] = []) {
    this.#context = context;
    this.#counted = new StakeTally(context.committee);
    for (const of of markers) {
      this.#authors.set(of.author, of);
      if (of.isCounted) this.#counted.add(of.author);
    }
  }

  /** Blocks of the epoch in the order of the output, each once. */
  onOutput(blocks: Iterable<Pick<SignedBlock, "ref" | "body">>): void {
    for (const { ref, body } of blocks) if (body.control.length > 0) this.onEntries(ref.author, body.control);
  }

  /** Control entries of one block, in its order. */
  onEntries(author: ValidatorIndex, control: readonly ControlEntry[]): void {
    for (const { kind, payload } of control) if (kind === END_MARKER_KIND) this.#onPart(author, payload);
  }

  /** Counted markers of stake Q: the epoch closes with the commit that brought this about. */
  get hasQuorum(): boolean {
    return this.#counted.hasQuorum;
  }

  get stake(): number {
    return this.#counted.stake;
  }

  isCounted(author: ValidatorIndex): boolean {
    return this.#counted.has(author);
  }

  /** What counted markers list, by author and then as listed; one update may come several times. */
  get listedUpdates(): readonly ListedUpdate[] {
    return this.state.flatMap(({ updates }) => updates);
  }

  /** By author; goes on from here in another tally. Empty while no part has been output. */
  get state(): readonly AuthorMarkers[] {
    return [...this.#authors.values()].sort((left, right) => left.author - right.author);
  }

  #onPart(author: ValidatorIndex, payload: Uint8Array): void {
    const known = this.#authors.get(author);
    if (known?.isCounted === true) return;
    const part = decodeEndMarkerPart(payload, this.#context.crypto.sha256);
    if (!part.ok || !this.#isSound(part.value)) return;
    const strand = this.#strandOf(part.value, endMarkerPartDigest(payload, this.#context.crypto.sha256));
    const strands = withStrand(known?.strands ?? [], strand);
    const whole = strands.find(({ previous, hasEnd }) => previous === null && hasEnd);
    if (whole === undefined) {
      this.#authors.set(author, { author, isCounted: false, updates: [], strands });
      return;
    }
    this.#authors.set(author, { author, isCounted: true, updates: whole.updates, strands: [] });
    this.#counted.add(author);
  }

  /** A header that its device did not sign would accuse the device; so none of the part is believed. */
  #isSound({ updates }: EndMarkerPart): boolean {
    const { chainId, crypto } = this.#context;
    return updates.every((update) => {
      const { deviceId, devicePublicKey, chainId: chain } = update.header;
      // A header under somebody else's name would accuse that device of a second signature.
      const isOwn = chain === chainId && deviceIdOf(crypto.sha256, devicePublicKey) === deviceId;
      return isOwn && verifyUpdate(update, crypto).ok;
    });
  }

  #strandOf({ previous, isLast, updates }: EndMarkerPart, digest: Digest): MarkerStrand {
    const listed = this.#context.keepsUpdates
      ? updates.map(({ header, digest: update }) => ({ key: updateKeyOf(header), update }))
      : [];
    return { previous, last: digest, hasEnd: isLast, partCount: 1, updates: listed };
  }
}

/** Joined to what it follows and to what follows it. Beyond the bounds the strands that have not grown longest go. */
function withStrand(strands: readonly MarkerStrand[], added: MarkerStrand): readonly MarkerStrand[] {
  let rest = strands;
  let strand = added;
  const before = rest.find(({ last, hasEnd }) => last === strand.previous && !hasEnd);
  if (before !== undefined) {
    rest = rest.filter((other) => other !== before);
    strand = joined(before, strand);
  }
  const after = strand.hasEnd ? undefined : rest.find(({ previous }) => previous === strand.last);
  if (after !== undefined) {
    rest = rest.filter((other) => other !== after);
    strand = joined(strand, after);
  }
  let kept = [...rest, strand];
  while (kept.length > END_MARKER_STRANDS_MAX || partsOf(kept) > END_MARKER_PARTS_MAX) kept = kept.slice(1);
  return kept;
}

function joined(first: MarkerStrand, second: MarkerStrand): MarkerStrand {
  return {
    previous: first.previous,
    last: second.last,
    hasEnd: second.hasEnd,
    partCount: first.partCount + second.partCount,
    updates: [...first.updates, ...second.updates],
  };
}

function partsOf(strands: readonly MarkerStrand[]): number {
  return strands.reduce((sum, { partCount }) => sum + partCount, 0);
}
