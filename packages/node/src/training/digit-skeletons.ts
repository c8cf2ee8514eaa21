// The skeletons of the drawn digits: for each class some ways in which people write it. Used by digits.ts only.
// A stroke is written as points "x,y" in hundredths of the digit's box, y downwards, with "!" where the pen turns sharply;
// a smooth curve goes through all others.
import { mustExist } from "@selvedge/integrity";

/** x, y, and whether the pen turns sharply here. */
export type SkeletonPoint = readonly [x: number, y: number, corner?: "corner"];
export type Stroke = readonly SkeletonPoint[];
export type Skeleton = readonly Stroke[];

const ZERO: readonly Skeleton[] = [
  [stroke("52,0 20,14 6,50 20,86 50,100 80,86 94,50 80,14 48,0")],
  [stroke("62,3 35,6 18,45 28,90 52,98 76,70 78,25 56,0 36,10")],
  [stroke("30,8 10,40 16,80 45,98 80,82 90,45 70,8 40,3")],
];

const ONE: readonly Skeleton[] = [
  [stroke("50,0 50,50 50,100")],
  [stroke("28,24 44,12 56,0! 55,50 54,100")],
  [stroke("30,20 52,0! 52,100"), stroke("26,100 80,99")],
];

const TWO: readonly Skeleton[] = [
  [stroke("12,26 30,5 64,2 85,25 70,52 40,76 8,98! 50,96 94,97")],
  [stroke("16,20 45,0 80,16 74,48 42,82 14,96 10,82 32,80 60,94 94,92")],
  [stroke("12,8 50,0 82,12 76,40 46,68 14,94! 88,92")],
];

const THREE: readonly Skeleton[] = [
  [stroke("14,14 45,0 80,15 72,38 38,48! 76,56 88,78 55,100 10,90")],
  [stroke("14,4 84,3! 42,42! 80,52 88,76 52,100 10,90")],
  [stroke("22,8 56,0 78,16 62,42 50,48 72,56 80,78 56,98 20,96")],
];

const FOUR: readonly Skeleton[] = [
  [stroke("22,2 16,30 12,56! 50,56 92,53"), stroke("74,5 72,50 70,100")],
  [stroke("68,100 68,50 70,0! 8,68! 95,66")],
  [stroke("26,6 14,40 30,56 60,50 78,34"), stroke("80,0 74,50 66,100")],
];

const FIVE: readonly Skeleton[] = [
  [stroke("86,2 26,4! 20,46! 56,38 86,60 74,90 40,100 10,90")],
  [stroke("30,6 24,42! 60,44 80,68 60,94 16,98"), stroke("28,5 60,3 92,4")],
  [stroke("82,0 44,6! 26,42 50,48 74,68 56,94 20,94")],
];

const SIX: readonly Skeleton[] = [
  [stroke("76,2 42,20 16,55 20,88 50,100 82,84 78,60 50,50 22,66")],
  [stroke("46,0 26,36 18,74 36,98 68,94 80,72 58,56 32,64 24,82")],
  [stroke("84,10 54,4 22,34 14,72 40,100 74,92 82,68 56,54 20,72")],
];

const SEVEN: readonly Skeleton[] = [
  [stroke("8,6 50,5 90,4! 62,44 42,100")],
  [stroke("10,8 88,4! 60,50 46,100"), stroke("28,52 78,48")],
  [stroke("12,16 13,6! 50,10 86,4! 70,40 62,100")],
];

const EIGHT: readonly Skeleton[] = [
  [stroke("78,15 50,0 20,18 42,43 76,64 78,90 46,100 16,84 30,58 62,40 80,16")],
  [stroke("50,0 24,20 48,44 76,22 50,0"), stroke("48,44 16,72 48,100 84,72 50,44")],
  [stroke("86,8 56,2 30,16 50,44 68,70 50,98 22,84 44,50 86,10")],
];

const NINE: readonly Skeleton[] = [
  [stroke("82,18 50,2 18,22 28,48 62,46 83,18! 80,55 72,100")],
  [stroke("78,22 52,0 20,20 34,50 68,42 80,16 82,60 60,94 22,94")],
  [stroke("70,8 38,6 22,32 50,48 78,26 76,4! 66,50 48,100")],
];

/** One entry for each class, 0 to 9. */
export const DIGIT_SKELETONS: readonly (readonly Skeleton[])[] = [
  ZERO,
  ONE,
  TWO,
  THREE,
  FOUR,
  FIVE,
  SIX,
  SEVEN,
  EIGHT,
  NINE,
];

function stroke(points: string): Stroke {
  return points.split(" ").map((point): SkeletonPoint => {
    const [, x, y, corner] = mustExist(/^(\d+),(\d+)(!?)$/.exec(point), "a point is x,y and perhaps a corner");
    const place = [Number(x) / 100, Number(y) / 100] as const;
    return corner === "!" ? [...place, "corner"] : place;
  });
}
