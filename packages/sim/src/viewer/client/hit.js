// What lies under the mouse: { type, id, text } or null. `text` goes into the tooltip.

import { lastUpTo, leastOf } from "./model.js";
import { formatTime } from "./palette.js";
import { nameOf } from "./panel.js";

export function hitAt(scene, { x, y }) {
  const { layout } = scene;
  const row = Math.floor((y - layout.rows) / layout.rowHeight);
  if (x < layout.gutter)
    return nodeAt(scene, row) ?? nodeAt(scene, Math.floor((y - layout.strips) / layout.stripHeight));
  const lane = slotLaneAt(layout, y);
  if (lane !== null) return slotAt(scene, { x, kind: lane });
  if (y >= layout.rows - 6 && y < layout.commits) return blockAt(scene, { x, y });
  if (y < layout.faultsAt) return commitAt(scene, x);
  if (y < layout.actsAt) return faultAt(scene, { x, lane: Math.floor((y - layout.faultsAt) / layout.lane) });
  if (y < layout.keptAt) return markAt(scene, { x, lane: layout.acts[Math.floor((y - layout.actsAt) / layout.lane)] });
  if (y < layout.strips - 3)
    return markAt(scene, { x, lane: layout.kept[Math.floor((y - layout.keptAt) / layout.lane)] });
  return stripAt(scene, { x, row: Math.floor((y - layout.strips) / layout.stripHeight) });
}

function slotLaneAt({ slotP, slotC }, y) {
  if (slotP !== null && y >= slotP && y < slotP + 17) return "P";
  return slotC !== null && y >= slotC && y < slotC + 17 ? "C" : null;
}

function nodeAt({ state }, row) {
  const node = state.shown[row];
  return node === undefined ? null : { type: "node", id: node, text: `node ${node}` };
}

function blockAt({ places, model }, { x, y }) {
  const { blocks } = model.view;
  let best = null;
  let bestDistance = 14;
  for (const place of places) {
    const distance = Math.max(Math.abs(place.x - x), Math.abs(place.y - y)) - place.size;
    if (distance >= bestDistance) continue;
    best = place.block;
    bestDistance = distance;
  }
  if (best === null) return null;
  const commit = model.commitOf[best];
  const fate = commit < 0 ? "in no commit" : `commit ${model.view.commits[commit].index}`;
  const lead = (model.slotsOfBlock.get(best) ?? []).map((slot) => `leader of ${model.view.slots[slot].name}`);
  const text = [
    `block ${nameOf(model, best)}  ${blocks.digest[best].slice(0, 8)}`,
    `at ${formatTime(blocks.at[best])}, ${fate}`,
    ...lead,
  ];
  return { type: "block", id: best, text: text.join("\n") };
}

function slotAt({ model, axis }, { x, kind }) {
  let best = null;
  let bestDistance = 12;
  model.view.slots.forEach((slot, position) => {
    if ((slot.kind === "C") !== (kind === "C")) return;
    const at = axis.xOfRound(slot.round);
    if (Math.abs(at - x) >= bestDistance) return;
    best = position;
    bestDistance = Math.abs(at - x);
  });
  if (best === null) return null;
  const { name, state, author } = model.view.slots[best];
  return {
    type: "slot",
    id: best,
    text: `${name}: ${state}${author === null ? "" : `, leader ${author}`}`,
  };
}

function commitAt(scene, x) {
  const { model, axis } = scene;
  let best = null;
  let bestDistance = 8;
  model.view.commits.forEach((_, position) => {
    const distance = Math.abs(axis.xOfTime(scene.commitTime(position)) - x);
    if (scene.commitTime(position) < 0 || distance >= bestDistance) return;
    best = position;
    bestDistance = distance;
  });
  if (best === null) return null;
  const { index, slot, at, blocks } = model.view.commits[best];
  return {
    type: "commit",
    id: best,
    text: `commit ${index} by ${slot}, ${blocks.length} blocks\nfirst at ${formatTime(leastOf(at))}`,
  };
}

function faultAt({ model, axis, layout }, { x, lane }) {
  const time = axis.timeAt(x);
  const found = model.view.faults.find(
    (fault, position) => layout.faults.lanes[position] === lane && fault.fromUs <= time && time <= fault.toUs,
  );
  if (found === undefined) return null;
  const nodes = found.nodes === null ? "" : `\nnodes ${found.nodes.join(" ")}`;
  return {
    type: "none",
    id: 0,
    text: `${found.label}\n${formatTime(found.fromUs)} – ${formatTime(found.toUs)}${nodes}`,
  };
}

function markAt({ axis }, { x, lane }) {
  if (lane === undefined) return null;
  const near = lane.marks.filter(([time]) => Math.abs(axis.xOfTime(time) - x) < 4);
  const [first] = near;
  if (first === undefined) return { type: "none", id: 0, text: `${lane.name}: ${lane.count} in all` };
  const count = near.reduce((sum, mark) => sum + mark[1], 0);
  const node = first[2] < 0 ? "" : ` (node ${first[2]})`;
  return {
    type: "time",
    id: first[0],
    text: `${lane.name} ×${count} at ${formatTime(first[0])}\n${first[3]}${node}`,
  };
}

function stripAt({ model, axis, state }, { x, row }) {
  const node = state.shown[row];
  if (node === undefined) return null;
  const time = axis.timeAt(x);
  const { rounds } = model.view.nodes[node];
  let round = 0;
  for (let position = 0; position < rounds.length && rounds[position] <= time; position += 2)
    round = rounds[position + 1];
  const highest = model.frontier.round[Math.max(0, lastUpTo(model.frontier.at, time))];
  return {
    type: "node",
    id: node,
    text: `node ${node} in round ${round}, ${highest - round} behind\nat ${formatTime(Math.round(time))}`,
  };
}
