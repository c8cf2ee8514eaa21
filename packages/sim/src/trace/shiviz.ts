// A trace as a log with vector clocks, which ShiViz (bestchai.bitbucket.io/shiviz) draws as a space-time diagram. The
// clocks follow from the messages of the trace, so it must have been written with them.

import type { TraceLine, TraceLineOf } from "./trace-event.ts";

/** For ShiViz' field "log parsing regular expression". */
export const SHIVIZ_PATTERN = String.raw`(?<host>\S*) (?<clock>{.*})\n(?<event>.*)`;

/** Messages on their way whose clocks are remembered; older ones arrive as events of the receiver alone. */
const IN_FLIGHT_MAX = 100_000;

/** The whole log for lines that are in memory. */
export function shivizOf(lines: Iterable<TraceLine>): string {
  const writer = new ShivizWriter();
  let text = "";
  for (const line of lines) text += writer.push(line);
  return text + writer.finish();
}

type Clock = Map<number, number>;

export class ShivizWriter {
  readonly #clocks = new Map<number, Clock>();
  readonly #inFlight = new Map<number, Clock>();

  push(line: TraceLine): string {
    switch (line.type) {
      case "sent":
        return this.#sent(line);
      case "delivered":
        return this.#delivered(line);
      case "signed":
        return this.#event(line.node, `${line.at} signed ${line.round} ${line.digest}`);
      case "committed":
        return this.#event(line.node, `${line.at} committed ${line.index} by ${line.slot}`);
      case "reported":
        return this.#event(line.node, `${line.at} reported ${line.fault}`);
      case "lifecycle":
        return this.#event(line.node, `${line.at} ${line.state}`);
      default:
        return "";
    }
  }

  /** Nothing is left open. */
  finish(): string {
    return "";
  }

  #sent({ at, id, from, to, kind }: TraceLineOf<"sent">): string {
    const text = this.#event(from, `${at} sent ${kind} to ${to}`);
    this.#inFlight.set(id, new Map(this.#clockOf(from)));
    const [oldest] = this.#inFlight.keys();
    if (this.#inFlight.size > IN_FLIGHT_MAX && oldest !== undefined) this.#inFlight.delete(oldest);
    return text;
  }

  /** Its clock stays: the network may deliver it twice. */
  #delivered({ at, id, from, to, kind }: TraceLineOf<"delivered">): string {
    const clock = this.#clockOf(to);
    for (const [node, count] of this.#inFlight.get(id) ?? []) clock.set(node, Math.max(clock.get(node) ?? 0, count));
    return this.#event(to, `${at} got ${kind} from ${from}`);
  }

  #event(node: number, what: string): string {
    const clock = this.#clockOf(node);
    clock.set(node, (clock.get(node) ?? 0) + 1);
    const entries = [...clock].sort(([left], [right]) => left - right).map(([of, count]) => [`n${of}`, count]);
    return `n${node} ${JSON.stringify(Object.fromEntries(entries))}\n${what.replaceAll(/\s+/g, " ")}\n`;
  }

  #clockOf(node: number): Clock {
    const known = this.#clocks.get(node);
    if (known !== undefined) return known;
    const clock: Clock = new Map();
    this.#clocks.set(node, clock);
    return clock;
  }
}
