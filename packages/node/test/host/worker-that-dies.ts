// A worker for tests: its thread ends at the first inspection of each marker file and answers the next one; it ends at every
// inspection of "always" and at every aggregation.

import { existsSync, writeFileSync } from "node:fs";

// oxlint-disable-next-line import/no-default-export -- the pool calls a module's default export
export default function work({ codec = "always" }: { readonly codec?: string }): unknown {
  if (codec !== "always" && existsSync(codec)) return { ok: true, value: 7 };
  if (codec !== "always") writeFileSync(codec, "");
  return process.exit(3);
}
