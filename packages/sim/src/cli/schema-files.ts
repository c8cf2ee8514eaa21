// Writes the published JSON schemas, docs/schema/*.json, from the definitions in the code: run it after changing them.
//   node packages/sim/src/cli/schema-files.ts
// A test keeps the files equal to the code.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { SCENARIO } from "../scenario/schema.ts";
import { SWEEP } from "../sweep/sweep-file.ts";
import { TRACE_LINE } from "../trace/trace-event.ts";

export interface SchemaFile {
  readonly name: string;
  readonly text: string;
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

export function schemaFiles(): readonly SchemaFile[] {
  return [
    schemaFile("scenario.schema.json", { title: "A scenario of the simulator", schema: SCENARIO }),
    schemaFile("sweep.schema.json", { title: "A sweep of the simulator: many scenarios from one", schema: SWEEP }),
    schemaFile("trace.schema.json", {
      title: "One line of a trace of the simulator (JSONL)",
      schema: TRACE_LINE,
    }),
  ];
}

function schemaFile(name: string, { title, schema }: { readonly title: string; readonly schema: object }): SchemaFile {
  return { name, text: `${JSON.stringify({ $schema: DIALECT, $id: name, title, ...schema }, undefined, 2)}\n` };
}

/** Into a folder, which is made if it is missing. */
function writeSchemaFiles(folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, text } of schemaFiles()) writeFileSync(join(folder, name), text);
}

if (import.meta.main) writeSchemaFiles(join(import.meta.dirname, "../../../../docs/schema"));
