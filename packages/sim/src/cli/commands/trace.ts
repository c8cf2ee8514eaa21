// Commands that read a trace.

import type { Command } from "commander";
import { type CliContext, onAction } from "../context.ts";

const TRACE_HELP = "a file that `selvedge sim run --trace` wrote";

export function registerTraceCommands(program: Command, context: CliContext): void {
  const view = program
    .command("view")
    .argument("<trace>", TRACE_HELP)
    .description("write a page that draws the run: open it in any browser")
    .option("-o, --output <file>", "where to write it (default: the trace's name with .html)");
  onAction(view, context, async () => (await import("../actions/view.ts")).runView);

  const exporting = program
    .command("export")
    .argument("<trace>", TRACE_HELP)
    .description("write a trace in another tool's format")
    .option("--perfetto <file>", "for ui.perfetto.dev")
    .option("--shiviz <file>", "with vector clocks, for ShiViz; the trace must have its messages");
  onAction(exporting, context, async () => (await import("../actions/export.ts")).runExport);
}
