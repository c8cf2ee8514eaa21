// Puts a seeded defect into a source text, or refuses: a text that has changed must be looked at by somebody.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import type { Mutant } from "./mutant.ts";

/** Where the packages of this repository lie. */
export const PACKAGES: URL = new URL("../../../", import.meta.url);

export function occurrences({ find }: Mutant, source: string): number {
  return source.split(find).length - 1;
}

export function patched(mutant: Mutant, source: string): string {
  const count = occurrences(mutant, source);
  if (count !== 1) throw new Error(`${mutant.id}: its text stands ${count} times in ${mutant.file}`);
  return source.replace(mutant.find, () => mutant.replace);
}

/** From now on this process loads the mutant's file with the defect. Call it before anything imports that file. */
export function loadWith(mutant: Mutant): void {
  const target = new URL(mutant.file, PACKAGES).href;
  registerHooks({
    load: (url, context, nextLoad) => {
      if (url !== target) return nextLoad(url, context);
      const source = patched(mutant, readFileSync(fileURLToPath(url), "utf8"));
      return { ...nextLoad(url, { ...context, format: "module-typescript" }), format: "module-typescript", source };
    },
  });
}
