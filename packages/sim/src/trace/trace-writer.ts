// Turns a run into the lines of a trace while it goes on: an observer (run/observer.ts) that hands each line to a sink and
// keeps none. It remembers which blocks and commits it has written out, for a bounded number of rounds and commits.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { Micros } from "../kernel/time.ts";
import type { Envelope } from "../protocol/message.ts";
import type { Observed } from "../protocol/observation.ts";
import type { Act, RunObserver } from "../run/observer.ts";
import type { RunResult } from "../run/result.ts";
import type { Scenario } from "../scenario/schema.ts";
import { TRACE_OUTPUT_BLOCKS_MAX, TRACE_ROUNDS_REMEMBERED } from "./limits.ts";
import { lineOfObserved, shortDigest, shortName, shortText } from "./observed-line.ts";
import { TRACE_FORMAT, type TraceLine } from "./trace-event.ts";

export interface TraceWriterOptions {
  readonly scenario: Scenario;
  /** Gets each line, its newline included, in order. */
  readonly sink: (line: string) => void;
  /** Gets the same lines as they are, for writing another format at once. */
  readonly onLine?: (line: TraceLine) => void;
  /** Sent, delivered and kept messages: most of a trace. Default true. */
  readonly messages?: boolean;
  /** When each node accepted each block: as many lines as nodes times blocks. Default true. */
  readonly acceptances?: boolean;
  /** Of the programs at work, by name. */
  readonly versions?: Readonly<Record<string, string>>;
}

export interface TraceWriter {
  readonly observer: RunObserver;
  /** The last line; without it the trace counts as cut short. */
  readonly finish: (result: RunResult) => void;
}

/** Writes the header at once. */
export function createTraceWriter(options: TraceWriterOptions): TraceWriter {
  const { scenario, sink, messages = true, acceptances = true, versions = {} } = options;
  const write = (line: TraceLine): void => {
    sink(`${JSON.stringify(line)}\n`);
    options.onLine?.(line);
  };
  const blocks = new BlocksWritten(write);
  write({ type: "trace", format: TRACE_FORMAT, scenario, versions: { ...versions } });
  return {
    observer: {
      ...(messages ? messageObserver(write) : {}),
      onObserved: (observed) => {
        blocks.mention(observed);
        if (observed.type !== "accepted" || acceptances) write(lineOfObserved(observed));
      },
      onActed: (act) => write(actedLine(act)),
      onLifecycle: (node, state, atUs) => write({ type: "lifecycle", at: atUs, node, state }),
    },
    finish: (result) => write(resultLine(result)),
  };
}

function actedLine({ who, what, node, atUs: at }: Act): TraceLine {
  return { type: "acted", at, who: shortName(who), what: shortText(what), node };
}

type Write = (line: TraceLine) => void;

function messageObserver(write: Write): RunObserver {
  const about = ({ id, from, to, kind }: Envelope, at: Micros) => ({ at, id, from, to, kind: shortName(kind) });
  return {
    onSent: (message) => write({ type: "sent", ...about(message, message.sentAtUs), bytes: message.sizeBytes }),
    onDelivered: (message, atUs) => write({ type: "delivered", ...about(message, atUs) }),
    onKept: (message, why, atUs) => write({ type: "kept", ...about(message, atUs), why: shortName(why) }),
  };
}

/** Writes each block and the blocks of each commit once, before the first line that mentions them. */
class BlocksWritten {
  readonly #write: Write;
  #hasChain = false;
  #highestRound = 0;
  #highestIndex = 0;
  /** Digests by round; rounds far below the highest are dropped. */
  readonly #blocks = new Map<number, Set<string>>();
  /** Digests by commit index, dropped likewise. */
  readonly #commits = new Map<number, Set<string>>();

  constructor(write: Write) {
    this.#write = write;
  }

  mention(observed: Observed): void {
    if (observed.type === "accepted") this.#block(observed.block, observed.atUs);
    if (observed.type === "signed" && observed.block !== null) this.#block(observed.block, observed.atUs);
    if (observed.type === "committed") this.#commit(observed, observed.atUs);
  }

  #block(block: VerifiedBlock, at: Micros): void {
    const { ref, header, body, bytes } = block;
    if (!this.#isNew(this.#blocks, ref.round, ref.digest)) return;
    if (!this.#hasChain) this.#write({ type: "chain", at, chainId: header.chainId, epoch: header.epoch });
    this.#hasChain = true;
    this.#highestRound = Math.max(this.#highestRound, ref.round);
    forgetBelow(this.#blocks, this.#highestRound - TRACE_ROUNDS_REMEMBERED);
    this.#write({
      type: "block",
      at,
      author: ref.author,
      round: ref.round,
      digest: shortDigest(ref.digest),
      parents: header.parents.map((parent) => [parent.author, parent.round, shortDigest(parent.digest)]),
      bytes: bytes.length,
      transactions: body.transactions.length,
      updates: body.updates.length,
      acks: body.acks.length,
    });
  }

  #commit({ index, digest, blocks }: Observed & { readonly type: "committed" }, at: Micros): void {
    if (blocks.length === 0 || !this.#isNew(this.#commits, index, digest)) return;
    this.#highestIndex = Math.max(this.#highestIndex, index);
    forgetBelow(this.#commits, this.#highestIndex - TRACE_ROUNDS_REMEMBERED);
    for (const block of blocks) this.#block(block, at);
    for (let from = 0; from < blocks.length; from += TRACE_OUTPUT_BLOCKS_MAX) {
      const part = blocks.slice(from, from + TRACE_OUTPUT_BLOCKS_MAX).map(({ ref }) => shortDigest(ref.digest));
      this.#write({ type: "output", at, index, digest: shortDigest(digest), blocks: part });
    }
  }

  #isNew(written: Map<number, Set<string>>, key: number, digest: string): boolean {
    const ofKey = written.get(key);
    if (ofKey?.has(digest) === true) return false;
    if (ofKey === undefined) written.set(key, new Set([digest]));
    else ofKey.add(digest);
    return true;
  }
}

function forgetBelow(written: Map<number, unknown>, lowest: number): void {
  // Keys come almost in order, so the oldest stand first.
  for (const key of written.keys()) {
    if (key >= lowest) return;
    written.delete(key);
  }
}

function resultLine(result: RunResult): TraceLine {
  return {
    type: "result",
    verdict: result.verdict,
    findings: result.findings.map((finding) => ({
      verdict: finding.verdict,
      class: shortName(finding.class),
      detail: shortText(finding.detail),
      node: finding.node,
      atMs: finding.atMs,
    })),
    fired: { ...result.fired },
    exercised: { ...result.exercised },
    adversary: { ...result.adversary },
    recoveryMs: result.recoveryMs,
    commits: result.metrics.commitCount,
    transactionsPerSecond: result.metrics.throughputPerSecond,
    traceDigest: shortDigest(result.traceDigest),
  };
}
