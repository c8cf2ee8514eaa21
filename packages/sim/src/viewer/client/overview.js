// The strip above the slider: the whole run in true time, with commits, faults and what is in sight.

import { lastUpTo } from "./model.js";

export function drawOverview({ model, axis, state, colors }, context, { width, height }) {
  const { view } = model;
  const x = (time) => (Math.max(0, time) / view.endUs) * width;
  context.clearRect(0, 0, width, height);
  context.fillStyle = colors.fault;
  for (const { kind, fromUs, toUs } of view.faults) {
    if (kind !== "behaviour") context.fillRect(x(fromUs), height - 6, Math.max(1, x(toUs) - x(fromUs)), 5);
  }
  context.fillStyle = colors.act;
  for (const { marks } of view.acts) for (const [time] of marks) context.fillRect(x(time), height - 10, 1, 4);
  drawProgress({ model, colors }, context, { width, height });
  context.fillStyle = colors.commitA;
  for (const time of model.firstAt) if (time >= 0) context.fillRect(x(time), 2, 1, 5);
  const from = x(axis.timeAt(axis.left));
  const to = x(axis.timeAt(axis.left + axis.width));
  context.globalAlpha = 0.14;
  context.fillStyle = colors.fg;
  context.fillRect(from, 0, Math.max(2, to - from), height);
  context.globalAlpha = 1;
  context.strokeStyle = colors.soft;
  context.strokeRect(from + 0.5, 0.5, Math.max(2, to - from) - 1, height - 1);
  context.fillStyle = colors.now;
  context.fillRect(x(state.now) - 1, 0, 2, height);
}

/** Rounds over time. */
function drawProgress({ model, colors }, context, { width, height }) {
  context.strokeStyle = colors.soft;
  context.lineWidth = 1;
  context.beginPath();
  for (let pixel = 0; pixel <= width; pixel += 2) {
    const round = model.frontier.round[Math.max(0, lastUpTo(model.frontier.at, (pixel / width) * model.view.endUs))];
    const y = height - 2 - (round / Math.max(1, model.lastRound)) * (height - 10);
    if (pixel === 0) context.moveTo(pixel, y);
    else context.lineTo(pixel, y);
  }
  context.stroke();
}
