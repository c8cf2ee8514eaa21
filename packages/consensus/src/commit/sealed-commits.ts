// Commits sealed and consensus states encoded lately, by what is in them: engines of one process come to the same commits
// and need not encode and hash each of them again. What differs in anything is sealed for itself.

import { type Commit, type Digest, type SealedCommit, type Sha256, digestOf, sealCommit } from "@selvedge/integrity";
import { type ConsensusState, encodeConsensusState } from "./consensus-state.ts";

export interface EncodedState {
  readonly state: ConsensusState;
  readonly bytes: Uint8Array;
  readonly digest: Digest;
}

/** Commits that are remembered: engines further apart than that encode for themselves. */
const INDICES_KEPT = 64;

export class SealedCommits {
  readonly #commits = new Map<number, SealedCommit[]>();
  readonly #states = new Map<number, EncodedState[]>();

  seal(commit: Commit, sha256: Sha256): SealedCommit {
    const known = this.#commits.get(commit.index)?.find((sealed) => isSame(sealed.commit, commit));
    return known ?? remembered(this.#commits, commit.index, sealCommit(commit, sha256));
  }

  encode(state: ConsensusState, sha256: Sha256): EncodedState {
    const known = this.#states.get(state.commitIndex)?.find((encoded) => isSame(encoded.state, state));
    if (known !== undefined) return known;
    const bytes = encodeConsensusState(state);
    const digest = digestOf(sha256, "consensus-state", bytes);
    return remembered(this.#states, state.commitIndex, { state, bytes, digest });
  }
}

function remembered<Entry>(entries: Map<number, Entry[]>, index: number, entry: Entry): Entry {
  entries.set(index, [...(entries.get(index) ?? []), entry]);
  for (const kept of entries.keys()) {
    if (kept + INDICES_KEPT > index) break;
    entries.delete(kept);
  }
  return entry;
}

/** Of plain values, lists and records of one shape. */
function isSame(left: unknown, right: unknown): boolean {
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (Array.isArray(left)) return Array.isArray(right) && isSameList(left, right);
  const [mine, others] = [Object.entries(left), Object.entries(right)];
  return (
    mine.length === others.length &&
    mine.every(([name, value], at) => {
      const [otherName, other] = others[at] ?? [];
      return name === otherName && isSame(value, other);
    })
  );
}

function isSameList(left: readonly unknown[], right: readonly unknown[]): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (!isSame(left[at], right[at])) return false;
  return true;
}
