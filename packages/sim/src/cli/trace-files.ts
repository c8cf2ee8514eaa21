// The files that a run may leave behind while it goes on: a trace as JSON lines, and the same for Perfetto.

import type { RunObserver } from "../run/observer.ts";
import type { RunResult } from "../run/result.ts";
import type { Scenario } from "../scenario/schema.ts";
import { PerfettoWriter } from "../trace/perfetto.ts";
import { TraceReader } from "../trace/read-trace.ts";
import { createTraceWriter } from "../trace/trace-writer.ts";
import { OutputFile } from "./output-file.ts";

export interface TraceFiles extends Disposable {
  readonly observers: readonly RunObserver[];
  readonly finish: (result: RunResult) => void;
}

export interface TraceFilesOptions {
  readonly scenario: Scenario;
  readonly trace: string | undefined;
  readonly perfetto: string | undefined;
}

/** One trace for both, so that they say the same. */
export function traceFiles({ scenario, trace, perfetto }: TraceFilesOptions): TraceFiles {
  const files = [
    ...(trace === undefined ? [] : [jsonLines(trace)]),
    ...(perfetto === undefined ? [] : [perfettoFile(perfetto)]),
  ];
  const dispose = (): void => files.forEach(({ file }) => file[Symbol.dispose]());
  if (files.length === 0) return { observers: [], finish: () => undefined, [Symbol.dispose]: dispose };
  const versions = { node: process.versions.node };
  const sink = (line: string): void => files.forEach(({ push }) => push(line));
  const { observer, finish } = createTraceWriter({ scenario, sink, versions });
  return {
    observers: [observer],
    finish: (result) => {
      finish(result);
      for (const { file, end } of files) {
        end();
        file.finish();
      }
    },
    [Symbol.dispose]: dispose,
  };
}

interface LineFile {
  readonly file: OutputFile;
  readonly push: (line: string) => void;
  readonly end: () => void;
}

function jsonLines(path: string): LineFile {
  const file = new OutputFile(path);
  return { file, push: file.sink, end: () => undefined };
}

function perfettoFile(path: string): LineFile {
  const file = new OutputFile(path);
  const reader = new TraceReader();
  const writer = new PerfettoWriter();
  const push = (text: string): void => {
    const line = reader.read(text.trimEnd());
    if (line !== undefined) file.sink(writer.push(line));
  };
  return { file, push, end: () => file.sink(writer.finish()) };
}
