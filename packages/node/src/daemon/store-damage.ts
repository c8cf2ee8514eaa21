// A record that was found damaged while the node ran: what is lost is noted beside the database, so that the next start
// removes it and has it given back by other validators. The node's own promises are not given back: they end with 65.

import { StoreError, type StoreSpace } from "@selvedge/integrity";
import { EXIT, type ExitCode, NodeError } from "../errors.ts";
import { addLostRanges } from "../storage/lost-records.ts";
import { lostPath } from "../storage/open-store.ts";

const PREFIX_OF_SPACE: Readonly<Record<Exclude<StoreSpace, "meta">, string>> = {
  blocks: "b/",
  commits: "c/",
  state: "s/",
  versions: "v/",
  payload: "p/",
};

/** The exit code after which a supervisor starts again, or undefined if the error is not such damage. */
export async function noteDamage(databaseFolder: string, error: unknown): Promise<ExitCode | undefined> {
  if (!(error instanceof StoreError) || error.code !== "STORE_CORRUPT") return undefined;
  if (error.space === undefined || error.space === "meta") return undefined;
  const prefix = PREFIX_OF_SPACE[error.space];
  // The whole space: a damaged key does not tell whose record it was.
  await addLostRanges(lostPath(databaseFolder), [{ from: prefix, to: `${prefix}\u007f` }]);
  return EXIT.temporary;
}

/** The same for what a start met: the error to end with. */
export async function damageNoted(databaseFolder: string, error: unknown): Promise<unknown> {
  if ((await noteDamage(databaseFolder, error)) === undefined) return error;
  const detail = error instanceof Error ? error.message : String(error);
  return new NodeError("STORE_DAMAGED", `${detail}; the next start heals it`, { cause: error });
}
