// Federated averaging in one process and in virtual time: the same devices, buffer and clipping as the real run, no network.
// The demonstration uses it for the curve "the same seed without clipping"; hyper-parameters were chosen with it.
// It is not the aggregator that validators agree on (that is ledger's, bit for bit); this one only has to be as good.
import { assert } from "@selvedge/integrity";
import type { DigitDataSet } from "./data-set.ts";
import { scaledDelta, trainLocal, type LocalTrainingOptions, type LocalUpdate } from "./local-training.ts";
import { evaluate, withDelta, type DigitModel, type NamedTensors } from "./model.ts";
import { Prng } from "./prng.ts";

export interface BufferPolicy {
  /** A version closes when so many updates wait. */
  readonly bufferSize: number;
  /** Updates with a base older than this many versions are refused. */
  readonly maxStaleness: number;
  /** Scale longer updates down to the buffer's median norm. */
  readonly clip: boolean;
  readonly sampleWeightMax: number;
}

export interface BufferedUpdate extends LocalUpdate {
  /** How many versions its base lies behind. */
  readonly staleness: number;
}

export interface Poisoner {
  readonly device: number;
  /** −10: sign-flipped and ten times as large. */
  readonly factor: number;
}

export interface Absentee {
  readonly device: number;
  /** One in this many of its turns it is online. */
  readonly onlineOneIn: number;
}

export interface SimulationOptions {
  readonly start: DigitModel;
  /** For each device what it alone sees. */
  readonly shards: readonly DigitDataSet[];
  readonly test: DigitDataSet;
  readonly training: Omit<LocalTrainingOptions, "seed" | "cycle">;
  readonly policy: BufferPolicy;
  readonly versions: number;
  readonly poisoner: Poisoner | null;
  readonly absentee: Absentee | null;
  readonly seed: string;
}

export interface SimulatedVersion {
  readonly version: number;
  readonly accuracy: number;
  readonly loss: number;
  /** The devices whose updates went into it, in order of arrival. */
  readonly devices: readonly number[];
}

/** Runs until `versions` versions are closed. Element 0 is the untrained model. Deterministic in its options. */
export function simulateFederated(options: SimulationOptions): readonly SimulatedVersion[] {
  const run: Run = {
    options,
    models: [options.start],
    waiting: [],
    devices: options.shards.map((_, index) => ({
      index,
      base: 0,
      cycle: 0,
      finishesAt: trainingTime(options, index, 0),
    })),
    history: [{ version: 0, devices: [], ...evaluate(options.start, options.test) }],
  };
  while (run.models.length <= options.versions) {
    const device = nextToFinish(run);
    finish(run, device);
    if (run.waiting.length >= options.policy.bufferSize) closeVersion(run, device.finishesAt);
    else device.finishesAt = Infinity;
  }
  return run.history;
}

interface Waiting {
  readonly device: number;
  readonly base: number;
  readonly update: LocalUpdate;
}

interface SimulatedDevice {
  readonly index: number;
  /** The version it trains on. */
  base: number;
  cycle: number;
  /** Virtual time; Infinity while it waits for a version newer than its base. */
  finishesAt: number;
}

interface Run {
  readonly options: SimulationOptions;
  /** By version. */
  readonly models: DigitModel[];
  readonly waiting: Waiting[];
  readonly devices: readonly SimulatedDevice[];
  readonly history: SimulatedVersion[];
}

/** Around one unit of virtual time for a device online, longer for one that must come back first. */
function trainingTime(options: SimulationOptions, device: number, cycle: number): number {
  const prng = new Prng({ seed: options.seed, purpose: `training-time-${device}`, index: cycle });
  const work = prng.between(0.7, 1.3);
  if (options.absentee?.device !== device) return work;
  return work + prng.between(0, 2 * (options.absentee.onlineOneIn - 1));
}

/** The earliest; of equals the lowest index. */
function nextToFinish(run: Run): SimulatedDevice {
  const next = run.devices.reduce((best, device) => (device.finishesAt < best.finishesAt ? device : best));
  assert(Number.isFinite(next.finishesAt), "enough devices are at work to fill the buffer");
  return next;
}

function finish(run: Run, device: SimulatedDevice): void {
  const { options } = run;
  const base = run.models[device.base];
  const shard = options.shards[device.index];
  assert(base !== undefined && shard !== undefined, "a device trains on a version that exists and on its own shard");
  const staleness = run.models.length - 1 - device.base;
  device.cycle += 1;
  // A stale result is not even computed: the ledger would refuse it.
  if (staleness > options.policy.maxStaleness) return;
  const seed = deviceSeed(options.seed, device.index);
  const honest = trainLocal(base, shard, { ...options.training, seed, cycle: device.cycle });
  const poisons = options.poisoner?.device === device.index;
  const delta = poisons ? scaledDelta(honest.delta, options.poisoner.factor) : honest.delta;
  run.waiting.push({ device: device.index, base: device.base, update: { ...honest, delta } });
}

/** The seed of a device's own draws, in the simulation as in the real run. */
export function deviceSeed(seed: string, device: number): string {
  return `${seed}/device-${device}`;
}

function closeVersion(run: Run, now: number): void {
  const { options } = run;
  const current = run.models.length - 1;
  const taken = run.waiting.splice(0, options.policy.bufferSize);
  const buffer = taken.map(({ base, update }) => ({ ...update, staleness: current - base }));
  const base = run.models[current];
  assert(base !== undefined, "the current version exists");
  const next = withDelta(base, aggregateBuffer(buffer, options.policy));
  run.models.push(next);
  run.history.push({
    version: current + 1,
    devices: taken.map(({ device }) => device),
    ...evaluate(next, options.test),
  });
  for (const device of run.devices) restart(run, device, now);
}

/** Those that waited, and the one that has just finished, begin anew on the new version. */
function restart(run: Run, device: SimulatedDevice, now: number): void {
  if (device.finishesAt > now && device.finishesAt !== Infinity) return;
  device.base = run.models.length - 1;
  device.finishesAt = now + trainingTime(run.options, device.index, device.cycle);
}

/** The weighted mean of the buffer, each delta first scaled down to the (lower) median norm if the policy clips. */
export function aggregateBuffer(
  buffer: readonly BufferedUpdate[],
  policy: Pick<BufferPolicy, "clip" | "sampleWeightMax">,
): NamedTensors {
  const norms = buffer.map(({ delta }) => deltaNorm(delta));
  const bound = policy.clip ? lowerMedian(norms) : Infinity;
  const weights = buffer.map(
    (update) => Math.min(update.sampleCount, policy.sampleWeightMax) / Math.sqrt(1 + update.staleness),
  );
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const mean: Record<string, Float32Array> = {};
  for (const [position, { delta }] of buffer.entries()) {
    const norm = norms[position] ?? 0;
    const factor = ((weights[position] ?? 0) / total) * (norm > bound ? bound / norm : 1);
    for (const [name, values] of Object.entries(delta)) {
      const sum = (mean[name] ??= new Float32Array(values.length));
      for (let i = 0; i < values.length; i += 1) sum[i] = (sum[i] ?? 0) + factor * (values[i] ?? 0);
    }
  }
  return mean;
}

/** The Euclidean length of all tensors together. */
export function deltaNorm(delta: NamedTensors): number {
  let squares = 0;
  for (const values of Object.values(delta)) for (const value of values) squares += value * value;
  return Math.sqrt(squares);
}

function lowerMedian(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
