// `selvedge sim schema`: the published JSON schemas of the files that the simulator reads and writes.

import { suggestion } from "../../scenario/nearest-name.ts";
import { SimInputError } from "../../scenario/sim-error.ts";
import type { Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { schemaFiles } from "../schema-files.ts";

const SUFFIX = ".schema.json";

export const printSchema: Action<object> = async ({ argument }, output) => {
  const kind = argument === "" ? "scenario" : argument;
  const files = schemaFiles();
  const found = files.find(({ name }) => name === `${kind}${SUFFIX}`);
  if (found === undefined) {
    const kinds = files.map(({ name }) => name.slice(0, -SUFFIX.length));
    throw new SimInputError(
      "USAGE",
      `there is no schema ${kind}${suggestion(kind, kinds)} (known: ${kinds.join(", ")})`,
    );
  }
  await output.data(found.text);
  return EXIT.ok;
};
