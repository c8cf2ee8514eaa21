// A trace of a given size, made up: each round full, each block accepted by all, one commit a round. For what depends on
// size alone, like the time that a page takes to draw.

import type { Scenario } from "../../src/scenario/schema.ts";
import type { TraceLine } from "../../src/trace/trace-event.ts";
import { SCENARIO_EXAMPLE } from "../trace/example-scenario.ts";

export interface SyntheticOptions {
  readonly size: number;
  readonly rounds: number;
  readonly scenario?: Partial<Scenario>;
}

const ROUND_US = 50_000;

export function* syntheticTrace({ size, rounds, scenario }: SyntheticOptions): Generator<TraceLine> {
  const durationMs = ((rounds + 4) * ROUND_US) / 1000;
  yield {
    type: "trace",
    format: 1,
    scenario: { ...SCENARIO_EXAMPLE, durationMs, committee: { size }, ...scenario },
    versions: {},
  };
  yield { type: "chain", at: 0, chainId: "5e".repeat(32), epoch: 0 };
  for (let round = 1; round <= rounds; round += 1) {
    yield* roundOf(size, round);
    if (round > 3) yield* commitOf(size, round - 3);
  }
}

function* roundOf(size: number, round: number): Generator<TraceLine> {
  for (let author = 0; author < size; author += 1) {
    const digest = digestOf(author, round);
    const at = round * ROUND_US + author * 37;
    const parents = Array.from({ length: round === 1 ? 0 : size }, (_, index): [number, number, string] => {
      const parent = (author + index) % size;
      return [parent, round - 1, digestOf(parent, round - 1)];
    });
    yield { type: "block", at, author, round, digest, parents, bytes: 900, transactions: 2, updates: 0, acks: 0 };
    yield { type: "signed", at, node: author, round, digest };
    yield { type: "round", at, node: author, round };
    for (let node = 0; node < size; node += 1) {
      yield { type: "accepted", at: at + (node === author ? 0 : 9000 + node * 11), node, author, round, digest };
    }
  }
}

/** P(index) by node index mod n: its own block, and the rest of the round before. */
function* commitOf(size: number, index: number): Generator<TraceLine> {
  const at = (index + 3) * ROUND_US;
  const leader = index % size;
  const before = Array.from({ length: index === 1 ? 0 : size }, (_, author) => author)
    .filter((author) => author !== (index - 1) % size)
    .map((author) => digestOf(author, index - 1));
  const digest = `c${index}`;
  yield { type: "output", at, index, digest, blocks: [...before, digestOf(leader, index)] };
  for (let node = 0; node < size; node += 1) {
    yield {
      type: "committed",
      at: at + node * 100,
      node,
      index,
      digest,
      parent: `c${index - 1}`,
      slot: `P${index}`,
      leader: [leader, index],
      blocks: before.length + 1,
      transactions: size,
    };
  }
}

function digestOf(author: number, round: number): string {
  return `${author.toString(16)}-${round.toString(16)}`;
}
