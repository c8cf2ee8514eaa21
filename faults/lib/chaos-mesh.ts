// Every link of a network through a proxy of its own, and the weather on it: partitions, one-way loss, delays. A pair of
// nodes has one connection, dialled by either of them, so weather is said by who sends to whom and found on both proxies.

import { CALM, ChaosLink, type Weather } from "./chaos-link.ts";
import type { Random } from "./random.ts";

export class ChaosMesh {
  readonly #links = new Map<string, ChaosLink>();
  /** By "sender>receiver". */
  readonly #weather = new Map<string, Weather>();
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A listener that stands for `target`, for the eyes of `dialler` alone; answers with its port. */
  async link(dialler: number, target: number, targetPort: number): Promise<number> {
    const link = await ChaosLink.open(targetPort, {
      weatherOf: (direction) =>
        this.#of(direction === "forth" ? dialler : target, direction === "forth" ? target : dialler),
      jitter: () => this.#random.fraction(),
    });
    this.#links.set(`${dialler}>${target}`, link);
    return link.port;
  }

  #of(sender: number, receiver: number): Weather {
    return this.#weather.get(`${sender}>${receiver}`) ?? CALM;
  }

  /** The weather for what one node sends to another. */
  set(sender: number, receiver: number, weather: Partial<Weather>): void {
    this.#weather.set(`${sender}>${receiver}`, { ...CALM, ...weather });
  }

  /** Both directions between two nodes. */
  setBoth(left: number, right: number, weather: Partial<Weather>): void {
    this.set(left, right, weather);
    this.set(right, left, weather);
  }

  /** Every pair whose ends are in different groups is cut: connections end, new ones are refused. */
  partition(groups: readonly (readonly number[])[]): void {
    const groupOf = (index: number): number => groups.findIndex((group) => group.includes(index));
    for (const [name, link] of this.#links) {
      const [dialler = 0, target = 0] = name.split(">").map(Number);
      link.isCut = groupOf(dialler) !== groupOf(target);
      if (link.isCut) link.reset();
    }
  }

  /** New connections between two nodes are refused, until it is calm again. */
  cut(left: number, right: number): void {
    for (const name of [`${left}>${right}`, `${right}>${left}`]) {
      const link = this.#links.get(name);
      if (link !== undefined) link.isCut = true;
    }
  }

  /** Connections that were tried, refused ones included. */
  get dialCount(): number {
    return [...this.#links.values()].reduce((sum, link) => sum + link.dialCount, 0);
  }

  /** Only these pairs can talk. */
  allow(pairs: readonly (readonly [number, number])[]): void {
    const open = new Set(pairs.flatMap(([left, right]) => [`${left}>${right}`, `${right}>${left}`]));
    for (const [name, link] of this.#links) {
      link.isCut = !open.has(name);
      if (link.isCut) link.reset();
    }
  }

  /** Ends the connections of one link, or of all: whatever was under way on them is lost. */
  reset(dialler?: number, target?: number): void {
    for (const [name, link] of this.#links) if (dialler === undefined || name === `${dialler}>${target}`) link.reset();
  }

  get pairs(): readonly (readonly [number, number])[] {
    return [...this.#links.keys()].map((name) => {
      const [dialler = 0, target = 0] = name.split(">").map(Number);
      return [dialler, target];
    });
  }

  calm(): void {
    this.#weather.clear();
    for (const link of this.#links.values()) link.isCut = false;
  }

  close(): void {
    for (const link of this.#links.values()) link.close();
  }
}
