// Random DAGs in the vectors' format: valid by P1–P4, with equivocators of stake ≤ F, silent and late authors, hidden
// leaders, weak links, bad shares, and views that are unions of random histories. A function of its seed.

export interface RandomVector {
  readonly stakes: readonly number[];
  readonly params: { coinPeriod: number; coinWave: number; firstCoinRound: number; gcDepth: number };
  readonly leaders: readonly number[];
  readonly coins: readonly number[];
  readonly blocks: readonly RandomBlock[];
  readonly invalidShares: readonly string[];
  readonly views: readonly { readonly tips: readonly string[] }[];
}

export interface RandomBlock {
  readonly id: string;
  readonly author: number;
  readonly round: number;
  readonly ancestors: readonly string[];
}

/** mulberry32 */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Build {
  readonly random: () => number;
  readonly stakes: readonly number[];
  readonly quorum: number;
  readonly faulty: ReadonlySet<number>;
  readonly leaders: readonly number[];
  /** Newest blocks of each author, twins side by side. */
  readonly newest: RandomBlock[][];
  readonly knobs: Knobs;
}

interface Knobs {
  readonly hide: number;
  readonly silent: number;
  readonly extra: number;
  readonly weak: number;
  readonly twin: number;
}

/** DAGs near the edge: everybody speaks, each block sees barely a quorum, and the views are of single rounds. */
export function contestedVector(seed: number): RandomVector {
  const random = seededRandom(seed);
  const stakes = [1, 1, 1, 1];
  const size = stakes.length;
  const faultyMax = Math.floor((size - 1) / 3);
  const leaders = Array.from({ length: 30 }, () => Math.floor(random() * size));
  const newest = stakes.map((_, author) => [{ id: `g${author}`, author, round: 0, ancestors: [] }]);
  const knobs = { hide: 0, silent: 0, extra: random() * 0.2, weak: 0, twin: 0 };
  const build: Build = { random, stakes, quorum: size - faultyMax, faulty: new Set(), leaders, newest, knobs };
  const rounds = Array.from({ length: 24 }, (_, before) => randomRound(build, before + 1));
  const views = Array.from({ length: 24 }, () => {
    const round = rounds[4 + Math.floor(random() * 20)] ?? [];
    return {
      tips: shuffled(round, random)
        .slice(0, 1 + Math.floor(random() * size))
        .map(({ id }) => id),
    };
  });
  const params = { coinPeriod: 8, coinWave: 6, firstCoinRound: 8, gcDepth: 60 };
  const coins = Array.from({ length: 4 }, () => Math.floor(random() * size));
  return { stakes, params, leaders, coins, blocks: rounds.flat(), invalidShares: [], views };
}

export function randomVector(seed: number): RandomVector {
  const random = seededRandom(seed);
  const pick = (count: number): number => Math.floor(random() * count);
  const size = [1, 2, 3, 4, 4, 4, 4, 5, 6, 7][pick(10)] ?? 4;
  const stakes = Array.from({ length: size }, () => (seed % 3 === 0 ? 1 + pick(5) : 1));
  const total = stakes.reduce((sum, stake) => sum + stake, 0);
  const faultyMax = Math.floor((total - 1) / 3);
  const params = randomParams(pick);
  const rounds = 8 + pick(26);
  const leaders = Array.from({ length: rounds + 2 }, () => pick(size));
  const build: Build = {
    random,
    stakes,
    quorum: total - faultyMax,
    faulty: random() < 0.7 ? faultyAuthors(stakes, faultyMax, random) : new Set(),
    leaders,
    newest: stakes.map((_, author) => [{ id: `g${author}`, author, round: 0, ancestors: [] }]),
    knobs: { hide: random() * random(), silent: random() * 0.3, extra: random(), weak: random() * 0.4, twin: random() },
  };
  const blocks: RandomBlock[] = [];
  for (let round = 1; round <= rounds; round += 1) blocks.push(...randomRound(build, round));
  const coins = Array.from({ length: 40 }, () => pick(size));
  const invalidShares = blocks.filter(() => random() < 0.05).map(({ id }) => id);
  return { stakes, params, leaders, coins, blocks, invalidShares, views: randomViews(blocks, random) };
}

function randomParams(pick: (count: number) => number): RandomVector["params"] {
  const coinWave = [5, 6, 6, 6, 4, 3][pick(6)] ?? 6;
  return {
    coinWave,
    coinPeriod: coinWave + pick(4),
    firstCoinRound: 1 + pick(9),
    gcDepth: [3, 4, 6, 12, 60][pick(5)] ?? 60,
  };
}

function faultyAuthors(stakes: readonly number[], faultyMax: number, random: () => number): ReadonlySet<number> {
  const faulty = new Set<number>();
  let stake = 0;
  for (const [author, own] of stakes.entries()) {
    if (stake + own > faultyMax || random() < 0.3) continue;
    stake += own;
    faulty.add(author);
  }
  return faulty;
}

function randomRound(build: Build, round: number): readonly RandomBlock[] {
  const { random, stakes, faulty, knobs } = build;
  const made: RandomBlock[] = [];
  for (const author of stakes.keys()) {
    if (random() < knobs.silent) continue;
    const count = faulty.has(author) && random() < knobs.twin ? 2 + Math.floor(random() * 2) : 1;
    for (let twin = 0; twin < count; twin += 1) {
      const ancestors = randomAncestors(build, round, author);
      if (ancestors === undefined) continue;
      made.push({ id: `b${round}.${author}.${"zyx"[twin] ?? ""}`, author, round, ancestors });
    }
  }
  for (const author of stakes.keys()) {
    const own = made.filter((block) => block.author === author);
    if (own.length > 0) build.newest[author] = own;
  }
  return made;
}

/** Undefined if the round before is short of a quorum. */
function randomAncestors(build: Build, round: number, author: number): readonly string[] | undefined {
  const { random, stakes, quorum, newest, knobs, leaders } = build;
  const oneOf = (blocks: readonly RandomBlock[]): RandomBlock | undefined =>
    blocks[Math.floor(random() * blocks.length)];
  const own = oneOf(newest[author] ?? []);
  if (own === undefined) return undefined;
  const hidden = random() < knobs.hide ? leaders[round - 2] : undefined;
  const others = shuffled(
    [...stakes.keys()].filter((other) => other !== author),
    random,
  );
  const ordered = [...others.filter((other) => other !== hidden), ...others.filter((other) => other === hidden)];
  const ancestors = [own.id];
  let stake = own.round === round - 1 ? (stakes[author] ?? 0) : 0;
  for (const other of ordered) {
    const block = oneOf(newest[other] ?? []);
    if (block === undefined) continue;
    const isStrong = block.round === round - 1;
    const wanted = isStrong ? stake < quorum || (other !== hidden && random() < knobs.extra) : random() < knobs.weak;
    if (!wanted) continue;
    ancestors.push(block.id);
    if (isStrong) stake += stakes[other] ?? 0;
  }
  return stake >= quorum ? ancestors : undefined;
}

function randomViews(blocks: readonly RandomBlock[], random: () => number): RandomVector["views"] {
  const views: { tips: string[] }[] = [{ tips: blocks.map(({ id }) => id) }];
  for (let view = 0; view < 5; view += 1) {
    const upTo = Math.floor(random() * blocks.length);
    const window = 1 + Math.floor(random() * 8);
    const near = blocks.slice(Math.max(0, upTo - window), upTo + 1);
    views.push({ tips: near.filter(() => random() < 0.6).map(({ id }) => id) });
  }
  return views;
}

function shuffled<Item>(items: readonly Item[], random: () => number): readonly Item[] {
  return items
    .map((item) => ({ item, rank: random() }))
    .toSorted((left, right) => left.rank - right.rank)
    .map(({ item }) => item);
}
