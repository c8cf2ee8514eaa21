import { expect, test } from "vitest";
import { IMAGE_PIXELS, subset } from "../../src/training/data-set.ts";
import { drawDigitRange, drawDigits, drawnLabels } from "../../src/training/digits.ts";

test("a digit is the same picture whoever draws it and however many others are drawn", () => {
  const all = drawDigitRange({ seed: "a", first: 0, count: 40 });
  const some = drawDigits({ seed: "a", indexes: [37, 5, 12] });
  expect(some).toEqual(subset(all, [37, 5, 12]));
  expect(drawDigitRange({ seed: "b", first: 0, count: 40 }).images).not.toEqual(all.images);
});

test("labels take turns and are known without drawing", () => {
  const drawn = drawDigitRange({ seed: "a", first: 0, count: 25 });
  expect(drawn.labels).toEqual(drawnLabels(25));
  expect([...drawnLabels(12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
});

test("a picture has ink, mostly paper, and keeps off the border", () => {
  const { images } = drawDigitRange({ seed: "ink", first: 0, count: 200 });
  let borderInk = 0;
  let totalInk = 0;
  for (let sample = 0; sample < 200; sample += 1) {
    const image = images.subarray(sample * IMAGE_PIXELS, (sample + 1) * IMAGE_PIXELS);
    const inked = image.filter((value) => value > 0).length;
    expect(inked).toBeGreaterThan(20);
    expect(inked).toBeLessThan(IMAGE_PIXELS * 0.5);
    for (const [pixel, value] of image.entries()) {
      totalInk += value;
      if (pixel < 28 || pixel >= IMAGE_PIXELS - 28) borderInk += value;
    }
  }
  expect(borderInk / totalInk).toBeLessThan(0.01);
});

test("two digits of one class differ", () => {
  const { images } = drawDigits({ seed: "a", indexes: [3, 13] });
  expect(images.subarray(0, IMAGE_PIXELS)).not.toEqual(images.subarray(IMAGE_PIXELS));
});
