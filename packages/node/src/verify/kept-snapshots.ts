// The snapshots of the ledger that a home keeps, each compared with the state of its commit when the walk has executed it:
// the one that a restart begins with, those that pruning may begin with, and those that peers join from. Of the ones below
// the commit that a pruned home begins with nothing can be shown any more.

import { type Digest, isSameBytes } from "@selvedge/integrity";
import type { Ledger } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { shelvedIndices, shelvedSnapshot } from "../storage/snapshot-shelf.ts";
import { SnapshotStore } from "../storage/snapshot-store.ts";
import { FindingError, readingOf } from "./finding.ts";
import type { VerifiedHome } from "./verified-home.ts";

/** What the walk knows after a commit. */
export interface ExecutedState {
  readonly index: number;
  readonly ledger: Pick<Ledger, "exportSnapshot">;
  readonly consensusStateDigest: Digest;
}

interface Kept {
  readonly subject: string;
  readonly index: number;
  /** Whether it is the snapshot with these bytes. */
  readonly isOf: (bytes: Uint8Array, consensusStateDigest: Digest) => Promise<boolean>;
}

export class KeptSnapshots {
  readonly #kept: readonly Kept[];

  private constructor(kept: readonly Kept[]) {
    this.#kept = kept;
  }

  /** A snapshot of a commit above `executedIndex` is of a state that nothing here leads to. */
  static async open(home: VerifiedHome, executedIndex: number): Promise<KeptSnapshots> {
    const kept = [...(await newest(home)), ...(await shelved(home)), ...(await served(home))];
    const beyond = kept.find(({ index }) => index > executedIndex);
    if (beyond === undefined) return new KeptSnapshots(kept);
    throw differs(beyond, `of commit ${beyond.index}, but commits are executed up to ${executedIndex}`);
  }

  async check({ index, ledger, consensusStateDigest }: ExecutedState): Promise<void> {
    const due = this.#kept.filter((one) => one.index === index);
    if (due.length === 0) return;
    const bytes = ledger.exportSnapshot();
    for (const one of due) {
      const isRight = await readingOf(one.subject, () => one.isOf(bytes, consensusStateDigest));
      if (!isRight) throw differs(one, `not the state after commit ${index}`);
    }
  }
}

function differs({ subject }: Kept, detail: string): FindingError {
  return new FindingError(subject, { code: "SNAPSHOT_DIFFERS", detail });
}

async function newest({ state }: VerifiedHome): Promise<readonly Kept[]> {
  const subject = "the ledger's snapshot";
  const snapshot = await readingOf(subject, () => state.snapshot());
  if (snapshot === undefined) return [];
  return [{ subject, index: snapshot.index, isOf: async (bytes) => isSameBytes(snapshot.bytes, bytes) }];
}

async function shelved({ store }: VerifiedHome): Promise<readonly Kept[]> {
  const indices = await readingOf("the kept snapshots", () => shelvedIndices(store));
  return indices.map((index) => ({
    subject: `the kept snapshot of commit ${index}`,
    index,
    isOf: async (bytes) => {
      const stored = await shelvedSnapshot(store, index);
      return stored !== undefined && isSameBytes(stored, bytes);
    },
  }));
}

async function served({ store }: VerifiedHome): Promise<readonly Kept[]> {
  const snapshots = new SnapshotStore(store, sha256);
  const indices = await readingOf("the snapshots for peers", () => snapshots.storedIndexes());
  return indices.map((index) => ({
    subject: `the snapshot for peers of commit ${index}`,
    index,
    isOf: (bytes, consensusStateDigest) => snapshots.isOf(index, bytes, consensusStateDigest),
  }));
}
