// F56: who holds F shares of every coin, sees all others as early as it likes and orders them as it likes, neither foresees
// the coin nor moves it. The daemon's own coin code with dealt keys, without daemons: 10^5 coins would take them days.

import { createHash } from "node:crypto";
import { setImmediate as turn } from "node:timers/promises";
import { type CoinContribution, type CoinKeys, createCoinKeys, dealCoinKeys } from "@selvedge/consensus";
import { coinIndex, mustExist, validatorIndex } from "@selvedge/integrity";
import { testCommittee } from "@selvedge/integrity/testing";
import type { Checks, Fault } from "../lib/fault.ts";
import type { Random } from "../lib/random.ts";

const SIZE = 4;
const BYZANTINE = 3;
const HONEST: readonly number[] = [0, 1, 2];
/** Standard deviations of a normal variable that one run in a million passes. */
const FAR = 4.753;
const CLOSE_LOOK_EVERY = 50;
const TOSSED_AT_ONCE = 20;
/** Five in each cell of the pairs: chi-square says nothing about fewer. */
const COINS_MIN = 5 * SIZE * SIZE;

export const EARLY_COIN: Fault = {
  id: "F56",
  isQuick: true,
  title: "early or biased coin",
  how: "no daemons: the coin's own code, dealt keys of four; one of them sees its share first, orders and withholds those of the others, forges; then statistics of the authors drawn",
  expected:
    "F shares open nothing; whichever shares in whatever order open the same; guesses from F shares hit as often as chance; authors and their pairs are uniform (each test fails one sound run in 10^6)",
  run: async (context, checks) => {
    const trial = new CoinTrial(context.random, checks);
    const coins = Math.max(COINS_MIN, context.count(100_000, 400));
    for (let coin = 1; coin <= coins; coin += 1) {
      trial.toss(coin);
      // Signals are heard in between: the whole of it takes an hour.
      if (coin % TOSSED_AT_ONCE === 0) await turn();
      if (coin % 10_000 === 0) context.note(`${coin} coins`);
    }
    trial.judge();
  },
};

class CoinTrial {
  readonly #members: readonly CoinKeys[];
  readonly #observer: CoinKeys;
  readonly #random: Random;
  readonly #checks: Checks;
  readonly #authors: number[] = Array.from({ length: SIZE }, () => 0);
  readonly #pairs: number[] = Array.from({ length: SIZE * SIZE }, () => 0);
  /** What the Byzantine member guesses with, by what it guesses from, and how often that was right. */
  readonly #hits = new Map<string, number>();
  #tossed = 0;
  #last: number | undefined;

  constructor(random: Random, checks: Checks) {
    const keysOf = coinKeys(random);
    this.#members = Array.from({ length: SIZE }, (_, index) => keysOf(index));
    this.#observer = keysOf(null);
    this.#random = random;
    this.#checks = checks;
  }

  toss(coin: number): void {
    const own = this.#share(BYZANTINE, coin);
    const early = this.#observer.open(coinIndex(coin), [own]).author;
    this.#checks.expect("C10", early === undefined, `coin ${coin} opens with F shares`);
    const other = this.#share(this.#random.pick(HONEST), coin);
    const { author } = this.#observer.open(coinIndex(coin), this.#random.shuffled([own, other]));
    this.#checks.injections += 1;
    if (!this.#checks.expect("C4", author !== undefined, `coin ${coin} does not open`) || author === undefined) return;
    if (coin % CLOSE_LOOK_EVERY === 0) this.#lookClosely(coin, { own, author });
    this.#guess(own, author);
    this.#count(author);
  }

  /** Its share left out, all shares, and shares that it forges in the names of others. */
  #lookClosely(coin: number, { own, author }: { readonly own: CoinContribution; readonly author: number }): void {
    const index = coinIndex(coin);
    const honest = HONEST.map((member) => this.#share(member, coin));
    for (const shares of [honest, [...honest, own], honest.slice(1), honest.slice(0, 2)]) {
      const opened = this.#observer.open(index, this.#random.shuffled(shares));
      this.#checks.expect("C1", opened.author === author, `coin ${coin} depends on the shares that open it`);
    }
    const forged = HONEST.map((member) => ({ author: validatorIndex(member), share: own.share }));
    const { author: opened, invalidPositions } = this.#observer.open(index, [own, ...forged]);
    this.#checks.expect("C10", opened === undefined, `coin ${coin} opens with forged shares`);
    this.#checks.expect("C8", invalidPositions.length === forged.length, `coin ${coin}: a forged share is not named`);
  }

  #guess({ share }: CoinContribution, author: number): void {
    const digest = createHash("sha256").update(mustExist(share.points[0], "one ticket")).digest();
    const most = this.#authors.indexOf(Math.max(...this.#authors));
    const guesses = new Map<string, number>([
      ["its share", digest.readUInt32BE(0) % SIZE],
      ["its proof", mustExist(share.proof[0], "a proof has bytes") % SIZE],
      ["the author before", this.#last ?? 0],
      ["the most frequent author", most],
    ]);
    for (const [from, guess] of guesses) this.#hits.set(from, (this.#hits.get(from) ?? 0) + Number(guess === author));
  }

  #count(author: number): void {
    this.#tossed += 1;
    this.#authors[author] = (this.#authors[author] ?? 0) + 1;
    if (this.#last !== undefined) {
      const pair = this.#last * SIZE + author;
      this.#pairs[pair] = (this.#pairs[pair] ?? 0) + 1;
    }
    this.#last = author;
  }

  judge(): void {
    const chance = this.#tossed / SIZE;
    const spread = Math.sqrt(chance * (1 - 1 / SIZE));
    for (const [from, hits] of this.#hits) {
      const deviation = (hits - chance) / spread;
      this.#checks.expect("C10", deviation <= FAR, `a guess from ${from} is right ${hits} times of ${this.#tossed}`);
      this.#checks.remark(`guessed from ${from}: right ${hits} times of ${this.#tossed} (${deviation.toFixed(2)} σ)`);
    }
    this.#uniform("authors", this.#authors);
    this.#uniform("pairs of authors", this.#pairs);
  }

  #uniform(of: string, counts: readonly number[]): void {
    const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const statistic = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    const most = chiSquareMax(counts.length - 1);
    this.#checks.expect("C10", statistic <= most, `${of}: ${counts.join(", ")}`);
    this.#checks.remark(`${of}: ${counts.join(", ")}; chi-square ${statistic.toFixed(1)}, at most ${most.toFixed(1)}`);
  }

  #share(member: number, coin: number): CoinContribution {
    const share = this.#members[member]?.shareFor(coinIndex(coin)) ?? undefined;
    return { author: validatorIndex(member), share: mustExist(share, "a member has shares") };
  }
}

/** Wilson and Hilferty's approximation. */
function chiSquareMax(freedom: number): number {
  const part = 2 / (9 * freedom);
  return freedom * (1 - part + FAR * Math.sqrt(part)) ** 3;
}

function coinKeys(random: Random): (member: number | null) => CoinKeys {
  const { committee, chainId, crypto } = testCommittee(SIZE);
  const tickets = committee.validators.map(() => 1);
  const dealt = dealCoinKeys({ tickets, threshold: (SIZE - 1) / 3, seed: random.bytes(32) });
  return (member) => {
    const secretShares = dealt.secretShares[member ?? 0] ?? [];
    const own = member === null ? null : { validator: validatorIndex(member), secretShares };
    const keys = createCoinKeys({ ...dealt, sha256: crypto.sha256, chainId, committee, own });
    if (!keys.ok) throw new Error(keys.error.detail);
    return keys.value;
  };
}
