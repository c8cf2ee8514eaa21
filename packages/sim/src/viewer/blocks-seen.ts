// The blocks of a trace, and who accepted them when. Blocks of protocols without a DAG are known by their signing alone.

import { TraceError } from "../trace/trace-error.ts";
import type { TraceLine, TraceLineOf } from "../trace/trace-event.ts";
import { VIEW_ACCEPTANCES_MAX, VIEW_BLOCKS_MAX, VIEW_ROUND_MAX } from "./limits.ts";
import type { ViewBlocks } from "./view-data.ts";

interface BlockSeen {
  readonly author: number;
  readonly round: number;
  readonly digest: string;
  at: number;
  isSigned: boolean;
  parents: readonly string[];
  content: Pick<TraceLineOf<"block">, "bytes" | "transactions" | "updates" | "acks">;
  /** By node; undefined while nobody has accepted it. */
  accepted: number[] | undefined;
}

type Place = Pick<BlockSeen, "author" | "round" | "digest">;

const NO_CONTENT = { bytes: 0, transactions: 0, updates: 0, acks: 0 };

export class BlocksSeen {
  readonly #size: number;
  readonly #blocks: BlockSeen[] = [];
  readonly #positions = new Map<string, number>();
  #acceptanceCount = 0;

  constructor(size: number) {
    this.#size = size;
  }

  get isAcceptanceLeftOut(): boolean {
    return this.#acceptanceCount > VIEW_ACCEPTANCES_MAX;
  }

  positionOf(digest: string): number | undefined {
    return this.#positions.get(digest);
  }

  push(line: TraceLine): void {
    if (line.type === "block") this.#describe(line);
    if (line.type === "signed") this.#sign(line);
    if (line.type === "accepted") this.#accept(line);
  }

  finish(): ViewBlocks {
    const blocks = this.#blocks;
    return {
      author: blocks.map(({ author }) => author),
      round: blocks.map(({ round }) => round),
      digest: blocks.map(({ digest }) => digest),
      at: blocks.map(({ at }) => at),
      isSigned: blocks.map(({ isSigned }) => (isSigned ? 1 : 0)),
      parents: blocks.map((block) => this.#parentsOf(block)),
      bytes: blocks.map(({ content }) => content.bytes),
      transactions: blocks.map(({ content }) => content.transactions),
      updates: blocks.map(({ content }) => content.updates),
      acks: blocks.map(({ content }) => content.acks),
    };
  }

  acceptances(): readonly (readonly number[])[] | null {
    if (this.#acceptanceCount === 0 || this.isAcceptanceLeftOut) return null;
    return this.#blocks.map(({ at, accepted }) =>
      (accepted ?? []).map((time) => (time < 0 ? -1 : Math.max(0, time - at))),
    );
  }

  #describe(line: TraceLineOf<"block">): void {
    const block = this.#seen(line, line.at);
    block.parents = line.parents.map(([, , digest]) => digest);
    const { bytes, transactions, updates, acks } = line;
    block.content = { bytes, transactions, updates, acks };
  }

  #sign({ node, round, digest, at }: TraceLineOf<"signed">): void {
    const block = this.#seen({ author: node, round, digest }, at);
    if (block.author !== node) return;
    block.isSigned = true;
    block.at = Math.min(block.at, at);
  }

  #accept(line: TraceLineOf<"accepted">): void {
    const block = this.#seen(line, line.at);
    this.#acceptanceCount += 1;
    if (this.isAcceptanceLeftOut) {
      block.accepted = undefined;
      return;
    }
    block.accepted ??= Array.from({ length: this.#size }, () => -1);
    // After a restart a node accepts what it holds once more: the first time counts.
    if (block.accepted[line.node] === -1) block.accepted[line.node] = line.at;
  }

  #seen({ author, round, digest }: Place, at: number): BlockSeen {
    const known = this.#blocks[this.#positions.get(digest) ?? -1];
    if (known !== undefined) return known;
    if (this.#blocks.length >= VIEW_BLOCKS_MAX) throw new TraceError(0, `more than ${VIEW_BLOCKS_MAX} blocks`);
    if (round > VIEW_ROUND_MAX) throw new TraceError(0, `a block of round ${round}, beyond ${VIEW_ROUND_MAX}`);
    const block = {
      author,
      round,
      digest,
      at,
      isSigned: false,
      parents: [],
      content: NO_CONTENT,
      accepted: undefined,
    };
    this.#positions.set(digest, this.#blocks.length);
    this.#blocks.push(block);
    return block;
  }

  /** A hash cannot refer to itself, a hostile trace can: only earlier rounds count. */
  #parentsOf({ round, parents }: BlockSeen): readonly number[] {
    return parents.flatMap((digest) => {
      const position = this.#positions.get(digest);
      return position !== undefined && (this.#blocks[position]?.round ?? round) < round ? [position] : [];
    });
  }
}
