// The state of the page and what drawing asks of it: what has been seen by now, by whom, and what is chosen.

import { Axis } from "./axis.js";
import { leastOf, pairsOf } from "./model.js";
import { paletteOf } from "./palette.js";

export class Scene {
  constructor(model) {
    this.model = model;
    this.axis = new Axis(model);
    this.places = [];
    this.layout = null;
    this.roles = new Map();
    this.state = {
      now: model.view.endUs,
      selected: null,
      hover: null,
      /** −1: everything that anybody has seen. */
      seenBy: -1,
      shown: [],
      rowOf: [],
      theme: "light",
      isPlaying: false,
      isSparse: model.view.size > 40,
    };
    this.show(Array.from({ length: model.view.size }, (_, node) => node));
    this.setTheme("light");
  }

  show(nodes) {
    this.state.shown = nodes;
    this.state.rowOf = [];
    nodes.forEach((node, row) => {
      this.state.rowOf[node] = row;
    });
  }

  setTheme(theme) {
    this.state.theme = theme;
    this.colors = paletteOf(theme);
  }

  select(selected) {
    this.state.selected = selected;
    this.roles = new Map();
    const slot = this.selectedSlot();
    if (slot === null) return;
    for (const block of slot.blames) this.roles.set(block, "blame");
    for (const [block] of pairsOf(slot.certificates)) this.roles.set(block, "certificate");
    for (const [block] of pairsOf(slot.votes)) this.roles.set(block, "vote");
  }

  /** The slot itself, or that of the chosen leader. */
  selectedSlot() {
    const { selected } = this.state;
    const { slots } = this.model.view;
    if (selected?.type === "slot") return slots[selected.id];
    if (selected?.type !== "block") return null;
    const [first] = this.model.slotsOfBlock.get(selected.id) ?? [];
    return first === undefined ? null : slots[first];
  }

  isSeen(block) {
    const { seenBy, now } = this.state;
    const { blocks, accepted } = this.model.view;
    if (seenBy < 0 || accepted === null) return blocks.at[block] <= now;
    const after = accepted[block][seenBy] ?? -1;
    return after >= 0 && blocks.at[block] + after <= now;
  }

  commitTime(commit) {
    const { seenBy } = this.state;
    return seenBy < 0 ? this.model.firstAt[commit] : this.model.view.commits[commit].at[seenBy];
  }

  /** Position of the block's commit, −1 while it has none. */
  commitNow(block) {
    const commit = this.model.commitOf[block];
    if (commit < 0) return -1;
    const time = this.commitTime(commit);
    return time >= 0 && time <= this.state.now ? commit : -1;
  }

  highlightedCommit() {
    const { hover, selected } = this.state;
    if (hover?.type === "commit") return hover.id;
    if (selected?.type === "commit") return selected.id;
    return selected?.type === "slot" ? (this.selectedSlot()?.commit ?? -1) : -1;
  }

  /** A time at which the thing is to be seen. */
  timeOf({ type, id }) {
    const { blocks, commits, slots } = this.model.view;
    if (type === "block") return blocks.at[id];
    if (type === "commit") return leastOf(commits[id].at);
    if (type === "slot") return this.model.roundTimes[slots[id].round] ?? 0;
    return -1;
  }
}

/** "0-3,7" → [0, 1, 2, 3, 7]; everything if nothing of it is a node. */
export function nodesFrom(text, size) {
  const nodes = new Set();
  for (const part of text.split(/[\s,]+/)) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part);
    if (match === null) continue;
    const last = Math.min(size - 1, Number(match[2] ?? match[1]));
    for (let node = Number(match[1]); node <= last; node += 1) nodes.add(node);
  }
  if (nodes.size === 0) return Array.from({ length: size }, (_, node) => node);
  return [...nodes].sort((left, right) => left - right);
}
