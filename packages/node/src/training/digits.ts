// Draws digits that look handwritten: strokes with shift, slant, rotation, scale, thickness, wobble and noise, all seeded.
// Digit i of a seed is the same picture whoever draws it and however many are drawn, so a device draws its own share only.
import { CLASS_COUNT, IMAGE_PIXELS, IMAGE_SIDE, type DigitDataSet } from "./data-set.ts";
import { DIGIT_SKELETONS, type Skeleton, type SkeletonPoint, type Stroke } from "./digit-skeletons.ts";
import { Prng } from "./prng.ts";

const STEPS_PER_SPAN = 4;
const FAR = 1e6;
const DIGIT_HEIGHT = 19;
const DIGIT_WIDTH = 14;

/** The label of each drawn digit: the classes take turns, so every prefix is balanced. */
export function drawnLabels(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, (_, index) => index % CLASS_COUNT);
}

/** Draws the digits with these numbers. */
export function drawDigits(options: { readonly seed: string; readonly indexes: ArrayLike<number> }): DigitDataSet {
  const { seed, indexes } = options;
  const images = new Uint8Array(indexes.length * IMAGE_PIXELS);
  const labels = new Uint8Array(indexes.length);
  const distances = new Float32Array(IMAGE_PIXELS);
  for (let position = 0; position < indexes.length; position += 1) {
    const index = indexes[position] ?? 0;
    const label = index % CLASS_COUNT;
    labels[position] = label;
    const target = images.subarray(position * IMAGE_PIXELS, (position + 1) * IMAGE_PIXELS);
    drawOne({ label, prng: new Prng({ seed, purpose: "digit", index }), distances, target });
  }
  return { count: indexes.length, images, labels };
}

/** Draws the digits `first` … `first + count − 1`. */
export function drawDigitRange(options: {
  readonly seed: string;
  readonly first: number;
  readonly count: number;
}): DigitDataSet {
  const { seed, first, count } = options;
  return drawDigits({ seed, indexes: Array.from({ length: count }, (_, offset) => first + offset) });
}

interface Pen {
  /** The map from the unit square to pixels: x' = xx·x + xy·y + x0, and so for y'. */
  readonly xx: number;
  readonly xy: number;
  readonly x0: number;
  readonly yx: number;
  readonly yy: number;
  readonly y0: number;
  readonly radius: number;
  readonly wobble: number;
}

interface Drawing {
  readonly label: number;
  readonly prng: Prng;
  /** Scratch: for each pixel the square of its distance to the nearest stroke. */
  readonly distances: Float32Array;
  readonly target: Uint8Array;
}

function drawOne({ label, prng, distances, target }: Drawing): void {
  const variants: readonly Skeleton[] = DIGIT_SKELETONS[label] ?? [];
  const skeleton = variants[prng.below(variants.length)] ?? [];
  const pen = choosePen(prng);
  distances.fill(FAR);
  for (const stroke of skeleton) traceStroke({ points: placeStroke(stroke, pen, prng), radius: pen.radius, distances });
  inkPixels({ prng, distances, target, radius: pen.radius });
}

function choosePen(prng: Prng): Pen {
  const width = DIGIT_WIDTH * prng.between(0.75, 1.15);
  const height = DIGIT_HEIGHT * prng.between(0.85, 1.1);
  const angle = 0.1 * prng.normal();
  const slant = 0.12 + 0.16 * prng.normal();
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  // Slant first (x −= slant·y, since y grows downwards), then rotation, both about the digit's middle.
  const xx = cos * width;
  const xy = -height * (slant * cos + sin);
  const yx = sin * width;
  const yy = height * (cos - slant * sin);
  const middle = IMAGE_SIDE / 2 - 0.5;
  const x0 = middle + prng.normal() - (xx + xy) / 2;
  const y0 = middle + 0.9 * prng.normal() - (yx + yy) / 2;
  return { xx, xy, x0, yx, yy, y0, radius: prng.between(0.65, 1.75), wobble: prng.between(0.02, 0.055) };
}

/** The stroke's points in pixels, wobbled, with the curve between them cut into short straight pieces. */
function placeStroke(stroke: Stroke, pen: Pen, prng: Prng): Float64Array {
  const placed = stroke.map(([x, y, corner]): SkeletonPoint => {
    const u = x + pen.wobble * prng.normal();
    const v = y + pen.wobble * prng.normal();
    const point = [pen.xx * u + pen.xy * v + pen.x0, pen.yx * u + pen.yy * v + pen.y0] as const;
    return corner === undefined ? point : [...point, corner];
  });
  const pieces = new Float64Array(((placed.length - 1) * STEPS_PER_SPAN + 1) * 2);
  for (let span = 0; span + 1 < placed.length; span += 1) sampleSpan(placed, span, pieces);
  const last = placed.at(-1);
  if (last !== undefined) pieces.set([last[0], last[1]], pieces.length - 2);
  return pieces;
}

/** Catmull–Rom between two points. At a corner or an end the curve takes the chord's direction. */
function sampleSpan(points: Stroke, span: number, pieces: Float64Array): void {
  const from = points[span];
  const to = points[span + 1];
  if (from === undefined || to === undefined) return;
  const before = from[2] === "corner" ? from : (points[span - 1] ?? from);
  const after = to[2] === "corner" ? to : (points[span + 2] ?? to);
  for (let step = 0; step < STEPS_PER_SPAN; step += 1) {
    const t = step / STEPS_PER_SPAN;
    const offset = (span * STEPS_PER_SPAN + step) * 2;
    pieces[offset] = catmullRom([before[0], from[0], to[0], after[0]], t);
    pieces[offset + 1] = catmullRom([before[1], from[1], to[1], after[1]], t);
  }
}

function catmullRom([a, b, c, d]: readonly [number, number, number, number], t: number): number {
  return b + 0.5 * t * (c - a + t * (2 * a - 5 * b + 4 * c - d + t * (3 * (b - c) + d - a)));
}

interface Trace {
  readonly points: Float64Array;
  readonly radius: number;
  readonly distances: Float32Array;
}

function traceStroke({ points, radius, distances }: Trace): void {
  for (let offset = 0; offset + 3 < points.length; offset += 2) {
    const [x0 = 0, y0 = 0, x1 = 0, y1 = 0] = points.subarray(offset, offset + 4);
    tracePiece({ x0, y0, x1, y1, reach: radius + 1, distances });
  }
}

interface Piece {
  readonly x0: number;
  readonly y0: number;
  readonly x1: number;
  readonly y1: number;
  /** No ink falls further away than this. */
  readonly reach: number;
  readonly distances: Float32Array;
}

function tracePiece({ x0, y0, x1, y1, reach, distances }: Piece): void {
  const dx = x1 - x0;
  const dy = y1 - y0;
  const inverseLength = 1 / (dx * dx + dy * dy + 1e-9);
  const left = Math.max(0, Math.ceil(Math.min(x0, x1) - reach));
  const right = Math.min(IMAGE_SIDE - 1, Math.floor(Math.max(x0, x1) + reach));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1) - reach));
  const bottom = Math.min(IMAGE_SIDE - 1, Math.floor(Math.max(y0, y1) + reach));
  for (let y = top; y <= bottom; y += 1) {
    for (let x = left; x <= right; x += 1) {
      const along = Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) * inverseLength));
      const ex = x - x0 - along * dx;
      const ey = y - y0 - along * dy;
      const pixel = y * IMAGE_SIDE + x;
      distances[pixel] = Math.min(distances[pixel] ?? FAR, ex * ex + ey * ey);
    }
  }
}

interface Inking {
  readonly prng: Prng;
  readonly distances: Float32Array;
  readonly target: Uint8Array;
  readonly radius: number;
}

/** Coverage falls over one pixel at the stroke's edge; the ink varies, and some specks fall on the paper. */
function inkPixels({ prng, distances, target, radius }: Inking): void {
  const ink = prng.between(200, 255);
  const grain = prng.between(0, 70);
  for (let pixel = 0; pixel < IMAGE_PIXELS; pixel += 1) {
    const squared = distances[pixel] ?? FAR;
    if (squared >= FAR) continue;
    const coverage = Math.min(1, Math.max(0, radius + 0.5 - Math.sqrt(squared)));
    const value = coverage * (ink - grain * prng.between(0, 1));
    target[pixel] = Math.max(0, Math.round(value));
  }
  const specks = prng.below(14);
  for (let speck = 0; speck < specks; speck += 1) {
    const pixel = prng.below(IMAGE_PIXELS);
    target[pixel] = Math.max(target[pixel] ?? 0, Math.round(prng.between(20, 160)));
  }
}
