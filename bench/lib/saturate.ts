// Looks for the rate at which a pipeline stops keeping up: doubles until it fails (or goes down to what it did carry until
// it does not), then halves the gap in ratio. Each step
// is short; a step keeps up if at least 95 % of what it offered was acknowledged in time and the median is below a second.

/** Least share of the offered rate, and greatest median, of a step that keeps up. */
const ACKNOWLEDGED_SHARE_MIN = 0.95;
const MEDIAN_MAX_MS = 1000;
/** Neighbouring steps this close in ratio end the search. */
const RATIO_END = 1.15;

export interface SaturationStep {
  readonly offeredPerSecond: number;
  readonly committedPerSecond: number;
  readonly p50Ms: number;
  readonly keepsUp: boolean;
}

export interface Saturation {
  /** Most that was acknowledged per second in any step. */
  readonly committedPerSecond: number;
  /** Highest offered rate that kept up; 0 if none did. */
  readonly sustainedPerSecond: number;
  readonly steps: readonly SaturationStep[];
}

export interface SaturationSearch {
  /** What is known already, usually the main run. */
  readonly first: Omit<SaturationStep, "keepsUp">;
  readonly step: (rate: number) => Promise<Omit<SaturationStep, "keepsUp">>;
  /** Asked before each step. */
  readonly hasTime: () => boolean;
}

export async function findSaturation({ first, step, hasTime }: SaturationSearch): Promise<Saturation> {
  const steps = [judged(first)];
  for (let rate = nextRate(steps); rate !== undefined && hasTime(); rate = nextRate(steps)) {
    steps.push(judged(await step(rate)));
  }
  return {
    committedPerSecond: Math.max(...steps.map(({ committedPerSecond }) => committedPerSecond)),
    sustainedPerSecond: bounds(steps).good,
    steps: steps.toSorted((left, right) => left.offeredPerSecond - right.offeredPerSecond),
  };
}

function judged(step: Omit<SaturationStep, "keepsUp">): SaturationStep {
  const isAcknowledged = step.committedPerSecond >= ACKNOWLEDGED_SHARE_MIN * step.offeredPerSecond;
  return { ...step, keepsUp: isAcknowledged && step.p50Ms <= MEDIAN_MAX_MS };
}

function bounds(steps: readonly SaturationStep[]): { readonly good: number; readonly bad: number } {
  const ratesOf = (keepsUp: boolean): number[] =>
    steps.filter((step) => step.keepsUp === keepsUp).map(({ offeredPerSecond }) => offeredPerSecond);
  return { good: Math.max(0, ...ratesOf(true)), bad: Math.min(Infinity, ...ratesOf(false)) };
}

function nextRate(steps: readonly SaturationStep[]): number | undefined {
  const { good, bad } = bounds(steps);
  if (bad === Infinity) return 2 * good;
  if (good === 0) return lowerRate(steps, bad);
  // A noisy machine may fail a rate below one that it kept up with: the search is over then, too.
  return bad / good <= RATIO_END ? undefined : Math.round(Math.sqrt(good * bad));
}

/** Nothing has kept up yet: a little below what the lowest step carried, but never more than a factor of two at once. */
function lowerRate(steps: readonly SaturationStep[], bad: number): number | undefined {
  const carried = steps.find(({ offeredPerSecond }) => offeredPerSecond === bad)?.committedPerSecond ?? 0;
  const rate = Math.floor(Math.min(0.9 * bad, Math.max(bad / 2, 0.9 * carried)));
  return rate >= 1 ? rate : undefined;
}
