// Colours of the canvas, and how things are told apart without them: shape, weight, hatching.

const LIGHT = {
  bg: "#fbfbf8",
  fg: "#1c1c1a",
  soft: "#77766f",
  line: "#e4e2db",
  edge: "#b9b7ae",
  edgeLeader: "#6f6d66",
  block: "#ffffff",
  outline: "#55544f",
  commitA: "#2f6db5",
  commitB: "#a9cbef",
  onA: "#ffffff",
  onB: "#12304f",
  vote: "#17803d",
  blame: "#c25700",
  certificate: "#0d5c2a",
  skip: "#b3261e",
  twin: "#b0127b",
  down: "#8b8a84",
  corrupt: "#b0127b",
  fault: "#d9b25c",
  faultText: "#3a2a00",
  act: "#b0127b",
  kept: "#7a5a00",
  now: "#d11f1f",
  select: "#000000",
  lag: ["#eceae4", "#d3cfc2", "#a8a292", "#716b5c", "#2f2c25"],
};
const DARK = {
  bg: "#16181b",
  fg: "#e8e6e1",
  soft: "#97958e",
  line: "#2b2e33",
  edge: "#4b5058",
  edgeLeader: "#8d929c",
  block: "#1f2227",
  outline: "#a9a79f",
  commitA: "#5f9fe6",
  commitB: "#27486b",
  onA: "#08192b",
  onB: "#dcebfa",
  vote: "#5fd38a",
  blame: "#ff9f4a",
  certificate: "#9be8b6",
  skip: "#ff7b72",
  twin: "#ff7ac6",
  down: "#8d8b85",
  corrupt: "#ff7ac6",
  fault: "#80662a",
  faultText: "#fff3d6",
  act: "#ff7ac6",
  kept: "#d9b25c",
  now: "#ff5c5c",
  select: "#ffffff",
  lag: ["#24272c", "#3a3e44", "#5c6068", "#8e9199", "#e4e2dc"],
};

export function paletteOf(theme) {
  return theme === "dark" ? DARK : LIGHT;
}

export const FONT = '11px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';
export const FONT_BOLD = 'bold 11px system-ui, "Segoe UI", "DejaVu Sans", sans-serif';

/** Slanted lines over a rectangle. */
export function hatch(context, { x, y, width, height, gap = 5 }) {
  if (width <= 0 || height <= 0) return;
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.beginPath();
  const first = Math.floor((x - height) / gap) * gap;
  for (let start = first; start < x + width; start += gap) {
    context.moveTo(start, y + height);
    context.lineTo(start + height, y);
  }
  context.stroke();
  context.restore();
}

export function polygon(context, points) {
  context.beginPath();
  points.forEach(([x, y], position) => (position === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  context.closePath();
}

export function diamond(context, { x, y, size }) {
  polygon(context, [
    [x, y - size],
    [x + size, y],
    [x, y + size],
    [x - size, y],
  ]);
}

export function cross(context, { x, y, size }) {
  context.beginPath();
  context.moveTo(x - size, y - size);
  context.lineTo(x + size, y + size);
  context.moveTo(x + size, y - size);
  context.lineTo(x - size, y + size);
  context.stroke();
}

export function formatTime(micros) {
  const seconds = micros / 1e6;
  if (Math.abs(seconds) < 1) return `${(micros / 1000).toFixed(micros % 1000 === 0 ? 0 : 2)} ms`;
  return `${seconds.toFixed(3)} s`;
}
