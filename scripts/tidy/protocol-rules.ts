// Rule numbers: docs/protocol.md declares them, sources cite them, test titles prove them. No orphan either way.

import type { Problem, TextFile } from "./repository.ts";

const ruleDocument = "docs/protocol.md";
const ruleId = /\b[PDACBSU]\d{1,2}\b/g;
const ruleList = /^[PDACBSU]\d{1,2}(?:\s*(?:,|–|-|and)\s*[PDACBSU]\d{1,2})*(?![\w(])/;

export function checkProtocolRules(files: readonly TextFile[]): readonly Problem[] {
  const document = files.find(({ path }) => path === ruleDocument);
  if (document === undefined) return [{ path: ruleDocument, message: "is missing: it declares the protocol's rules" }];
  const declared = declaredRules(document.text);
  const tested = new Set(
    files.filter(({ path }) => path.endsWith(".test.ts")).flatMap(({ text }) => testTitles(text).flatMap(rulesIn)),
  );
  const untested = [...declared].filter((rule) => !tested.has(rule));
  return [
    ...(declared.size === 0
      ? [{ path: ruleDocument, message: "declares no rule (write **P1** before its text)" }]
      : []),
    ...untested.map((rule) => ({
      path: ruleDocument,
      message: `rule ${rule} has no test with its number in the title`,
    })),
    ...files
      .filter(({ path }) => /^packages\/[^/]+\/src\/.*\.ts$/.test(path))
      .flatMap(({ path, text }) => citedRules(text).map((rule) => ({ path, rule })))
      .filter(({ rule }) => !declared.has(rule))
      .map(({ path, rule }) => ({ path, message: `cites rule ${rule}, which ${ruleDocument} does not declare` })),
  ];
}

/** Rules are declared in bold or in a heading: `**P1** …`, `**S2 order.** …`, `### U3 …`. */
export function declaredRules(markdown: string): ReadonlySet<string> {
  const inBold = [...markdown.matchAll(/\*\*([PDACBSU]\d{1,2})\b[^*\n]*\*\*/g)];
  const inHeadings = [...markdown.matchAll(/^#{2,6}\s+([PDACBSU]\d{1,2})\b/gm)];
  return new Set([...inBold, ...inHeadings].flatMap((match) => match[1] ?? []));
}

/** A citation is a line comment that opens with rule numbers; slots such as C0 named further on are not meant. */
export function citedRules(source: string): readonly string[] {
  const comments = [...source.matchAll(/\/\/\s*([^\n]*)/g)].map((match) => match[1] ?? "");
  return [...new Set(comments.flatMap((comment) => rulesIn(ruleList.exec(comment)?.[0] ?? "")))];
}

/** All rule numbers in a text, ranges such as P1–P7 spelled out. */
export function rulesIn(text: string): readonly string[] {
  const ranges = [...text.matchAll(/\b([PDACBSU])(\d{1,2})\s*[–-]\s*\1(\d{1,2})\b/g)].flatMap((match) => {
    const [from, to] = [Number(match[2]), Number(match[3])];
    return Array.from({ length: Math.max(0, to - from + 1) }, (_, offset) => `${match[1] ?? ""}${from + offset}`);
  });
  return [...new Set([...(text.match(ruleId) ?? []), ...ranges])];
}

/** The titles given to test, it and describe, also behind modifiers: `test.each(rows)("title", …)`. */
export function testTitles(source: string): readonly string[] {
  const titles: string[] = [];
  for (const match of source.matchAll(/\b(?:test|it|describe)\b/g)) {
    const title = titleAfter(source, match.index + match[0].length);
    if (title !== undefined) titles.push(title);
  }
  return titles;
}

function titleAfter(source: string, start: number): string | undefined {
  let rest = source.slice(start, start + 4000);
  for (;;) {
    const modifier = /^\s*\.\s*\w+/.exec(rest);
    if (modifier !== null) {
      rest = rest.slice(modifier[0].length);
      continue;
    }
    const title = /^\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/.exec(rest);
    if (title !== null) return title[2];
    const group = rest.startsWith("(") ? groupLength(rest) : 0;
    if (group === 0) return undefined;
    rest = rest.slice(group);
  }
}

/** Length of the bracketed group that `text` opens with, 0 if it does not end. */
function groupLength(text: string): number {
  let depth = 0;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === "(") depth += 1;
    if (text[index] === ")") depth -= 1;
    if (depth === 0) return index + 1;
  }
  return 0;
}
