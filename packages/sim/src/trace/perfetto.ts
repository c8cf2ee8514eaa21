// A trace as Chrome trace events, which Perfetto (ui.perfetto.dev) and chrome://tracing open: a process for each node and
// one for the adversary, rounds and down-times as slices, blocks, commits and reports as instants, messages as flows.
// Streams: one line in, the text of its events out.

import type { TraceHeader, TraceLine, TraceLineOf } from "./trace-event.ts";

interface ChromeEvent {
  readonly ph: "X" | "i" | "s" | "f" | "M";
  readonly pid: number;
  readonly tid: number;
  readonly name: string;
  readonly ts?: number;
  readonly dur?: number;
  readonly id?: number;
  readonly cat?: string;
  readonly s?: "t" | "p" | "g";
  readonly bp?: "e";
  readonly args?: Readonly<Record<string, unknown>>;
}

/** Process 0; node i is process i + 1. */
const WORLD = 0;
const THREAD = { round: 1, block: 2, commit: 3, state: 4, out: 5, in: 6 } as const;
const THREAD_NAMES = [
  "",
  "rounds",
  "blocks",
  "commits and updates",
  "state and reports",
  "messages out",
  "messages in",
];
const MESSAGE_US = 1;

/** The whole file for lines that are in memory. */
export function perfettoOf(lines: Iterable<TraceLine>): string {
  const writer = new PerfettoWriter();
  let text = "";
  for (const line of lines) text += writer.push(line);
  return text + writer.finish();
}

interface Open {
  readonly name: string;
  readonly from: number;
}

export class PerfettoWriter {
  /** Round and state that a node is in: the slice is written when it ends. */
  readonly #rounds = new Map<number, Open>();
  readonly #states = new Map<number, Open>();
  #hasBegun = false;
  #endUs = 0;

  push(line: TraceLine): string {
    if ("at" in line) this.#endUs = Math.max(this.#endUs, line.at);
    return this.#text(line.type === "trace" ? metadataOf(line) : this.#eventsOf(line));
  }

  /** Closes what is open, and the file. */
  finish(): string {
    const rounds = [...this.#rounds].flatMap(([node, open]) => slice(open, this.#endUs, place(node, THREAD.round)));
    const states = [...this.#states].flatMap(([node, open]) => slice(open, this.#endUs, place(node, THREAD.state)));
    const last = this.#text([...rounds, ...states]);
    return `${this.#hasBegun ? "" : '{"traceEvents":[\n'}${last}\n],"displayTimeUnit":"ms"}\n`;
  }

  #eventsOf(line: TraceLine): readonly ChromeEvent[] {
    switch (line.type) {
      case "round":
        return this.#turn(this.#rounds, {
          ...place(line.node, THREAD.round),
          at: line.at,
          name: `round ${line.round}`,
        });
      case "lifecycle":
        return this.#lifecycle(line);
      case "sent":
        return flow({ line, ph: "s", ...place(line.from, THREAD.out), name: `${line.kind} to ${line.to}` });
      case "delivered":
        return flow({ line, ph: "f", ...place(line.to, THREAD.in), name: `${line.kind} from ${line.from}` });
      default:
        return instantsOf(line);
    }
  }

  #lifecycle({ node, state, at }: TraceLineOf<"lifecycle">): readonly ChromeEvent[] {
    const here = place(node, THREAD.state);
    if (state === "corrupted") return [{ ph: "i", s: "p", ts: at, name: state, ...here }];
    return this.#turn(this.#states, { ...here, at, name: state });
  }

  /** Ends what the node was in and begins the next; "up" is nothing to draw. */
  #turn(open: Map<number, Open>, next: Place & { readonly at: number; readonly name: string }): readonly ChromeEvent[] {
    const node = next.pid - 1;
    const before = open.get(node);
    if (next.name === "up") open.delete(node);
    else open.set(node, { name: next.name, from: next.at });
    return before === undefined ? [] : slice(before, next.at, { pid: next.pid, tid: next.tid });
  }

  #text(events: readonly ChromeEvent[]): string {
    let text = "";
    for (const event of events) {
      text += `${this.#hasBegun ? ",\n" : '{"traceEvents":[\n'}${JSON.stringify(event)}`;
      this.#hasBegun = true;
    }
    return text;
  }
}

interface Place {
  readonly pid: number;
  readonly tid: number;
}

function place(node: number, tid: number): Place {
  return { pid: node + 1, tid };
}

function slice({ name, from }: Open, to: number, here: Place): readonly ChromeEvent[] {
  return [{ ph: "X", ts: from, dur: Math.max(0, to - from), name, ...here }];
}

interface Flow extends Place {
  readonly line: TraceLineOf<"sent" | "delivered">;
  readonly ph: "s" | "f";
  readonly name: string;
}

/** Flows begin and end in slices: a short one for the message at either end. */
function flow({ line, ph, name, ...here }: Flow): readonly ChromeEvent[] {
  const args = { id: line.id, ...("bytes" in line ? { bytes: line.bytes } : {}) };
  const end = ph === "f" ? { bp: "e" as const } : {};
  return [
    { ph: "X", ts: line.at, dur: MESSAGE_US, name, args, ...here },
    { ph, ts: line.at, id: line.id, cat: "message", name: "message", ...end, ...here },
  ];
}

function instantsOf(line: TraceLine): readonly ChromeEvent[] {
  switch (line.type) {
    case "signed":
      return [instant(line, { tid: THREAD.block, name: `signed ${line.round}`, args: { digest: line.digest } })];
    case "committed": {
      const { index, slot, digest, blocks, transactions } = line;
      return [
        instant(line, { tid: THREAD.commit, name: `commit ${index}`, args: { slot, digest, blocks, transactions } }),
      ];
    }
    case "receipt":
      return [instant(line, { tid: THREAD.commit, name: "receipt", args: { update: line.update } })];
    case "reported":
      return [instant(line, { tid: THREAD.state, name: line.fault, args: { about: line.about, detail: line.detail } })];
    case "decided":
      return [instant(line, { tid: THREAD.commit, name: `${line.slot} ${line.verdict}` })];
    case "stopped":
      return [instant(line, { tid: THREAD.state, name: `stopped: ${line.reason}` })];
    case "acted":
      return [
        {
          ph: "i",
          s: "g",
          ts: line.at,
          pid: WORLD,
          tid: 1,
          name: line.who,
          args: { what: line.what, node: line.node },
        },
      ];
    case "kept":
      return [
        {
          ph: "i",
          s: "t",
          ts: line.at,
          pid: WORLD,
          tid: 2,
          name: line.why,
          args: { from: line.from, to: line.to, id: line.id },
        },
      ];
    default:
      return [];
  }
}

function instant(
  { at, node }: { readonly at: number; readonly node: number },
  what: Pick<ChromeEvent, "tid" | "name" | "args">,
): ChromeEvent {
  return { ph: "i", s: "t", ts: at, pid: node + 1, ...what };
}

function metadataOf({ scenario }: TraceHeader): readonly ChromeEvent[] {
  const named = (name: string, { pid, tid }: Place, value: string): ChromeEvent => ({
    ph: "M",
    pid,
    tid,
    name,
    args: { name: value },
  });
  const world = [
    named("process_name", { pid: WORLD, tid: 0 }, "network and adversary"),
    named("thread_name", { pid: WORLD, tid: 1 }, "acts"),
    named("thread_name", { pid: WORLD, tid: 2 }, "messages kept"),
  ];
  const nodes = Array.from({ length: scenario.committee.size }, (_, node) => [
    named("process_name", place(node, 0), `node ${node}`),
    ...Object.values(THREAD).map((tid) => named("thread_name", place(node, tid), THREAD_NAMES[tid] ?? "")),
  ]);
  return [...world, ...nodes.flat()];
}
