// The commit rule over real blocks: the same commits and the same states whatever the order of arrival, however often it
// is asked, and wherever it is stopped and resumed. Schedules and garbage collection are kept short so that both happen.

import type { VerifiedBlock } from "@selvedge/integrity";
import { testCommittee } from "@selvedge/integrity/testing";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DecidedCommit } from "../../src/commit/commit-rule.ts";
import { RuleRun, fingerprints } from "../support/commit-rule.ts";
import { randomVector, seededRandom } from "../support/random-vector.ts";
import { realBlocks } from "../support/real-blocks.ts";

const PARAMS = { gcDepth: 5, scheduleEvery: 4 };
const anySeed = fc.integer({ min: 0, max: 2 ** 31 });

function blocksOf(seed: number): {
  readonly test: ReturnType<typeof testCommittee>;
  readonly blocks: readonly VerifiedBlock[];
} {
  const vector = randomVector(seed);
  const test = testCommittee(vector.stakes.length, vector.stakes);
  return { test, blocks: realBlocks(vector.blocks, test, { timestampOf: ({ round, author }) => round * 10 + author }) };
}

/** Another order in which every block still comes after its ancestors. */
function reordered(blocks: readonly VerifiedBlock[], seed: number): readonly VerifiedBlock[] {
  const random = seededRandom(seed);
  const known = new Set(
    blocks.flatMap(({ header }) => header.parents.filter(({ round }) => round === 0)).map(({ digest }) => digest),
  );
  const waiting = [...blocks];
  const ordered: VerifiedBlock[] = [];
  while (waiting.length > 0) {
    const ready = waiting.flatMap(({ header }, at) =>
      header.parents.every(({ digest }) => known.has(digest)) ? [at] : [],
    );
    const at = ready[Math.floor(random() * Math.min(ready.length, 4))] ?? 0;
    const [next] = waiting.splice(at, 1);
    if (next === undefined) break;
    known.add(next.ref.digest);
    ordered.push(next);
  }
  return ordered;
}

describe("S5–S7 the commit rule over blocks", () => {
  it("asked after every block or once, in this order or another: the same commits and states", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { test, blocks } = blocksOf(seed);
        const stepwise = fingerprints(new RuleRun(test, { params: PARAMS }).feed(blocks));
        const other = fingerprints(new RuleRun(test, { params: PARAMS }).feed(reordered(blocks, seed)));
        const atOnce = fingerprints(new RuleRun(test, { params: PARAMS, restored: blocks }).rule.advance());
        expect(other).toEqual(stepwise);
        expect(atOnce).toEqual(stepwise);
      }),
      { numRuns: 60 },
    );
  });

  it("restarting equals never having stopped, at every commit", () => {
    let resumed = 0;
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { test, blocks } = blocksOf(seed);
        const commits = new RuleRun(test, { params: PARAMS }).feed(blocks);
        for (const [at, commit] of commits.entries()) {
          const restored = blocks.filter(({ ref }) => ref.round > commit.gcRound);
          const run = new RuleRun(test, { params: PARAMS, restored, resume: commit.consensusState });
          expect(run.rule.gcRound).toBe(commit.gcRound);
          expect(fingerprints(run.rule.advance())).toEqual(fingerprints(commits.slice(at + 1)));
          resumed += 1;
        }
      }),
      { numRuns: 40 },
    );
    expect(resumed).toBeGreaterThan(20);
  });

  it("commits form a hash chain with rising indices and times, and name blocks that were not named before", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const { test, blocks } = blocksOf(seed);
        const seen = new Set<string>();
        let last: DecidedCommit | undefined;
        for (const decided of new RuleRun(test, { params: PARAMS }).feed(blocks)) {
          const { commit } = decided.sealed;
          expect(commit.index).toBe((last?.sealed.commit.index ?? 0) + 1);
          expect(commit.previous).toBe(last?.sealed.digest ?? "0".repeat(64));
          expect(commit.timestampMs).toBeGreaterThanOrEqual(last?.sealed.commit.timestampMs ?? 0);
          for (const { digest } of commit.blocks) expect(seen.has(digest)).toBe(false);
          for (const { digest } of commit.blocks) seen.add(digest);
          last = decided;
        }
      }),
      { numRuns: 40 },
    );
  });
});
