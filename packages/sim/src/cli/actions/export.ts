// `selvedge sim export`: a trace in another tool's format.

import { SimInputError } from "../../scenario/sim-error.ts";
import { PerfettoWriter } from "../../trace/perfetto.ts";
import { readTraceFile } from "../../trace/read-trace.ts";
import { ShivizWriter } from "../../trace/shiviz.ts";
import type { TraceLine } from "../../trace/trace-event.ts";
import type { Action } from "../context.ts";
import { EXIT } from "../exit-codes.ts";
import { CUT_NOTE, mustBeReadable } from "../input-check.ts";
import { OutputFile } from "../output-file.ts";
import { refuseSharedFiles } from "../shared-files.ts";

interface ExportOptions {
  readonly perfetto?: string;
  readonly shiviz?: string;
}

interface Export {
  readonly file: string;
  readonly writer: { readonly push: (line: TraceLine) => string; readonly finish: () => string };
}

export const runExport: Action<ExportOptions> = async (options, output) => {
  const exports = exportsOf(options);
  if (exports.length === 0) throw new SimInputError("USAGE", "say what to write: --perfetto FILE or --shiviz FILE");
  refuseSharedFiles({
    read: [{ name: "the trace", path: options.argument }],
    written: [
      { name: "--perfetto", path: options.perfetto },
      { name: "--shiviz", path: options.shiviz },
    ],
  });
  await mustBeReadable(options.argument);
  let isCut = false;
  for (const { file, writer } of exports) {
    using target = new OutputFile(file);
    for await (const line of readTraceFile(options.argument, () => (isCut = true))) target.sink(writer.push(line));
    target.sink(writer.finish());
    target.finish();
    await output.data(`${file}\n`);
  }
  if (isCut) output.note(CUT_NOTE);
  return EXIT.ok;
};

function exportsOf({ perfetto, shiviz }: ExportOptions): readonly Export[] {
  return [
    ...(perfetto === undefined ? [] : [{ file: perfetto, writer: new PerfettoWriter() }]),
    ...(shiviz === undefined ? [] : [{ file: shiviz, writer: new ShivizWriter() }]),
  ];
}
