// Faults in the log: as loud as they are grave, and never as many as a peer likes.

import type { Fault } from "@selvedge/consensus";
import type { BlockRef, ValidatorIndex } from "@selvedge/integrity";
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { FAULT_LINE_PERIOD_MS, FaultLog } from "../../src/observability/fault-log.ts";

const BLOCK = { round: 9, author: 1, digest: "00".repeat(32) } as unknown as BlockRef;

const tooFar = (author: number): Fault => ({ type: "roundTooFar", author: author as ValidatorIndex, block: BLOCK });
const twice = (author: number): Fault => ({
  type: "equivocation",
  author: author as ValidatorIndex,
  first: BLOCK,
  second: BLOCK,
});

interface Written {
  readonly level: number;
  readonly fault: Fault;
  readonly leftOut?: number;
}

function scene(): {
  readonly log: FaultLog;
  readonly lines: readonly Written[];
  readonly advance: (ms: number) => void;
} {
  const lines: Written[] = [];
  const logger = pino({ base: null }, { write: (line: string) => void lines.push(JSON.parse(line) as Written) });
  let nowMs = 1_000_000;
  return { log: new FaultLog(logger, () => nowMs), lines, advance: (ms) => void (nowMs += ms) };
}

describe("faults in the log", () => {
  test("misbehaviour is a warning with its evidence, a circumstance is not", () => {
    const { log, lines } = scene();
    log.write(twice(2));
    log.write(tooFar(2));
    expect(lines.map(({ level }) => level)).toEqual([40, 30]);
    expect(lines[0]?.fault).toEqual(twice(2));
  });

  test("of a flood there is one line a period, and the next one counts what was left out", () => {
    const { log, lines, advance } = scene();
    for (let count = 0; count < 1000; count += 1) log.write(tooFar(1));
    expect(lines).toHaveLength(1);
    advance(FAULT_LINE_PERIOD_MS);
    log.write(tooFar(1));
    expect(lines[1]?.leftOut).toBe(999);
    advance(FAULT_LINE_PERIOD_MS);
    log.write(tooFar(1));
    expect(lines[2]).not.toHaveProperty("leftOut");
  });

  test("another author's or another kind of fault is not hidden by a flood", () => {
    const { log, lines } = scene();
    for (const fault of [tooFar(1), tooFar(1), tooFar(2), twice(1)]) log.write(fault);
    expect(lines.map(({ fault }) => fault)).toEqual([tooFar(1), tooFar(2), twice(1)]);
  });

  test("a clock that was set back does not silence the log", () => {
    const { log, lines, advance } = scene();
    log.write(tooFar(1));
    advance(-10 * FAULT_LINE_PERIOD_MS);
    log.write(tooFar(1));
    expect(lines).toHaveLength(2);
  });
});
