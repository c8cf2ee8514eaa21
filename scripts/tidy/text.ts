// Checks on single files: headings, words, notes to oneself, sizes, and traces of one developer's machine.

import type { Problem, RepositoryFile, TextFile } from "./repository.ts";

const sizeBytesMax = 512 * 1024;

/** Words with one meaning here, and the word of ours to use. Only words that no other field brings in. */
const bannedWords: ReadonlyMap<string, string> = new Map([
  ["authority", "validator"],
  ["authorities", "validators"],
  ["replica", "validator"],
  ["replicas", "validators"],
  ["miner", "validator"],
  ["miners", "validators"],
  ["hacky", "what is wrong with it"],
  ["supermajority", "quorum"],
  ["slashing", "evidence"],
]);

/** The files that must name what they forbid. */
const isExempt = (path: string): boolean => path.startsWith("scripts/tidy/") || path.startsWith("scripts/test/tidy/");

export function checkText(file: TextFile): readonly Problem[] {
  const { path, text } = file;
  if (path === "LICENSE" || isExempt(path)) return [];
  const messages = [
    ...(path.endsWith(".md") ? headingMessages(text) : []),
    ...(path === "pnpm-lock.yaml" ? lockFileMessages(text) : noteMessages(text)),
    ...(/\.(ts|mjs|md)$/.test(path) ? wordMessages(text) : []),
    ...(/\/src\/.*index\.ts$/.test(path) && /^export \*/m.test(text)
      ? ["re-exports everything; name each export"]
      : []),
    ...machineMessages(text),
  ];
  return messages.map((message) => ({ path, message }));
}

export function checkSize(file: RepositoryFile): readonly Problem[] {
  const { path, sizeBytes, text } = file;
  if (sizeBytes > sizeBytesMax)
    return [{ path, message: `has ${sizeBytes} bytes; at most ${sizeBytesMax} belong here` }];
  return text === undefined ? [{ path, message: "is not text; binaries do not belong here" }] : [];
}

export function headingMessages(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^(```|~~~)[\s\S]*?^\1/gm, "");
  const count = [...prose.matchAll(/^# \S/gm)].length;
  return count === 1 ? [] : [`has ${count} first-level headings; a document has one`];
}

export function wordMessages(text: string): readonly string[] {
  const words = new Set(text.toLowerCase().match(/[a-z]+/g) ?? []);
  return [...bannedWords].filter(([word]) => words.has(word)).map(([word, ours]) => `says "${word}"; say ${ours}`);
}

export function noteMessages(text: string): readonly string[] {
  const messages = /\bTODO\b(?!\(#\d+\))/.test(text) ? ["has a TODO without an issue number: TODO(#12)"] : [];
  return /\bFIXME\b/.test(text) ? [...messages, "has a FIXME"] : messages;
}

/** A lock file names packages and digests; where they are fetched from is each machine's own business. */
export function lockFileMessages(text: string): readonly string[] {
  const forbidden = [/\bresolved\b/, /https?:\/\//, /\btarball:/, /\bregistry\b/];
  return forbidden
    .filter((pattern) => pattern.test(text))
    .map((pattern) => `names a download place: ${pattern.source}`);
}

export function machineMessages(text: string): readonly string[] {
  const path = /(?<![\w.:/-])\/(?:home|Users|root|work)\/[\w.-]+/.exec(text);
  return path === null ? [] : [`names a path of one machine: ${path[0]}`];
}
