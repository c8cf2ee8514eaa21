// The blocks, their references, the slots above them, and the votes of what is selected. Draws what is in sight alone.

import { pairsOf } from "./model.js";
import { FONT, FONT_BOLD, cross, diamond, hatch } from "./palette.js";

/** Beyond so many references in sight, only those to leaders and weak links are drawn. */
const EDGES_MAX = 7000;
const EDGE_COLUMN_MIN = 13;
/** Leaders are to be seen among blocks however small. */
const LEADER_SIZE_MIN = 3.4;

/** Blocks in sight, with their places: read by drawing and by the mouse. */
export function visibleBlocks(scene) {
  const { model, axis, state, layout } = scene;
  const { blocks } = model.view;
  const size = blockSize(scene);
  const found = [];
  const add = (block) => {
    const row = state.rowOf[blocks.author[block]];
    if (row === undefined) return;
    const place = placeOf(scene, { block, row, size });
    if (place.x > layout.gutter - size && place.x < layout.width + size) found.push(place);
  };
  if (axis.kind === "round") {
    const last = Math.min(model.lastRound, Math.ceil(axis.to) + 1);
    for (let round = Math.max(0, Math.floor(axis.from) - 1); round <= last; round += 1)
      model.byRound[round].forEach(add);
    return found;
  }
  for (const block of model.inOrder) {
    if (blocks.at[block] >= axis.from && blocks.at[block] <= axis.to) add(block);
  }
  return found;
}

function blockSize({ axis, layout }) {
  return Math.max(1, Math.min(axis.columnPx * 0.27, layout.rowHeight * 0.33, 15));
}

/** Twins share their slot: smaller, one above the other. */
function placeOf({ model, axis, layout }, { block, row, size }) {
  const { blocks } = model.view;
  const twins = model.twins[block];
  const x = axis.x(axis.kind === "round" ? blocks.round[block] : blocks.at[block]);
  const y = layout.rows + (row + 0.5) * layout.rowHeight;
  if (twins < 2) return { block, x, y, size };
  const small = Math.max(1, size * 0.68);
  const offset = (model.twin[block] - (twins - 1) / 2) * Math.min(small * 1.9, (layout.rowHeight * 0.9) / twins);
  return { block, x: x + offset * 0.7, y: y + offset, size: small };
}

export function drawDag(scene, context) {
  const { layout } = scene;
  context.save();
  context.beginPath();
  context.rect(layout.gutter, 0, layout.width - layout.gutter, layout.commits);
  context.clip();
  drawColumns(scene, context);
  drawRows(scene, context);
  const places = scene.places;
  const byBlock = new Map(places.map((place) => [place.block, place]));
  drawEdges(scene, context, byBlock);
  drawSelection(scene, context, byBlock);
  const isLeader = ({ block }) => scene.model.slotsOfBlock.has(block);
  for (const place of places) if (!isLeader(place)) drawBlock(scene, context, place);
  for (const place of places) if (isLeader(place)) drawBlock(scene, context, place);
  drawSlots(scene, context);
  context.restore();
}

function drawColumns({ model, axis, layout, colors }, context) {
  const { columnPx } = axis;
  const step = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((candidate) => candidate * columnPx >= 26) ?? 2000;
  context.font = FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.strokeStyle = colors.line;
  context.fillStyle = colors.soft;
  context.lineWidth = 1;
  const first = axis.kind === "round" ? Math.floor(axis.from) : 0;
  const last = axis.kind === "round" ? Math.min(model.lastRound, Math.ceil(axis.to)) : model.lastRound;
  let lastLabel = Number.NEGATIVE_INFINITY;
  for (let round = Math.max(step, Math.ceil(first / step) * step); round <= last; round += step) {
    const x = axis.xOfRound(round);
    if (x < layout.gutter - 10 || x > layout.width || x - lastLabel < 24) continue;
    lastLabel = x;
    context.fillText(String(round), x, 9);
    context.beginPath();
    context.moveTo(x, 17);
    context.lineTo(x, layout.commits);
    context.stroke();
  }
}

/** Times when a node was down or corrupted, behind its blocks. */
function drawRows({ model, axis, layout, state, colors }, context) {
  state.shown.forEach((node, row) => {
    const y = layout.rows + row * layout.rowHeight;
    const from = model.corruptedFrom[node];
    if (from >= 0) {
      const x = Math.max(layout.gutter, axis.xOfTime(from));
      context.globalAlpha = 0.1;
      context.fillStyle = colors.corrupt;
      context.fillRect(x, y + 1, layout.width - x, layout.rowHeight - 2);
      context.globalAlpha = 1;
    }
    for (const [start, end] of model.down[node]) {
      const x = Math.max(layout.gutter, axis.xOfTime(start));
      context.strokeStyle = colors.down;
      context.lineWidth = 1;
      hatch(context, { x, y: y + 1, width: axis.xOfTime(end) - x, height: layout.rowHeight - 2 });
    }
  });
}

function drawEdges(scene, context, byBlock) {
  const { model, axis, colors, state } = scene;
  const { blocks } = model.view;
  if (axis.columnPx < EDGE_COLUMN_MIN) return;
  let edgeCount = 0;
  for (const block of byBlock.keys()) edgeCount += blocks.parents[block].length;
  const isCrowded = edgeCount > EDGES_MAX || state.isSparse;
  const paths = { plain: [], leader: [], weak: [] };
  for (const [block, place] of byBlock) {
    if (!scene.isSeen(block)) continue;
    for (const parent of blocks.parents[block]) {
      const target = byBlock.get(parent);
      if (target === undefined) continue;
      const kind = edgeKind(model, block, parent);
      if (kind !== "plain" || !isCrowded) paths[kind].push(place, target);
    }
  }
  context.lineWidth = 1;
  const crowd = Math.min(1, 20 / state.shown.length);
  context.globalAlpha = (axis.columnPx < 26 ? 0.6 : 0.9) * crowd;
  strokePairs(context, paths.plain, colors.edge);
  strokePairs(context, paths.leader, colors.edgeLeader);
  context.setLineDash([4, 3]);
  strokePairs(context, paths.weak, colors.edgeLeader);
  context.setLineDash([]);
  context.globalAlpha = 1;
}

function edgeKind(model, block, parent) {
  const { round } = model.view.blocks;
  if (round[block] - round[parent] > 1) return "weak";
  return model.slotsOfBlock.has(parent) ? "leader" : "plain";
}

/** Places two by two. */
function strokePairs(context, places, color) {
  context.strokeStyle = color;
  context.beginPath();
  for (let position = 0; position < places.length; position += 2) {
    context.moveTo(places[position].x, places[position].y);
    context.lineTo(places[position + 1].x, places[position + 1].y);
  }
  context.stroke();
}

function drawSelection(scene, context, byBlock) {
  const { model, state, colors } = scene;
  const lines = (pairs, style) => {
    const places = pairs.flatMap(([from, to]) => {
      const both = [byBlock.get(from), byBlock.get(to)];
      return both[0] === undefined || both[1] === undefined || !scene.isSeen(from) ? [] : both;
    });
    context.lineWidth = style.width;
    context.setLineDash(style.dash ?? []);
    strokePairs(context, places, style.color);
    context.setLineDash([]);
  };
  const block =
    state.hover?.type === "block" ? state.hover.id : state.selected?.type === "block" ? state.selected.id : -1;
  if (block >= 0) {
    const { parents } = model.view.blocks;
    lines(
      parents[block].map((parent) => [block, parent]),
      { color: colors.fg, width: 1.6 },
    );
    const children = [...byBlock.keys()].filter((other) => parents[other].includes(block));
    lines(
      children.map((child) => [child, block]),
      { color: colors.fg, width: 1, dash: [2, 2] },
    );
  }
  const slot = scene.selectedSlot();
  if (slot === null) return;
  lines(pairsOf(slot.votes), { color: colors.vote, width: 2.4 });
  lines(certifying(model, slot), { color: colors.certificate, width: 1.1, dash: [6, 2] });
}

/** From each certificate to the votes in it. */
function certifying(model, { votes, certificates }) {
  const votedFor = new Map(pairsOf(votes));
  return pairsOf(certificates).flatMap(([certificate, leader]) =>
    model.view.blocks.parents[certificate].flatMap((parent) =>
      votedFor.get(parent) === leader ? [[certificate, parent]] : [],
    ),
  );
}

function drawBlock(scene, context, place) {
  const { model } = scene;
  const { block, size } = place;
  const isSeen = scene.isSeen(block);
  const leads = isSeen && scene.axis.columnPx >= 8 ? model.slotsOfBlock.get(block) : undefined;
  context.globalAlpha = isSeen ? 1 : 0.22;
  const fill = fillOf(scene, block);
  context.fillStyle = fill.color;
  context.strokeStyle = model.twins[block] > 1 ? scene.colors.twin : scene.colors.outline;
  context.lineWidth = model.twins[block] > 1 ? 2 : 1;
  if (leads === undefined) drawSquare(context, place);
  else {
    const leader = { ...place, size: Math.max(size, LEADER_SIZE_MIN) };
    drawLeader(scene, context, { ...leader, slot: model.view.slots[leads[0]], ink: fill.ink });
  }
  if (isSeen) drawMarks(scene, context, place);
  context.globalAlpha = 1;
}

/** Commits alternate between dark and light. */
function fillOf(scene, block) {
  const { model, colors } = scene;
  const commit = scene.commitNow(block);
  if (commit < 0) return { color: colors.block, ink: colors.fg };
  const isDark = model.view.commits[commit].index % 2 === 1;
  return isDark ? { color: colors.commitA, ink: colors.onA } : { color: colors.commitB, ink: colors.onB };
}

function drawSquare(context, { x, y, size }) {
  context.fillRect(x - size, y - size, size * 2, size * 2);
  if (size >= 2.5) context.strokeRect(x - size, y - size, size * 2, size * 2);
}

function drawMarks(scene, context, place) {
  const { model, colors, state } = scene;
  const { block, x, y, size } = place;
  const commit = scene.commitNow(block);
  if (!model.view.blocks.isSigned[block] && size >= 4) drawForged(context, { x, y, size, color: colors.corrupt });
  if (commit >= 0 && commit === scene.highlightedCommit())
    ring(context, { x, y, size: size + 2.5, color: colors.select });
  if (isSelected(state, block)) ring(context, { x, y, size: size + 4.5, color: colors.select });
  drawRole(scene, context, place);
}

function isSelected({ selected, hover }, block) {
  return (selected?.type === "block" && selected.id === block) || (hover?.type === "block" && hover.id === block);
}

/** P: a diamond; C: a disc; both heavy once committed, struck through once skipped. */
function drawLeader(scene, context, { x, y, size, slot, ink }) {
  const { colors } = scene;
  const isPassed = slot.at >= 0 && slot.at <= scene.state.now;
  const isCommitted = isPassed && slot.state === "commit";
  context.lineWidth = Math.max(context.lineWidth, isCommitted ? 2.4 : 1.2);
  if (isCommitted) context.strokeStyle = colors.fg;
  if (slot.kind === "C") {
    context.beginPath();
    context.arc(x, y, size * 1.25, 0, 2 * Math.PI);
  } else diamond(context, { x, y, size: size * 1.5 });
  context.fill();
  context.stroke();
  if (isPassed && slot.state === "skip") {
    context.strokeStyle = colors.skip;
    context.lineWidth = size < 6 ? 1.4 : 2.2;
    cross(context, { x, y, size: size * 1.1 });
    return;
  }
  if (size < 7 || slot.kind === "other") return;
  context.font = FONT_BOLD;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = ink;
  context.fillText(slot.kind, x, y + 0.5);
}

/** Nobody said that they signed it: a corner is missing. */
function drawForged(context, { x, y, size, color }) {
  context.fillStyle = color;
  context.beginPath();
  context.moveTo(x + size, y - size);
  context.lineTo(x + size, y);
  context.lineTo(x, y - size);
  context.fill();
}

function ring(context, { x, y, size, color }) {
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.strokeRect(x - size, y - size, size * 2, size * 2);
}

/** Its part in the selected slot: vote (triangle up), blame (triangle down and crossed), certificate (double frame). */
function drawRole(scene, context, { block, x, y, size }) {
  const role = scene.roles.get(block);
  if (role === undefined) return;
  const { colors } = scene;
  const high = Math.max(3.5, size * 0.75);
  const top = y - size - 3;
  context.lineWidth = 1.8;
  if (role === "certificate") {
    context.strokeStyle = colors.certificate;
    for (const more of [2.5, 5])
      context.strokeRect(x - size - more, y - size - more, 2 * (size + more), 2 * (size + more));
    return;
  }
  context.fillStyle = context.strokeStyle = role === "vote" ? colors.vote : colors.blame;
  context.beginPath();
  const tip = role === "vote" ? top - high : top;
  const base = role === "vote" ? top : top - high;
  context.moveTo(x, tip);
  context.lineTo(x - high * 0.8, base);
  context.lineTo(x + high * 0.8, base);
  context.closePath();
  if (role === "vote") context.fill();
  else context.stroke();
}

/** One sign a slot above its round. */
function drawSlots(scene, context) {
  const { model, axis, layout } = scene;
  const { slots } = model.view;
  const size = Math.max(1.5, Math.min(5.5, axis.columnPx * 0.36));
  for (const slot of slots) {
    const lane = slot.kind === "C" ? layout.slotC : layout.slotP;
    const x = axis.xOfRound(slot.round);
    if (lane === null || x < layout.gutter - 8 || x > layout.width + 8) continue;
    drawSlot(scene, context, { slot, x, y: lane + 8.5, size });
  }
}

function drawSlot(scene, context, place) {
  const { colors, state } = scene;
  const { slot, x, y, size } = place;
  const shown = slot.at >= 0 && slot.at <= state.now ? slot.state : "open";
  const isChosen = scene.selectedSlot() === slot;
  context.strokeStyle = shown === "skip" ? colors.skip : shown === "commit" ? colors.fg : colors.soft;
  context.fillStyle = shown === "commit" ? colors.commitA : colors.bg;
  context.lineWidth = isChosen ? 2.4 : 1.3;
  if (isChosen || shown !== "skip") drawSlotShape(context, { ...place, isOpen: shown === "open" });
  context.lineWidth = 2;
  if (shown === "skip") cross(context, { x, y, size: size * 0.8 });
  if (shown !== "void" && shown !== "earlier") return;
  context.lineWidth = 1.3;
  context.beginPath();
  context.moveTo(x - size, y + size);
  context.lineTo(x + size, y - size);
  context.stroke();
}

function drawSlotShape(context, { slot, x, y, size, isOpen }) {
  if (slot.kind === "C") {
    context.beginPath();
    context.arc(x, y, size, 0, 2 * Math.PI);
  } else diamond(context, { x, y, size: size * 1.15 });
  if (isOpen) context.setLineDash([2, 2]);
  context.fill();
  context.stroke();
  context.setLineDash([]);
}
