// `replay FILE`: prints the decided views and nothing else.

import { fromUserFolder } from "../../config/home.ts";
import { EXIT } from "../../errors.ts";
import { replayFile } from "../../replay/replay-file.ts";
import { type Output, jsonLine } from "../output.ts";

export async function runReplay({ argument }: { readonly argument: string }, output: Output): Promise<number> {
  await output.data(jsonLine(await replayFile(fromUserFolder(argument, process.env))));
  return EXIT.ok;
}
