// Splits a data set over devices as unevenly as life does: of each class a device gets a Dirichlet(alpha) share.
// Pure and seeded; every device computes the whole split by itself and takes its own part.
import { assert } from "@selvedge/integrity";
import { CLASS_COUNT } from "./data-set.ts";
import { normalised, Prng } from "./prng.ts";

export interface PartitionOptions {
  readonly labels: Uint8Array;
  readonly devices: number;
  /** Small: each device knows few classes. Large: all are alike. */
  readonly alpha: number;
  /** No device gets fewer samples; what is missing is taken from the then largest device. */
  readonly sizeMin: number;
  readonly seed: string;
}

/** For each device the numbers of its samples, ascending. Every sample goes to exactly one device. */
export function dirichletPartition(options: PartitionOptions): readonly Uint32Array[] {
  const { labels, devices, alpha, sizeMin, seed } = options;
  assert(devices >= 1 && alpha > 0, "a split has a device and a positive alpha");
  assert(devices * sizeMin <= labels.length, "the samples suffice for the smallest size of each device");
  const parts: number[][] = Array.from({ length: devices }, () => []);
  for (let label = 0; label < CLASS_COUNT; label += 1) {
    const members = membersOf(labels, label);
    const order = new Prng({ seed, purpose: "partition-order", index: label }).permutation(members.length);
    const shares = classShares({ label, devices, alpha, seed });
    dealClass({ members: Array.from(order, (position) => members[position] ?? 0), shares, parts });
  }
  topUp(parts, sizeMin);
  return parts.map((part) => Uint32Array.from(part).sort((left, right) => left - right));
}

function membersOf(labels: Uint8Array, label: number): readonly number[] {
  const members: number[] = [];
  for (const [index, value] of labels.entries()) if (value === label) members.push(index);
  return members;
}

/** Gammas normalised are a Dirichlet draw. One stream for each device: another device more changes none of them. */
function classShares(options: {
  readonly label: number;
  readonly devices: number;
  readonly alpha: number;
  readonly seed: string;
}): readonly number[] {
  const purpose = `partition-share-${options.label}`;
  return normalised(
    Array.from({ length: options.devices }, (_, index) =>
      new Prng({ seed: options.seed, purpose, index }).gamma(options.alpha),
    ),
  );
}

function dealClass(options: {
  readonly members: readonly number[];
  readonly shares: readonly number[];
  readonly parts: readonly number[][];
}): void {
  let cumulative = 0;
  let start = 0;
  for (const [device, part] of options.parts.entries()) {
    cumulative += options.shares[device] ?? 0;
    const isLast = device === options.parts.length - 1;
    const end = isLast ? options.members.length : Math.round(cumulative * options.members.length);
    for (const member of options.members.slice(start, end)) part.push(member);
    start = end;
  }
}

/** Ends, because the samples suffice: while one device has too few, the largest has more than the minimum. */
function topUp(parts: readonly number[][], sizeMin: number): void {
  for (const part of parts) {
    while (part.length < sizeMin) {
      const largest = parts.reduce((best, other) => (other.length > best.length ? other : best));
      const moved = largest.pop();
      assert(moved !== undefined && largest !== part, "a larger device has a sample to give");
      part.push(moved);
    }
  }
}
