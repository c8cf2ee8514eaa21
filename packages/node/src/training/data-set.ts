// The one shape in which pictures of digits are handed around: drawn (digits.ts) or read from files (idx.ts).

export const IMAGE_SIDE = 28;
export const IMAGE_PIXELS: number = IMAGE_SIDE * IMAGE_SIDE;
export const CLASS_COUNT = 10;

/** `images` holds `count` pictures of 28 × 28 bytes, row by row, 0 = paper, 255 = ink. */
export interface DigitDataSet {
  readonly count: number;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/** A copy that holds only the named samples, in the order named. */
export function subset(dataSet: DigitDataSet, indexes: ArrayLike<number>): DigitDataSet {
  const images = new Uint8Array(indexes.length * IMAGE_PIXELS);
  const labels = new Uint8Array(indexes.length);
  for (let target = 0; target < indexes.length; target += 1) {
    const source = indexes[target] ?? 0;
    images.set(dataSet.images.subarray(source * IMAGE_PIXELS, (source + 1) * IMAGE_PIXELS), target * IMAGE_PIXELS);
    labels[target] = dataSet.labels[source] ?? 0;
  }
  return { count: indexes.length, images, labels };
}
