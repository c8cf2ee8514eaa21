// Every public conformance vector, decided by the engine's own commit rule. The vectors are read in place.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { replayVector } from "../../src/replay/replay.ts";

const FOLDER = resolve(import.meta.dirname, "../../../../../shared/vectors/public");
const FILES = existsSync(FOLDER) ? readdirSync(FOLDER).filter((file) => file.endsWith(".json")) : [];

describe.skipIf(FILES.length === 0)("the commit rule answers every public vector exactly", () => {
  it.each(FILES)("%s", (file) => {
    const vector: unknown = JSON.parse(readFileSync(join(FOLDER, file), "utf8"));
    const result = replayVector(vector);
    expect(result).toEqual({ ok: true, value: { views: wantedViews(vector) } });
  });
});

function wantedViews(vector: unknown): readonly unknown[] {
  const views: unknown = Reflect.get(Object(vector), "views");
  if (!Array.isArray(views)) throw new Error("a vector has views");
  return views.map((view: unknown) => {
    const { verdicts, commits, next } = Object(view);
    return { verdicts, commits, next };
  });
}
