// `selvedge sim view`: a trace as one HTML page.

import { basename } from "node:path";
import { readTraceFile } from "../../trace/read-trace.ts";
import { ViewBuilder } from "../../viewer/build-view.ts";
import { renderView } from "../../viewer/render-view.ts";
import type { Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CUT_NOTE, mustBeReadable } from "../input-check.ts";
import { writeOutput } from "../output-file.ts";
import { refuseSharedFiles } from "../shared-files.ts";

interface ViewOptions {
  readonly output?: string;
}

export const runView: Action<ViewOptions> = async (options, output) => {
  const file = options.output ?? `${basename(options.argument).replace(/\.jsonl?$/u, "")}.html`;
  refuseSharedFiles({
    read: [{ name: "the trace", path: options.argument }],
    written: [{ name: "the page", path: file }],
  });
  await mustBeReadable(options.argument);
  const builder = new ViewBuilder();
  for await (const line of readTraceFile(options.argument, () => output.note(CUT_NOTE))) builder.push(line);
  writeOutput(file, renderView(builder.finish()));
  await output.data(`${file}\n`);
  return EXIT.ok;
};
