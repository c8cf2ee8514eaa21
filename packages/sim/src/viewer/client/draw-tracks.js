// What stands below the blocks, on the same axis: commits, faults as planned, the adversary's acts, messages that were
// kept, how far behind each node was, and the times. Also the names at the left edge.

import { lastUpTo } from "./model.js";
import { FONT, cross, diamond, formatTime, hatch } from "./palette.js";

const PIXELS_PER_STEP = 2;
const LAG_LEVELS = [1, 2, 5, 20];

export function drawTracks(scene, context) {
  const { layout } = scene;
  context.save();
  context.beginPath();
  context.rect(layout.gutter, layout.commits, layout.width - layout.gutter, layout.height - layout.commits);
  context.clip();
  drawCommits(scene, context);
  drawFaults(scene, context);
  scene.layout.acts.forEach((lane, row) =>
    drawLane(scene, context, { lane, y: layout.actsAt + row * layout.lane, color: "act" }),
  );
  scene.layout.kept.forEach((lane, row) =>
    drawLane(scene, context, { lane, y: layout.keptAt + row * layout.lane, color: "kept" }),
  );
  drawStrips(scene, context);
  drawTimes(scene, context);
  context.restore();
  drawNames(scene, context);
  drawNow(scene, context);
}

function drawCommits(scene, context) {
  const { axis, layout, model } = scene;
  const { commits } = model.view;
  let lastLabel = Number.NEGATIVE_INFINITY;
  commits.forEach((commit, position) => {
    const time = scene.commitTime(position);
    const x = axis.xOfTime(time);
    if (time < 0 || x < layout.gutter - 5 || x > layout.width + 5) return;
    const place = { x, y: layout.commits + 10 };
    context.globalAlpha = time <= scene.state.now ? 1 : 0.3;
    drawCommit(scene, context, {
      ...place,
      commit,
      isChosen: position === scene.highlightedCommit(),
    });
    const next = position + 1 < commits.length ? scene.commitTime(position + 1) : -1;
    if (x - lastLabel > 34 && (next < 0 || axis.xOfTime(next) - x > 26)) {
      drawCommitNumber(scene, context, { ...place, index: commit.index });
      lastLabel = x;
    }
  });
  context.globalAlpha = 1;
}

/** A bar for a P slot's commit, a disc for a C slot's, a square for a chain's; conflicts are crossed. */
function drawCommit({ colors }, context, { x, y, commit, isChosen }) {
  const color = commit.isConflict ? colors.skip : commit.index % 2 === 1 ? colors.commitA : colors.commitB;
  context.fillStyle = context.strokeStyle = color;
  context.lineWidth = 2;
  if (commit.slot.startsWith("P")) context.fillRect(x - 1.5, y - 7, 3, 12);
  else if (commit.slot.startsWith("C")) {
    context.beginPath();
    context.arc(x, y - 1, 5, 0, 2 * Math.PI);
    context.fill();
  } else context.fillRect(x - 3, y - 4, 6, 6);
  if (commit.isConflict) cross(context, { x, y: y - 1, size: 6 });
  if (!isChosen) return;
  context.strokeStyle = colors.select;
  context.strokeRect(x - 4, y - 9, 8, 16);
}

function drawCommitNumber({ colors }, context, { x, y, index }) {
  context.font = FONT;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = colors.soft;
  context.fillText(String(index), x + 4, y);
}

function drawFaults(scene, context) {
  const { model, axis, layout, colors } = scene;
  model.view.faults.forEach((fault, position) => {
    const lane = layout.faults.lanes[position];
    const y = layout.faultsAt + lane * layout.lane;
    if (y + layout.lane > layout.actsAt + 1) return;
    const from = Math.max(layout.gutter, axis.xOfTime(fault.fromUs));
    const to = Math.min(layout.width, axis.xOfTime(fault.toUs));
    if (to <= from) return;
    context.fillStyle = fault.kind === "behaviour" ? colors.bg : colors.fault;
    context.strokeStyle = fault.kind === "behaviour" ? colors.act : colors.faultText;
    context.lineWidth = 1;
    context.fillRect(from, y + 1, to - from, layout.lane - 3);
    context.globalAlpha = 0.45;
    if (fault.kind === "partition")
      hatch(context, { x: from, y: y + 1, width: to - from, height: layout.lane - 3, gap: 7 });
    context.globalAlpha = 1;
    context.strokeRect(from + 0.5, y + 1.5, to - from - 1, layout.lane - 4);
    const nodes = fault.nodes === null || fault.kind !== "behaviour" ? "" : ` (${fault.nodes.join(" ")})`;
    label(context, {
      text: `${fault.label}${nodes}`,
      x: from + 4,
      y: y + layout.lane / 2,
      room: to - from - 8,
      color: fault.kind === "behaviour" ? colors.act : colors.faultText,
    });
  });
}

function label(context, { text, x, y, room, color }) {
  if (room < 12) return;
  context.font = FONT;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillStyle = color;
  const most = Math.floor(room / 5.6);
  context.fillText(text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text, x, y);
}

function drawLane({ axis, layout, colors, state }, context, { lane, y, color }) {
  context.strokeStyle = colors.line;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(layout.gutter, y + layout.lane - 3.5);
  context.lineTo(layout.width, y + layout.lane - 3.5);
  context.stroke();
  context.fillStyle = colors[color];
  for (const [time, count] of lane.marks) {
    const x = axis.xOfTime(time);
    if (x < layout.gutter || x > layout.width) continue;
    const high = Math.min(layout.lane - 4, 3 + 2.4 * Math.log2(1 + count));
    context.globalAlpha = time <= state.now ? 1 : 0.3;
    context.fillRect(x - 0.8, y + layout.lane - 4 - high, 1.6, high);
  }
  context.globalAlpha = 1;
}

/** A strip a node: the darker, the more rounds behind; hatched while it does not run; commits as notches. */
function drawStrips(scene, context) {
  const { model, axis, layout, colors, state } = scene;
  const from = Math.max(layout.gutter, axis.xOfTime(0));
  const to = Math.min(layout.width, axis.xOfTime(model.view.endUs));
  const samples = [];
  for (let x = from; x < to; x += PIXELS_PER_STEP) {
    const time = axis.timeAt(x + PIXELS_PER_STEP / 2);
    samples.push({
      x,
      time,
      highest: model.frontier.round[Math.max(0, lastUpTo(model.frontier.at, time))],
    });
  }
  state.shown.forEach((node, row) => {
    const y = layout.strips + row * layout.stripHeight;
    drawLag({ layout, colors }, context, { samples, rounds: model.view.nodes[node].rounds, y });
    drawStripMarks(scene, context, { node, y });
  });
}

/** Neighbours of one shade are drawn as one. */
function drawLag({ layout, colors }, context, { samples, rounds, y }) {
  const height = Math.max(1, layout.stripHeight - 1);
  let cursor = 0;
  let start = 0;
  let shade = -1;
  const paint = (end) => {
    if (shade < 0) return;
    context.fillStyle = colors.lag[shade];
    context.fillRect(samples[start].x, y, (end - start) * PIXELS_PER_STEP, height);
  };
  samples.forEach(({ time, highest }, position) => {
    while (cursor < rounds.length && rounds[cursor] <= time) cursor += 2;
    const level = levelOf(highest - (cursor === 0 ? 0 : rounds[cursor - 1]));
    if (level === shade) return;
    paint(position);
    shade = level;
    start = position;
  });
  paint(samples.length);
}

function levelOf(lag) {
  const level = LAG_LEVELS.findIndex((most) => lag <= most);
  return level < 0 ? LAG_LEVELS.length : level;
}

function drawStripMarks({ model, axis, layout, colors }, context, { node, y }) {
  const height = Math.max(1, layout.stripHeight - 1);
  for (const [from, to] of model.down[node]) {
    const x = Math.max(layout.gutter, axis.xOfTime(from));
    context.fillStyle = colors.bg;
    context.fillRect(x, y, axis.xOfTime(to) - x, height);
    context.strokeStyle = colors.fg;
    context.lineWidth = 1;
    hatch(context, { x, y, width: axis.xOfTime(to) - x, height, gap: 4 });
  }
  if (layout.stripHeight < 4) return;
  context.fillStyle = colors.commitA;
  for (const { at } of model.view.commits) {
    const x = at[node] < 0 ? -1 : axis.xOfTime(at[node]);
    if (x >= layout.gutter && x <= layout.width) context.fillRect(x - 0.6, y + height * 0.4, 1.2, height * 0.6);
  }
}

function drawTimes({ model, axis, layout, colors }, context) {
  context.font = FONT;
  context.fillStyle = colors.soft;
  context.strokeStyle = colors.soft;
  context.textBaseline = "middle";
  context.textAlign = "center";
  context.lineWidth = 1;
  const mark = (x, time) => {
    context.beginPath();
    context.moveTo(x, layout.times);
    context.lineTo(x, layout.times + 4);
    context.stroke();
    context.fillText(formatTime(Math.round(time)), x, layout.times + 11);
  };
  const steps = Math.max(1, Math.floor(axis.width / 105));
  if (axis.kind === "time") {
    const step = niceStep((axis.to - axis.from) / steps);
    for (
      let time = Math.max(0, Math.ceil(axis.from / step) * step);
      time <= Math.min(axis.to, model.view.endUs);
      time += step
    )
      mark(axis.x(time), time);
    return;
  }
  const columns = Math.max(1, Math.ceil(105 / axis.columnPx));
  const last = Math.min(model.lastRound, axis.to);
  for (let round = Math.max(columns, Math.ceil(axis.from / columns) * columns); round <= last; round += columns) {
    if (axis.x(round) > layout.gutter + 24) mark(axis.x(round), model.roundTimes[round]);
  }
}

function niceStep(least) {
  const power = 10 ** Math.floor(Math.log10(Math.max(1, least)));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= least);
}

function drawNames(scene, context) {
  const { layout, state, colors, model } = scene;
  context.fillStyle = colors.bg;
  context.fillRect(0, 0, layout.gutter - 4, layout.height);
  context.font = FONT;
  context.textBaseline = "middle";
  context.textAlign = "right";
  const name = (text, y, color = colors.soft) => {
    context.fillStyle = color;
    context.fillText(text.length > 13 ? `${text.slice(0, 12)}…` : text, layout.gutter - 8, y);
  };
  name("round", 9);
  if (layout.slotP !== null) name(model.isChain ? "leaders" : "P slots", layout.slotP + 8.5);
  if (layout.slotC !== null) name("C slots", layout.slotC + 8.5);
  const every = Math.ceil(11 / layout.rowHeight);
  state.shown.forEach((node, row) => {
    if (row % every !== 0) return;
    const y = layout.rows + (row + 0.5) * layout.rowHeight;
    const sign = signOf(model, node, state.now);
    name(`${sign}${node}`, y, sign === "" ? colors.fg : colors.corrupt);
  });
  name("commits", layout.commits + 9);
  layout.acts.forEach((lane, row) => name(lane.name, layout.actsAt + row * layout.lane + 6, colors.act));
  layout.kept.forEach((lane, row) => name(`⊘ ${lane.name}`, layout.keptAt + row * layout.lane + 6, colors.kept));
  if (layout.faults.laneCount > 0) name("faults", layout.faultsAt + 7);
  name(layout.stripHeight * state.shown.length > 12 ? "rounds" : "behind", layout.strips + 5);
  if (layout.stripHeight * state.shown.length > 24) name("behind", layout.strips + 17);
  name("time", layout.times + 11);
}

function signOf(model, node, now) {
  if (model.down[node].some(([from, to]) => from <= now && now < to)) return "✕ ";
  return model.corruptedFrom[node] >= 0 && model.corruptedFrom[node] <= now ? "B " : "";
}

function drawNow({ axis, layout, colors, state }, context) {
  const x = axis.xOfTime(state.now);
  if (x < layout.gutter) return;
  context.strokeStyle = context.fillStyle = colors.now;
  context.lineWidth = 1.5;
  context.beginPath();
  context.moveTo(x, 18);
  context.lineTo(x, layout.times + 4);
  context.stroke();
  diamond(context, { x, y: layout.times + 4, size: 4 });
  context.fill();
}
