// The dialog behind "?".

import { element } from "./panel.js";

const SIGNS = [
  ["◇ P", "block that leads a P slot; heavy once committed, ✕ once skipped"],
  ["○ C", "block that leads a C slot (named by the coin)"],
  ["■ ■", "committed; dark and light alternate from commit to commit"],
  ["□", "not yet in a commit; faint: not yet there at this time"],
  ["◆ ✕ ⌀ ┈", "slots above: committed, skipped, void, undecided; a struck diamond committed what was output before"],
  ["▲ ▽ ▣", "vote, blame and certificate of the chosen slot"],
  ["two in a cell", "twins: their author signed two blocks for the round"],
  ["▜", "corner: the author did not tell of it (corrupted)"],
  ["hatched row", "down, paused or frozen; tinted: corrupted (B)"],
  ["╌╌", "weak link: a parent from further back than the round before"],
  ["▮ ● ▪", "commits: by a P slot, by a C slot, of a chain; ✕ contradiction"],
  ["dark strips", "rounds behind the highest; notches are commits"],
];

const KEYS = [
  ["← →", "one event back, on (Shift: ten)"],
  ["space", "play, stop"],
  ["Home End", "start, end of the run"],
  ["+ − 0", "zoom in, out, all of it; also the wheel"],
  ["drag, Shift+wheel", "move along the axis"],
  ["j k", "next, previous commit"],
  ["l Shift+l", "next, previous slot: its votes"],
  ["e", "next equivocation"],
  ["a", "next act of a fault or of the adversary"],
  ["t", "axis by round or by time"],
  ["s", "references: all, or to leaders alone"],
  ["d", "light, dark"],
  ["Esc", "nothing chosen"],
];

export function fillHelp(signs, keys) {
  for (const [host, entries] of [
    [signs, SIGNS],
    [keys, KEYS],
  ]) {
    for (const [name, text] of entries) host.append(element("dt", { text: name }), element("dd", { text }));
  }
}
