// The one horizontal axis. Its unit is a round or a microsecond; whatever has a time can be drawn on either, because time
// is mapped to rounds piece by piece: round r stands where two thirds of its blocks were there.

import { lastUpTo } from "./model.js";

/** Columns between the last round and the end of the run. */
const TAIL_ROUNDS = 2;

export class Axis {
  constructor(model) {
    this.model = model;
    this.kind = model.lastRound > 0 ? "round" : "time";
    this.left = 0;
    this.width = 1;
    this.fit();
  }

  get whole() {
    const { lastRound, view } = this.model;
    return this.kind === "round" ? [0.2, lastRound + TAIL_ROUNDS + 0.3] : [-view.endUs * 0.01, view.endUs * 1.01];
  }

  get scale() {
    return this.width / (this.to - this.from);
  }

  /** Width of a round, in pixels, where it is about the middle of what is shown. */
  get columnPx() {
    if (this.kind === "round") return this.scale;
    const { roundTimes, lastRound } = this.model;
    const first = Math.max(0, lastUpTo(roundTimes, this.from));
    const last = Math.max(first + 1, Math.min(lastRound, lastUpTo(roundTimes, this.to)));
    return (((roundTimes[last] ?? this.to) - roundTimes[first]) / (last - first)) * this.scale;
  }

  place(left, width) {
    this.left = left;
    this.width = Math.max(1, width);
  }

  fit() {
    [this.from, this.to] = this.whole;
  }

  /** Keeps the same time in the middle. */
  setKind(kind) {
    const middle = this.timeAt(this.left + this.width / 2);
    const share = (this.to - this.from) / (this.whole[1] - this.whole[0]);
    this.kind = kind;
    const span = (this.whole[1] - this.whole[0]) * share;
    const at = this.unitOf(middle);
    this.#set(at - span / 2, at + span / 2);
  }

  x(unit) {
    return this.left + (unit - this.from) * this.scale;
  }

  unitAt(x) {
    return this.from + (x - this.left) / this.scale;
  }

  /** Rounds that were not reached stand beyond the end. */
  xOfRound(round) {
    if (this.kind === "round") return this.x(round);
    return this.x(this.model.roundTimes[round] ?? Number.POSITIVE_INFINITY);
  }

  xOfTime(time) {
    return this.x(this.unitOf(time));
  }

  timeAt(x) {
    return this.timeOf(this.unitAt(x));
  }

  unitOf(time) {
    if (this.kind === "time") return time;
    const { roundTimes, lastRound, view } = this.model;
    if (time <= 0) return 0;
    const round = lastUpTo(roundTimes, time);
    if (round >= lastRound) {
      const rest = Math.max(1, view.endUs - roundTimes[lastRound]);
      return lastRound + Math.min(1, (time - roundTimes[lastRound]) / rest) * TAIL_ROUNDS;
    }
    return round + (time - roundTimes[round]) / (roundTimes[round + 1] - roundTimes[round]);
  }

  timeOf(unit) {
    if (this.kind === "time") return unit;
    const { roundTimes, lastRound, view } = this.model;
    if (unit <= 0) return 0;
    if (unit >= lastRound) {
      const rest = Math.max(1, view.endUs - roundTimes[lastRound]);
      return roundTimes[lastRound] + Math.min(1, (unit - lastRound) / TAIL_ROUNDS) * rest;
    }
    const round = Math.floor(unit);
    return roundTimes[round] + (unit - round) * (roundTimes[round + 1] - roundTimes[round]);
  }

  zoom(factor, x) {
    const unit = this.unitAt(x);
    const [first, last] = this.whole;
    const least = this.kind === "round" ? 4 : Math.min(20_000, (last - first) / 2);
    const span = Math.min(last - first, Math.max(least, (this.to - this.from) / factor));
    const share = (x - this.left) / this.width;
    this.#set(unit - span * share, unit + span * (1 - share));
  }

  pan(pixels) {
    const units = pixels / this.scale;
    this.#set(this.from + units, this.to + units);
  }

  /** Moves so that this stands at the share of the width, if it is out of sight or beyond it. */
  follow(unit, share) {
    const span = this.to - this.from;
    if (unit >= this.from && unit <= this.from + span * share) return;
    this.#set(unit - span * share, unit + span * (1 - share));
  }

  #set(from, to) {
    const [first, last] = this.whole;
    const span = Math.min(to - from, last - first);
    this.from = Math.max(first, Math.min(from, last - span));
    this.to = this.from + span;
  }
}
