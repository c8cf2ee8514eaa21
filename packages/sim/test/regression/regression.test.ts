// Everything that a random run once found, kept for good: NAME.json is the scenario and runs with `selvedge sim run`;
// index.json says which verdict it must have and why it is here. Where the choices of the run are kept beside it
// (NAME.decisions.json), it is also replayed from them alone: that holds whatever becomes of the generator.
//
// A new one: shrink the failure (`selvedge sim shrink FILE -o NAME.json`), add its row, and once it is mended record its
// choices with `selvedge sim run NAME.json --decisions NAME.decisions.json`.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { describe, expect, it } from "vitest";
import { type DecisionLog, readDecisionLog } from "../../src/kernel/decision-log.ts";
import { runScenario } from "../../src/run/run-scenario.ts";
import { checkScenario } from "../../src/scenario/load.ts";
import type { Scenario } from "../../src/scenario/schema.ts";

const FOLDER = new URL("./", import.meta.url);
const ROW = Type.Object({ expected: Type.String(), why: Type.String({ minLength: 20 }) });
const INDEX = Value.Parse(Type.Record(Type.String(), ROW), JSON.parse(textOf("index.json")));
const REGRESSIONS: readonly Regression[] = Object.keys(INDEX).map(read);

interface Regression {
  readonly name: string;
  readonly expected: string;
  readonly scenario: Scenario;
  readonly decisions: DecisionLog | undefined;
}

function textOf(file: string): string {
  return readFileSync(new URL(file, FOLDER), "utf8");
}

function read(name: string): Regression {
  const log = `${name}.decisions.json`;
  return {
    name,
    expected: INDEX[name]?.expected ?? "",
    scenario: checkScenario(JSON.parse(textOf(`${name}.json`)), name),
    decisions: existsSync(new URL(log, FOLDER)) ? readDecisionLog(textOf(log)) : undefined,
  };
}

describe("a failure that was found once", () => {
  it("is kept with its verdict and the reason why it is here", () => {
    const files = readdirSync(FOLDER).filter((file) => file.endsWith(".json") && !file.endsWith(".decisions.json"));
    expect(new Set(files)).toEqual(new Set(["index.json", ...REGRESSIONS.map(({ name }) => `${name}.json`)]));
    expect(REGRESSIONS.length).toBeGreaterThan(3);
    expect(REGRESSIONS.some(({ decisions }) => decisions !== undefined)).toBe(true);
  });

  it.each(REGRESSIONS.map((regression) => [regression.name, regression] as const))(
    "%s",
    (_, { expected, scenario }) => {
      expect(runScenario(scenario)).toMatchObject({ verdict: expected });
    },
  );

  const recorded = REGRESSIONS.filter(({ decisions }) => decisions !== undefined);
  it.each(recorded.map((regression) => [regression.name, regression] as const))(
    "%s, from its recorded choices alone",
    (_, { expected, scenario, decisions }) => {
      const { findings } = runScenario(scenario, decisions === undefined ? {} : { decisions });
      // A later engine may want more choices than were recorded; what it makes of the others is still judged.
      const judged = findings.filter(({ class: kind }) => kind !== "diverged");
      expect(judged[0]?.verdict ?? "PASS").toBe(expected);
    },
  );

  it("twin-waits-for-parents: neither copy is stopped for firing a timer without end", () => {
    const stopped: number[] = [];
    const { scenario } = read("twin-waits-for-parents");
    runScenario(scenario, {
      observers: [{ onLifecycle: (node, state) => (state === "down" ? stopped.push(node) : undefined) }],
    });
    expect(stopped).toEqual([]);
  });
});
