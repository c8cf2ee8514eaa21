// The published schemas are those of the code, and a trace keeps to its schema.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { schemaFiles } from "../../src/cli/schema-files.ts";

const FOLDER = join(import.meta.dirname, "../../../../docs/schema");

describe("published schemas", () => {
  it.each(schemaFiles().map(({ name, text }) => [name, text]))(
    "%s says what the code says (node packages/sim/src/cli/schema-files.ts writes it)",
    (name, text) => {
      expect(readFileSync(join(FOLDER, name), "utf8")).toBe(text);
    },
  );

  it("are all that the folder holds", () => {
    expect(new Set(readdirSync(FOLDER))).toEqual(new Set(schemaFiles().map(({ name }) => name)));
  });
});
