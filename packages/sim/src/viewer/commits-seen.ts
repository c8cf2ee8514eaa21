// The commits of a trace: what each contains, and when which node made it. Two commits of one index are kept apart and
// marked: agreement is broken there.

import { TraceError } from "../trace/trace-error.ts";
import type { TraceLine, TraceLineOf } from "../trace/trace-event.ts";
import type { BlocksSeen } from "./blocks-seen.ts";
import { VIEW_NODE_EVENTS_MAX, VIEW_OUTPUT_MAX } from "./limits.ts";
import type { ViewBlocks, ViewCommit } from "./view-data.ts";

interface CommitSeen {
  readonly line: TraceLineOf<"committed">;
  readonly at: number[];
}

export class CommitsSeen {
  readonly #size: number;
  readonly #commits = new Map<string, CommitSeen>();
  readonly #outputs = new Map<string, string[]>();
  readonly #digestsByIndex = new Map<number, number>();
  #outputCount = 0;
  #timeCount = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get notes(): readonly string[] {
    return this.#outputCount > VIEW_OUTPUT_MAX ? ["the commits hold too many blocks: later ones are shown empty"] : [];
  }

  push(line: TraceLine): void {
    if (line.type === "committed") this.#commit(line);
    if (line.type === "output") this.#output(line);
  }

  /** By index, then by time. */
  finish(blocks: BlocksSeen): readonly ViewCommit[] {
    const found = blocks.finish();
    return [...this.#commits.entries()]
      .map(([key, { line, at }]) => this.#view(line, { at, blocks: this.#positions(key, blocks), found }))
      .sort((left, right) => left.index - right.index || firstAt(left.at) - firstAt(right.at));
  }

  #view(
    line: TraceLineOf<"committed">,
    {
      at,
      blocks,
      found,
    }: {
      readonly at: readonly number[];
      readonly blocks: readonly number[];
      readonly found: ViewBlocks;
    },
  ): ViewCommit {
    const [author, round] = line.leader;
    // All others in a commit are of the leader's history, hence of earlier rounds.
    const output = blocks.find((block) => found.round[block] === round && found.author[block] === author);
    const leader = output ?? inSlot(found, { author, round });
    return {
      index: line.index,
      digest: line.digest,
      slot: line.slot,
      author,
      round,
      leader,
      // A protocol without a DAG commits its leader's proposal.
      blocks: blocks.length === 0 && line.blocks === 0 && leader >= 0 ? [leader] : blocks,
      transactions: line.transactions,
      at,
      isConflict: (this.#digestsByIndex.get(line.index) ?? 0) > 1,
    };
  }

  #commit(line: TraceLineOf<"committed">): void {
    const key = keyOf(line);
    let commit = this.#commits.get(key);
    if (commit === undefined) {
      this.#timeCount += this.#size;
      if (this.#timeCount > VIEW_NODE_EVENTS_MAX) throw new TraceError(0, "more commits than a view holds");
      commit = { line, at: Array.from({ length: this.#size }, () => -1) };
      this.#commits.set(key, commit);
      this.#digestsByIndex.set(line.index, (this.#digestsByIndex.get(line.index) ?? 0) + 1);
    }
    if (commit.at[line.node] === -1) commit.at[line.node] = line.at;
  }

  #output(line: TraceLineOf<"output">): void {
    this.#outputCount += line.blocks.length;
    if (this.#outputCount > VIEW_OUTPUT_MAX) return;
    const key = keyOf(line);
    const known = this.#outputs.get(key);
    if (known === undefined) this.#outputs.set(key, [...line.blocks]);
    else known.push(...line.blocks);
  }

  #positions(key: string, blocks: BlocksSeen): readonly number[] {
    const positions = (this.#outputs.get(key) ?? []).flatMap((digest) => blocks.positionOf(digest) ?? []);
    return [...new Set(positions)];
  }
}

/** When the first node made it. */
export function firstAt(times: readonly number[]): number {
  let first = -1;
  for (const time of times) if (time >= 0 && (first < 0 || time < first)) first = time;
  return first;
}

function keyOf({ index, digest }: { readonly index: number; readonly digest: string }): string {
  return `${index}:${digest}`;
}

function inSlot({ author, round }: ViewBlocks, slot: { readonly author: number; readonly round: number }): number {
  return author.findIndex((of, position) => of === slot.author && round[position] === slot.round);
}
