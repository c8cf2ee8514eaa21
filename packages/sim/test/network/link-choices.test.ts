// Tables of link streams: each link's draws are its own, look random, and play back from a log.

import { describe, expect, it } from "vitest";
import { readDecisionLog, writeDecisionLog } from "../../src/kernel/decision-log.ts";
import { RecordedStreams } from "../../src/kernel/random.ts";
import { LinkChoiceTable, linkChoicesOf } from "../../src/network/link-choices.ts";
import { ksRatio } from "./statistics.ts";

const table = (size: number, purpose = "loss", seed = 7): LinkChoiceTable =>
  new LinkChoiceTable({ seed, purpose, size });

describe("streams of links", () => {
  it("do not depend on other links, on their order or on the size of the committee", () => {
    const alone = table(4);
    const crowded = table(9);
    const draws = Array.from({ length: 50 }, (_, index) => {
      for (let other = 0; other < 9; other += 1) if (other !== 3) crowded.fraction(2, other);
      return [alone.fraction(2, 3), crowded.fraction(2, 3), index] as const;
    });
    for (const [left, right] of draws) expect(left).toBe(right);
  });

  it("differ by seed, purpose, sender and receiver", () => {
    const first = (source: LinkChoiceTable, from: number, to: number): number => source.fraction(from, to);
    const draws = [
      first(table(8), 1, 2),
      first(table(8), 2, 1),
      first(table(8), 1, 3),
      first(table(8, "duplicate"), 1, 2),
      first(table(8, "loss", 8), 1, 2),
    ];
    expect(new Set(draws).size).toBe(draws.length);
  });

  it("no two links of 512 nodes begin alike", () => {
    const wide = table(512);
    const seen = new Set<string>();
    for (let from = 0; from < 512; from += 1)
      for (let to = 0; to < 64; to += 1) seen.add(`${wide.fraction(from, to)} ${wide.fraction(from, to)}`);
    expect(seen.size).toBe(512 * 64);
  });

  it("are uniform along one link and across links, and one draw says nothing of the next", () => {
    const source = table(100);
    const along = Float64Array.from({ length: 100_000 }, () => source.fraction(3, 5));
    const across = Float64Array.from({ length: 10_000 }, (_, link) =>
      source.fraction(Math.floor(link / 100), link % 100),
    );
    expect(ksRatio(along, (x) => x)).toBeLessThan(1);
    expect(ksRatio(across, (x) => x)).toBeLessThan(1);
    const products = along
      .subarray(1)
      .reduce((sum, draw, index) => sum + (draw - 0.5) * ((along[index] ?? 0) - 0.5), 0);
    // Standard deviation of the sum: √n / 12.
    expect(Math.abs(products)).toBeLessThan((3 * Math.sqrt(along.length)) / 12);
  });

  it("play back from a log without the generator", () => {
    const recorded = new RecordedStreams(5);
    const drawn = drawSome(recorded);
    const log = readDecisionLog(writeDecisionLog({ ...recorded.log(), run: { digest: "00", summary: "a run" } }));
    expect([...log.streams.keys()]).toEqual(["network.loss/0/1", "network.loss/2/1"]);
    const replayed = new RecordedStreams(999, log);
    expect(drawSome(replayed)).toEqual(drawn);
    expect(replayed.missingCount).toBe(0);
    expect(replayed.log()).toEqual(recorded.log());
  });

  it("tell how many draws a log did not hold", () => {
    const replayed = new RecordedStreams(1, { streams: new Map([["network.loss/0/1", Uint32Array.of(0x4000_0000)]]) });
    const choices = linkChoicesOf(replayed, "network.loss", 3);
    expect([choices.fraction(0, 1), choices.fraction(0, 1), choices.fraction(1, 0)]).toEqual([0.25, 0.5, 0.5]);
    expect(replayed.missingCount).toBe(2);
  });

  it("come from single streams where the source has no tables", () => {
    const whole = new RecordedStreams(5);
    const choices = linkChoicesOf({ of: whole.of }, "network.loss", 3);
    const expected = new RecordedStreams(5).of("network.loss", 1, 2);
    expect([choices.fraction(1, 2), choices.fraction(1, 2)]).toEqual([expected.fraction(), expected.fraction()]);
  });
});

function drawSome(streams: RecordedStreams): readonly number[] {
  const choices = linkChoicesOf(streams, "network.loss", 3);
  return Array.from({ length: 3000 }, (_, index) => choices.fraction(index % 2 === 0 ? 0 : 2, 1));
}
