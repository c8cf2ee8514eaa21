// A latency histogram of bounded size and bounded relative error (below 1 %): buckets as wide as 1/128 of their power of
// two. Whole microseconds in, whole microseconds out; histograms of several runs add up. Knows nothing of clocks.

/** Buckets in one power of two. */
const SUB_BUCKETS = 128;
const EXACT_BELOW = 2 * SUB_BUCKETS;
/** About 71 minutes; longer counts as this long. */
const VALUE_MAX = 0xffff_ffff;

export interface HistogramSnapshot {
  /** [bucket, count] of every bucket that is not empty, ascending. */
  readonly buckets: readonly (readonly [number, number])[];
  readonly maxUs: number;
  readonly sumUs: number;
}

export interface LatencySummary {
  readonly count: number;
  readonly meanMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export class LatencyHistogram {
  readonly #counts = new Map<number, number>();
  #count = 0;
  #maxUs = 0;
  #sumUs = 0;

  get count(): number {
    return this.#count;
  }

  record(latencyUs: number): void {
    const value = Math.min(VALUE_MAX, Math.max(0, Math.round(latencyUs)));
    this.#add(bucketOf(value), 1);
    this.#maxUs = Math.max(this.#maxUs, value);
    this.#sumUs += value;
  }

  /** Smallest bucket end that at least this share of the values does not exceed; 0 if there are none. */
  quantileUs(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#count));
    let seen = 0;
    for (const [bucket, count] of this.#ascending()) {
      seen += count;
      if (seen >= wanted) return Math.min(this.#maxUs, bucketEnd(bucket));
    }
    return 0;
  }

  merge(snapshot: HistogramSnapshot): void {
    for (const [bucket, count] of snapshot.buckets) this.#add(bucket, count);
    this.#maxUs = Math.max(this.#maxUs, snapshot.maxUs);
    this.#sumUs += snapshot.sumUs;
  }

  snapshot(): HistogramSnapshot {
    return { buckets: this.#ascending(), maxUs: this.#maxUs, sumUs: this.#sumUs };
  }

  summary(): LatencySummary {
    const quantileMs = (share: number): number => this.quantileUs(share) / 1000;
    return {
      count: this.#count,
      meanMs: this.#count === 0 ? 0 : this.#sumUs / this.#count / 1000,
      p50Ms: quantileMs(0.5),
      p90Ms: quantileMs(0.9),
      p99Ms: quantileMs(0.99),
      p999Ms: quantileMs(0.999),
      maxMs: this.#maxUs / 1000,
    };
  }

  #add(bucket: number, count: number): void {
    this.#counts.set(bucket, (this.#counts.get(bucket) ?? 0) + count);
    this.#count += count;
  }

  #ascending(): [number, number][] {
    return [...this.#counts].toSorted(([left], [right]) => left - right);
  }
}

function bucketOf(value: number): number {
  if (value < EXACT_BELOW) return value;
  const shift = 31 - Math.clz32(value) - Math.log2(SUB_BUCKETS);
  return shift * SUB_BUCKETS + (value >>> shift);
}

/** Largest value that falls into the bucket. */
function bucketEnd(bucket: number): number {
  if (bucket < EXACT_BELOW) return bucket;
  const shift = Math.floor(bucket / SUB_BUCKETS) - 1;
  const lead = bucket - shift * SUB_BUCKETS;
  return (lead + 1) * 2 ** shift - 1;
}
