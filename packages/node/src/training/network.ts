// The arithmetic of the digit reader: forward and backward passes over one sample, the step over one batch.
// The first layer is kept by input (784 rows of `width`), so that a zero pixel, four in five of MNIST's, costs nothing.
// Plain loops in float32 storage; reproducible on one machine, and nothing that validators agree on is computed here.
import { CLASS_COUNT, IMAGE_PIXELS, type DigitDataSet } from "./data-set.ts";

/** Parameters or gradients of a network; `outer*` are empty when there is no hidden layer. */
export interface LayerArrays {
  /** [784, width], the transpose of `fc1.weight`. */
  readonly inner: Float32Array;
  readonly innerBias: Float32Array;
  /** [10, hidden] */
  readonly outer: Float32Array;
  readonly outerBias: Float32Array;
}

export function zeroLayers(hidden: number): LayerArrays {
  const width = hidden === 0 ? CLASS_COUNT : hidden;
  return {
    inner: new Float32Array(IMAGE_PIXELS * width),
    innerBias: new Float32Array(width),
    outer: new Float32Array(CLASS_COUNT * hidden),
    outerBias: new Float32Array(hidden === 0 ? 0 : CLASS_COUNT),
  };
}

export interface Verdict {
  readonly label: number;
  readonly loss: number;
}

/** A network at work: its parameters, and scratch for one sample at a time. */
export class Network {
  readonly parameters: LayerArrays;
  readonly #hidden: number;
  readonly #width: number;
  /** The inked pixels of the sample at hand: `#inkedCount` positions and values from 0 to 1. */
  readonly #inked: Uint16Array = new Uint16Array(IMAGE_PIXELS);
  readonly #ink: Float32Array = new Float32Array(IMAGE_PIXELS);
  #inkedCount = 0;
  readonly #first: Float32Array;
  readonly #firstGradient: Float32Array;
  /** Scores on the way forward; after `#softmax` the probabilities; on the way back their gradient. */
  readonly #scores: Float64Array = new Float64Array(CLASS_COUNT);

  constructor(hidden: number, parameters: LayerArrays) {
    this.#hidden = hidden;
    this.parameters = parameters;
    this.#width = parameters.innerBias.length;
    this.#first = new Float32Array(this.#width);
    this.#firstGradient = new Float32Array(this.#width);
  }

  /** The class it reads, and the cross-entropy of the true one. */
  judge(dataSet: DigitDataSet, sample: number): Verdict {
    this.#forward(dataSet, sample);
    const scores = this.#scores;
    let label = 0;
    for (let c = 1; c < CLASS_COUNT; c += 1) if ((scores[c] ?? 0) > (scores[label] ?? 0)) label = c;
    // A diverged model reads nothing: NaN compares as false, so it answers 0, which is as good as guessing.
    this.#softmax();
    return { label, loss: -Math.log(Math.max(1e-12, scores[dataSet.labels[sample] ?? 0] ?? 0)) };
  }

  /** Adds the gradient of one sample's loss to `gradient`. */
  addGradient(dataSet: DigitDataSet, sample: number, gradient: LayerArrays): void {
    this.#forward(dataSet, sample);
    this.#softmax();
    const label = dataSet.labels[sample] ?? 0;
    this.#scores[label] = (this.#scores[label] ?? 0) - 1;
    if (this.#hidden === 0) this.#firstGradient.set(this.#scores);
    else this.#backThroughOuter(gradient);
    this.#backThroughInner(gradient);
  }

  #forward(dataSet: DigitDataSet, sample: number): void {
    this.#gatherInk(dataSet.images, sample * IMAGE_PIXELS);
    const width = this.#width;
    const first = this.#first;
    const { inner, innerBias } = this.parameters;
    first.set(innerBias);
    for (let k = 0; k < this.#inkedCount; k += 1) {
      const row = (this.#inked[k] ?? 0) * width;
      const ink = this.#ink[k] ?? 0;
      for (let j = 0; j < width; j += 1) first[j] = (first[j] ?? 0) + ink * (inner[row + j] ?? 0);
    }
    if (this.#hidden === 0) this.#scores.set(first);
    else this.#forwardOuter();
  }

  #gatherInk(images: Uint8Array, start: number): void {
    let count = 0;
    for (let pixel = 0; pixel < IMAGE_PIXELS; pixel += 1) {
      const value = images[start + pixel] ?? 0;
      if (value === 0) continue;
      this.#inked[count] = pixel;
      this.#ink[count] = value / 255;
      count += 1;
    }
    this.#inkedCount = count;
  }

  #forwardOuter(): void {
    const hidden = this.#hidden;
    const first = this.#first;
    const { outer, outerBias } = this.parameters;
    for (let j = 0; j < hidden; j += 1) if ((first[j] ?? 0) < 0) first[j] = 0;
    for (let c = 0; c < CLASS_COUNT; c += 1) {
      let sum = outerBias[c] ?? 0;
      for (let j = 0; j < hidden; j += 1) sum += (first[j] ?? 0) * (outer[c * hidden + j] ?? 0);
      this.#scores[c] = sum;
    }
  }

  #softmax(): void {
    const scores = this.#scores;
    let largest = -Infinity;
    for (let c = 0; c < CLASS_COUNT; c += 1) largest = Math.max(largest, scores[c] ?? 0);
    let total = 0;
    for (let c = 0; c < CLASS_COUNT; c += 1) {
      const power = Math.exp((scores[c] ?? 0) - largest);
      scores[c] = power;
      total += power;
    }
    for (let c = 0; c < CLASS_COUNT; c += 1) scores[c] = (scores[c] ?? 0) / total;
  }

  #backThroughOuter(gradient: LayerArrays): void {
    const hidden = this.#hidden;
    const first = this.#first;
    const back = this.#firstGradient;
    const { outer } = this.parameters;
    const { outer: outerGradient, outerBias: biasGradient } = gradient;
    back.fill(0);
    for (let c = 0; c < CLASS_COUNT; c += 1) {
      const error = this.#scores[c] ?? 0;
      biasGradient[c] = (biasGradient[c] ?? 0) + error;
      const row = c * hidden;
      for (let j = 0; j < hidden; j += 1) {
        outerGradient[row + j] = (outerGradient[row + j] ?? 0) + error * (first[j] ?? 0);
        back[j] = (back[j] ?? 0) + error * (outer[row + j] ?? 0);
      }
    }
    for (let j = 0; j < hidden; j += 1) if ((first[j] ?? 0) === 0) back[j] = 0;
  }

  #backThroughInner(gradient: LayerArrays): void {
    const width = this.#width;
    const back = this.#firstGradient;
    const { inner, innerBias } = gradient;
    for (let j = 0; j < width; j += 1) innerBias[j] = (innerBias[j] ?? 0) + (back[j] ?? 0);
    for (let k = 0; k < this.#inkedCount; k += 1) {
      const row = (this.#inked[k] ?? 0) * width;
      const ink = this.#ink[k] ?? 0;
      for (let j = 0; j < width; j += 1) inner[row + j] = (inner[row + j] ?? 0) + ink * (back[j] ?? 0);
    }
  }
}

/** One step of gradient descent with momentum. `gradient` holds a sum over the batch and is zeroed for the next. */
export function descend(options: {
  readonly parameters: LayerArrays;
  readonly gradient: LayerArrays;
  readonly velocity: LayerArrays;
  readonly rate: number;
  readonly momentum: number;
}): void {
  const { parameters, gradient, velocity, rate, momentum } = options;
  for (const part of ["inner", "innerBias", "outer", "outerBias"] as const) {
    const [values, slopes, speeds] = [parameters[part], gradient[part], velocity[part]];
    for (let i = 0; i < values.length; i += 1) {
      const speed = momentum * (speeds[i] ?? 0) + (slopes[i] ?? 0);
      speeds[i] = speed;
      values[i] = (values[i] ?? 0) - rate * speed;
    }
    slopes.fill(0);
  }
}
