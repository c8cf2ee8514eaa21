// What an action prints, kept for a test that runs it in this process.

import type { Output } from "../../src/cli/output.ts";

export interface KeptOutput extends Output {
  readonly printed: string[];
  readonly notes: string[];
}

export function keptOutput(): KeptOutput {
  const printed: string[] = [];
  const notes: string[] = [];
  return {
    printed,
    notes,
    data: async (text) => void printed.push(text),
    note: (line) => void notes.push(line),
    isTerminal: false,
    hasColour: false,
  };
}
