// Checkpoint certificates from peers: what is believed about how far the network is. A height that nobody of quorum stake
// has signed for is nothing, whoever tells it (faults.md, F62).

import {
  type CheckpointCertificate,
  type CommitIndex,
  type Committee,
  type Crypto,
  type ChainId,
  commitIndex,
  decodeCheckpoint,
  verifyCheckpoint,
} from "@selvedge/integrity";
import { SEGMENT_COMMITS } from "./limits.ts";
import { NobodyHas, NothingHere, PeerLied, type SyncPeers } from "./sync-peers.ts";

export interface CertificateContext {
  readonly chainId: ChainId;
  readonly committee: Committee;
  readonly crypto: Crypto;
}

export class CertificateDesk {
  readonly #peers: SyncPeers;
  readonly #context: CertificateContext;

  constructor(peers: SyncPeers, context: CertificateContext) {
    this.#peers = peers;
    this.#context = context;
  }

  /**
   * Of a commit above `after` and up to `upTo` (null: of the newest that a peer knows). A certificate for less than half of
   * the way is taken only if nobody has a better one: whoever answers with the next commit each time would hold us up.
   * Null if the peers have none there; "later" if some have one of a later epoch, whose committee is not ours to judge by.
   */
  async above(after: number, upTo: CommitIndex | null): Promise<CheckpointCertificate | "later" | null> {
    const found: Found = { best: null, isLater: false };
    const enough = upTo === null ? after + 1 : after + Math.ceil((upTo - after) / 2);
    try {
      return await this.#peers.ask(async (peer, signal) => {
        const { certificate: bytes } = await this.#peers.fetch(peer, { type: "checkpoint", index: upTo }, signal);
        const certificate = bytes === null ? undefined : this.#checked(bytes, { after, upTo, found });
        if (certificate === undefined) throw new NothingHere();
        if (certificate.statement.index > (found.best?.statement.index ?? after)) found.best = certificate;
        if (certificate.statement.index < enough) throw new NothingHere();
        return certificate;
      }, 1);
    } catch (error) {
      if (!(error instanceof NobodyHas)) throw error;
      return found.best ?? (found.isLater ? "later" : null);
    }
  }

  /** The one to go to next from `after`: about SEGMENT_COMMITS on, less where the epoch ends before. Null if there is none. */
  async next(after: number): Promise<CheckpointCertificate | null> {
    for (let stretch = SEGMENT_COMMITS; stretch >= 1; stretch = Math.floor(stretch / 2)) {
      const found = await this.above(after, commitIndex(after + stretch));
      if (found !== "later") return found;
    }
    return null;
  }

  #checked(bytes: Uint8Array, { after, upTo, found }: Wanted): CheckpointCertificate | undefined {
    const decoded = decodeCheckpoint(bytes);
    if (!decoded.ok) throw new PeerLied(`a certificate that does not decode: ${decoded.error.code}`);
    const { index, epoch } = decoded.value.statement;
    if (upTo !== null && index > upTo) throw new PeerLied(`a certificate of commit ${index}, above ${upTo}`);
    found.isLater ||= epoch > this.#context.committee.epoch;
    if (epoch !== this.#context.committee.epoch || index <= after) return undefined;
    const verified = verifyCheckpoint(decoded.value, this.#context);
    if (!verified.ok) throw new PeerLied(`a certificate that does not hold: ${verified.error.code}`);
    return decoded.value;
  }
}

interface Found {
  best: CheckpointCertificate | null;
  isLater: boolean;
}

interface Wanted {
  readonly after: number;
  readonly upTo: CommitIndex | null;
  readonly found: Found;
}
