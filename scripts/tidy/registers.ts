// The two registers that readers rely on: every bound has a row in docs/limits.md, every code one in docs/errors.md,
// and no row outlives what it describes.

import type { Problem, TextFile } from "./repository.ts";

const upperSnake = "[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*";

/** Names in capitals that are not codes of ours: the environment, element types, and what libraries below us report. */
const foreignName = /^(SELVEDGE_|NODE_|ERR_|LEVEL_|F8_|XDG_|STATE_DIRECTORY$|INIT_CWD$|NO_COLOR$|FORCE_COLOR$)/;

export function checkLimits(files: readonly TextFile[]): readonly Problem[] {
  const declared = files.filter(({ path }) => /^packages\/[^/]+\/src\/(.*\/)?limits\.ts$/.test(path));
  const names = new Map(declared.flatMap(({ path, text }) => limitNames(text).map((name) => [name, path] as const)));
  return compare({ kind: "limit", register: "docs/limits.md", names, files });
}

export function checkErrorCodes(files: readonly TextFile[]): readonly Problem[] {
  const sources = files.filter(({ path }) => /^packages\/[^/]+\/src\/(?!testing\/).*\.ts$/.test(path));
  const names = new Map(sources.flatMap(({ path, text }) => errorCodes(text).map((code) => [code, path] as const)));
  return compare({ kind: "code", register: "docs/errors.md", names, files });
}

export function limitNames(source: string): readonly string[] {
  return [...source.matchAll(new RegExp(`^export const (${upperSnake})\\b`, "gm"))].flatMap((match) => match[1] ?? []);
}

/** Codes are string literals in capitals with an underscore, or whatever is handed over as a code. */
export function errorCodes(source: string): readonly string[] {
  const code = stripComments(source);
  const literals = [...code.matchAll(/"([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)"/g)];
  const handedOver = [
    ...code.matchAll(new RegExp(`(?:\\bcode\\s*[:=]\\s*|\\breject(?:ion)?\\(\\s*)"(${upperSnake})"`, "g")),
  ];
  const found = [...literals, ...handedOver].flatMap((match) => match[1] ?? []);
  return [...new Set(found)].filter((name) => !foreignName.test(name));
}

/** First cells of table rows that are a name in capitals. */
export function registeredNames(markdown: string): readonly string[] {
  const rows = markdown.matchAll(new RegExp(`^\\|\\s*\`?(${upperSnake})\`?\\s*\\|`, "gm"));
  return [...rows].flatMap((match) => match[1] ?? []);
}

interface Comparison {
  readonly kind: string;
  readonly register: string;
  /** Name to the file that uses it. */
  readonly names: ReadonlyMap<string, string>;
  readonly files: readonly TextFile[];
}

function compare({ kind, register, names, files }: Comparison): readonly Problem[] {
  const document = files.find(({ path }) => path === register);
  if (document === undefined) return [{ path: register, message: `is missing: it lists every ${kind}` }];
  const rows = registeredNames(document.text);
  const listed = new Set(rows);
  return [
    ...[...names]
      .filter(([name]) => !listed.has(name))
      .map(([name, path]) => ({ path, message: `${kind} ${name} has no row in ${register}` })),
    ...[...listed]
      .filter((name) => !names.has(name))
      .map((name) => ({ path: register, message: `${kind} ${name} is in no source file` })),
    ...rows
      .filter((name, index) => rows.indexOf(name) !== index)
      .map((name) => ({ path: register, message: `${kind} ${name} has two rows` })),
  ];
}

function stripComments(source: string): string {
  return source.replaceAll(/\/\*[\s\S]*?\*\//g, "").replaceAll(/(^|\s)\/\/[^\n]*/g, "$1");
}
