// HOME/run: what the processes of a home leave for others and for their next start, for the owner alone. Nothing in it is
// needed to go on.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";

export function runPath(home: string, name: string): string {
  return join(home, "run", name);
}

/** There after it, whether it was before or not. */
export async function makeRunFolder(home: string): Promise<void> {
  await mkdir(join(home, "run"), { recursive: true, mode: 0o700 });
}
