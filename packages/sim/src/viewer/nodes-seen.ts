// How each node fared: its round over time, its states, and what it reported.

import type { TraceLine } from "../trace/trace-event.ts";
import { VIEW_NODE_EVENTS_MAX } from "./limits.ts";
import type { ViewNode } from "./view-data.ts";

interface NodeSeen {
  readonly rounds: number[];
  readonly states: [number, string][];
  readonly reports: [number, string][];
}

export class NodesSeen {
  readonly #nodes: readonly NodeSeen[];
  #count = 0;

  constructor(size: number) {
    this.#nodes = Array.from({ length: size }, () => ({ rounds: [], states: [], reports: [] }));
  }

  get notes(): readonly string[] {
    return this.#count > VIEW_NODE_EVENTS_MAX ? ["too many events of nodes: progress is shown to a point only"] : [];
  }

  push(line: TraceLine): void {
    if (!("node" in line) || line.node === null) return;
    const node = this.#nodes[line.node];
    if (node === undefined || this.#count > VIEW_NODE_EVENTS_MAX) return;
    switch (line.type) {
      case "round":
      case "signed":
        if (line.round === node.rounds.at(-1)) return;
        node.rounds.push(line.at, line.round);
        break;
      case "lifecycle":
        node.states.push([line.at, line.state]);
        break;
      case "reported":
        node.reports.push([
          line.at,
          `${line.fault}${line.about === null ? "" : ` of ${line.about}`} ${line.detail}`.trim(),
        ]);
        break;
      case "stopped":
        node.reports.push([line.at, `stopped: ${line.reason}`]);
        break;
      default:
        return;
    }
    this.#count += 1;
  }

  finish(): readonly ViewNode[] {
    return this.#nodes;
  }
}
