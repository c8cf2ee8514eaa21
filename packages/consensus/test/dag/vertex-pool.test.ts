// What a pool keeps: the rounds that some member still wants, and no others for long.

import { setImmediate as turn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { assert } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type PoolMember, VertexPool } from "../../src/dag/vertex-pool.ts";

/** A pool that has met one vertex of each of these rounds. */
function poolOf(fromRound: number, toRound: number): VertexPool {
  const pool = new VertexPool();
  for (let round = fromRound; round <= toRound; round += 1)
    pool.meet({ id: `r${round}`, round, author: 0, parentIds: [`r${round - 1}`], block: null });
  return pool;
}

function kept(pool: VertexPool, upToRound: number): readonly number[] {
  const rounds = Array.from({ length: upToRound + 1 }, (_, round) => round);
  return rounds.filter((round) => pool.row(round) !== undefined);
}

function joined(pool: VertexPool, lowestRound: number): PoolMember {
  const member = { lowestRound };
  expect(pool.join(member)).toBe(true);
  return member;
}

describe("a pool of vertices", () => {
  it.each([0, 40, 9000])("lets go of what its one member has passed, which began at round %i", (start) => {
    const pool = poolOf(start, start + 20);
    const member = joined(pool, start);
    pool.leave(member, start + 5);
    expect(kept(pool, start + 20)[0]).toBe(start + 5);
    pool.leave(member, start + 6);
    expect([kept(pool, start + 20)[0], pool.get(`r${start + 5}`)]).toEqual([start + 6, undefined]);
  });

  it("keeps what the member that is furthest behind may still take in, whoever joined first", () => {
    const pool = poolOf(0, 40);
    const behind = joined(pool, 12);
    const ahead = joined(pool, 0);
    pool.leave(ahead, 35);
    expect(kept(pool, 40)[0]).toBe(12);
    pool.leave(behind, 20);
    expect(kept(pool, 40)[0]).toBe(20);
    expect(pool.join({ lowestRound: 19 })).toBe(false);
  });

  it("lets go of what only a member wanted that has gone", async () => {
    const pool = poolOf(0, 200);
    const stays = joined(pool, 0);
    joined(pool, 3);
    pool.leave(stays, 50);
    expect(kept(pool, 200)[0]).toBe(3);
    await collectGarbage();
    for (let round = 51; round <= 100; round += 1) pool.leave(stays, round);
    expect(kept(pool, 200)[0]).toBe(100);
  });
});

/** What was made in an earlier turn and is not held any more has gone after it. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  assert(typeof collect === "function", "the runtime lets us collect garbage");
  await turn();
  collect();
  await turn();
}
