// A worker for tests: its thread ends at the first task of each marker file, and answers the next one.

import { existsSync, writeFileSync } from "node:fs";

// oxlint-disable-next-line import/no-default-export -- the pool calls a module's default export
export default function work({ codec }: { readonly codec: string }): unknown {
  if (codec !== "always" && existsSync(codec)) return { ok: true, value: 7 };
  if (codec !== "always") writeFileSync(codec, "");
  return process.exit(3);
}
