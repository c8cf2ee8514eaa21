// Gathers the lines of a trace into what the page shows. The lines are checked already (trace/read-trace.ts); what they
// say need not make sense, so nothing here relies on their order or on one line fitting another.

import { createCommittee, epoch } from "@selvedge/integrity";
import { MICROS_PER_MS } from "../kernel/time.ts";
import type { Scenario } from "../scenario/schema.ts";
import { TraceError } from "../trace/trace-error.ts";
import type { TraceLine, TraceLineOf } from "../trace/trace-event.ts";
import { BlocksSeen } from "./blocks-seen.ts";
import { CommitsSeen } from "./commits-seen.ts";
import { faultsOf } from "./fault-tracks.ts";
import { LaneSet } from "./lanes.ts";
import { NodesSeen } from "./nodes-seen.ts";
import { slotsOf } from "./slot-view.ts";
import type { ViewData, ViewFinding } from "./view-data.ts";

const MICROS_PER_SECOND = 1_000_000;

/** The whole of a trace at once. Throws `TraceError`. */
export function buildView(lines: Iterable<TraceLine>): ViewData {
  const builder = new ViewBuilder();
  for (const line of lines) builder.push(line);
  return builder.finish();
}

/** Line by line, for traces that are read from a stream. */
export class ViewBuilder {
  #parts: Parts | undefined;

  push(line: TraceLine): void {
    if (line.type === "trace") {
      this.#parts = new Parts(line.scenario);
      return;
    }
    if (this.#parts === undefined) throw new TraceError(0, "it has no header");
    this.#parts.push(line);
  }

  finish(): ViewData {
    if (this.#parts === undefined) throw new TraceError(0, "it is empty");
    return this.#parts.finish();
  }
}

class Parts {
  readonly #scenario: Scenario;
  readonly #blocks: BlocksSeen;
  readonly #commits: CommitsSeen;
  readonly #nodes: NodesSeen;
  readonly #acts: LaneSet;
  readonly #kept: LaneSet;
  readonly #notes: string[] = [];
  #chain: TraceLineOf<"chain"> | undefined;
  #result: TraceLineOf<"result"> | undefined;
  #endUs = 0;

  constructor(scenario: Scenario) {
    const { size } = scenario.committee;
    this.#scenario = scenario;
    this.#blocks = new BlocksSeen(size);
    this.#commits = new CommitsSeen(size);
    this.#nodes = new NodesSeen(size);
    const spanUs = scenario.durationMs * MICROS_PER_MS;
    this.#acts = new LaneSet(spanUs);
    this.#kept = new LaneSet(spanUs);
  }

  push(line: TraceLine): void {
    if ("at" in line) this.#endUs = Math.max(this.#endUs, line.at);
    if (line.type === "chain") this.#chain ??= line;
    if (line.type === "result") this.#result = line;
    if (line.type === "acted") this.#acts.add(line.who, { at: line.at, node: line.node, what: line.what });
    if (line.type === "kept") this.#kept.add(line.why, { at: line.at, node: line.to, what: line.kind });
    this.#blocks.push(line);
    this.#commits.push(line);
    this.#nodes.push(line);
  }

  finish(): ViewData {
    const { committee, protocol, name, seed } = this.#scenario;
    const { size } = committee;
    const stakes = Array.from({ length: size }, (_, node) => committee.stakes?.[node] ?? 1);
    const { quorumStake } = createCommittee(
      epoch(0),
      stakes.map((stake) => ({ stake, publicKey: new Uint8Array(0) })),
    );
    const blocks = this.#blocks.finish();
    const commits = this.#commits.finish(this.#blocks);
    const slots = slotsOf({
      scenario: this.#scenario,
      stakes,
      quorumStake,
      chain: this.#chain,
      blocks,
      commits,
    });
    const accepted = this.#blocks.acceptances();
    this.#notes.push(...slots.notes, ...this.#commits.notes, ...this.#nodes.notes);
    if (this.#blocks.isAcceptanceLeftOut) this.#notes.push("too many acceptances to show: by-node views are off");
    if (this.#result === undefined) this.#notes.push("the trace ends without a result: the run was cut short");
    return {
      name,
      seed,
      size,
      stakes,
      quorumStake,
      protocol: protocol.name,
      endUs: Math.max(1, this.#endUs),
      verdict: this.#result?.verdict ?? null,
      findings: findingsOf(this.#result),
      facts: factsOf(this.#scenario, this.#result, this.#endUs),
      notes: this.#notes,
      blocks,
      accepted,
      commits,
      slots: slots.slots,
      nodes: this.#nodes.finish(),
      faults: faultsOf(this.#scenario),
      acts: this.#acts.finish(),
      kept: this.#kept.finish(),
    };
  }
}

function shortNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(1);
}

function findingsOf(result: TraceLineOf<"result"> | undefined): readonly ViewFinding[] {
  return (result?.findings ?? []).map(({ atMs, ...finding }) => ({
    ...finding,
    atUs: Math.round(atMs * MICROS_PER_MS),
  }));
}

function factsOf(
  { execution, adversary, protocol, committee }: Scenario,
  result: TraceLineOf<"result"> | undefined,
  endUs: number,
): readonly (readonly [string, string])[] {
  const facts: (readonly [string, string])[] = [
    ["protocol", protocol.name],
    ["nodes", String(committee.size)],
    ["virtual time", `${(endUs / MICROS_PER_SECOND).toFixed(3)} s`],
    ["signatures", execution.crypto],
    ["behaviours", adversary.behaviours.map(({ name }) => name).join(", ") || "none"],
  ];
  if (result === undefined) return facts;
  facts.push(["commits", String(result.commits)]);
  facts.push(["transactions/s", result.transactionsPerSecond.toFixed(1)]);
  if (result.recoveryMs !== null) facts.push(["recovery", `${result.recoveryMs.toFixed(0)} ms`]);
  for (const [what, count] of Object.entries(result.fired)) facts.push([`fired: ${what}`, shortNumber(count)]);
  for (const [what, count] of Object.entries(result.adversary)) facts.push([`adversary: ${what}`, shortNumber(count)]);
  facts.push(["trace digest", result.traceDigest]);
  return facts;
}
