// Files that are read as a stream, by parts of the simulator that know nothing of users: is there something to read?

import { open } from "node:fs/promises";
import { reasonOf } from "../scenario/input-file.ts";
import { SimInputError } from "../scenario/sim-error.ts";

/** Of a trace whose last line is incomplete. */
export const CUT_NOTE = "note: the trace ends in the middle of a line, which is left out: the run was cut short";

export async function mustBeReadable(path: string): Promise<void> {
  try {
    await using file = await open(path, "r");
    if ((await file.stat()).isDirectory()) throw new SimInputError("SIM_FILE_UNREADABLE", `${path} is a directory`);
  } catch (error) {
    if (error instanceof SimInputError) throw error;
    throw new SimInputError("SIM_FILE_UNREADABLE", `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
