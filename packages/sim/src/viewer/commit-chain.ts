// One chain out of the commits of a trace, from the first on. Where agreement broke there are several to choose from: the
// one that most nodes made.

import type { ViewCommit } from "./view-data.ts";

/** Commit 1, 2, 3, … up to the first that is missing. `commits` are ordered by index. */
export function chainOfCommits(commits: readonly ViewCommit[]): readonly ViewCommit[] {
  const best = new Map<number, ViewCommit>();
  for (const commit of commits) {
    const known = best.get(commit.index);
    if (known === undefined || makersOf(commit) > makersOf(known)) best.set(commit.index, commit);
  }
  const chain: ViewCommit[] = [];
  for (let next = best.get(1); next !== undefined; next = best.get(next.index + 1)) chain.push(next);
  return chain;
}

function makersOf({ at }: ViewCommit): number {
  return at.filter((time) => time >= 0).length;
}
