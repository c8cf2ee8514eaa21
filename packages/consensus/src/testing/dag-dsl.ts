// DAGs drawn as text, for tests and documents. One line per round; authors are capital letters, a twin carries primes:
//
//   1: A B C D                 each has its own previous block and all first blocks of the round before as parents
//   2: A B(AC) C(ABD) D        only these of the round before (the own previous block is always first, named or not)
//   3: A B C D(ABC) D'(AB'C)   two blocks of D; B' is the twin of the round before
//   4: A(ABC D2) …             a weak link is a full name: letter, round, primes
//   5-9: A B C                 several rounds alike
//
// Blocks are called like "D3'"; genesis is "g0", "g1", … Everything after '#' is a remark. Asserts on mistakes.

import { assert, mustExist } from "@selvedge/integrity";
import type { ScenarioBlock } from "../replay/scenario.ts";

const ROW = /^(\d+)(?:-(\d+))?:\s*(.*)$/;
const BLOCK = /([A-Z])('*)(?:\(([^)]*)\))?/g;
const PARENT = /([A-Z])(\d*)('*)/g;
const FIRST_LETTER = "A".charCodeAt(0);

interface Drawn {
  readonly author: number;
  readonly primes: string;
  /** The text in parentheses; undefined if there is none. */
  readonly parents: string | undefined;
}

export interface Drawing {
  /** In an order that puts ancestors first. */
  readonly blocks: readonly ScenarioBlock[];
  /** Names of the blocks of the rounds up to `round`. */
  readonly upTo: (round: number) => readonly string[];
}

export function drawDag(text: string, size: number): Drawing {
  const blocks: ScenarioBlock[] = [];
  for (const line of text.split("\n")) {
    const row = line.replace(/#.*/, "").trim();
    if (row === "") continue;
    const [, from, to, content] = mustExist(ROW.exec(row), `"${row}" is a row`);
    for (let round = Number(from); round <= Number(to ?? from); round += 1) {
      blocks.push(...drawnRound({ round, content: content ?? "", before: [...blocks], size }));
    }
  }
  return { blocks, upTo: (round) => blocks.filter((block) => block.round <= round).map(({ id }) => id) };
}

/** "A3'" */
export function nameOf(author: number, round: number, primes: string = ""): string {
  return `${letterOf(author)}${round}${primes}`;
}

/** Authors from letters: "ABCD" → 0, 1, 2, 3. */
export function authorsOf(letters: string): readonly number[] {
  return letters
    .replaceAll(/\s/g, "")
    .split("")
    .map((letter) => letter.charCodeAt(0) - FIRST_LETTER);
}

interface Row {
  readonly round: number;
  readonly content: string;
  readonly before: readonly ScenarioBlock[];
  readonly size: number;
}

function drawnRound(row: Row): readonly ScenarioBlock[] {
  return [...row.content.matchAll(BLOCK)].map(([, letter, primes, parents]) =>
    drawnBlock({ author: authorOf(letter, row.size), primes: primes ?? "", parents }, row),
  );
}

function drawnBlock({ author, primes, parents }: Drawn, row: Row): ScenarioBlock {
  const { round } = row;
  const named = parents === undefined ? allOfRoundBefore(row) : namedParents(parents, row);
  const own = named.find((id) => authorOfId(id, row) === author) ?? newestOwn(author, row);
  return { id: nameOf(author, round, primes), author, round, ancestors: [own, ...named.filter((id) => id !== own)] };
}

function allOfRoundBefore({ round, before, size }: Row): readonly string[] {
  if (round === 1) return Array.from({ length: size }, (_, author) => `g${author}`);
  return before.filter((block) => block.round === round - 1 && !block.id.endsWith("'")).map(({ id }) => id);
}

function namedParents(parents: string, row: Row): readonly string[] {
  return [...parents.matchAll(PARENT)].map(([, letter, round, primes]) => {
    const author = authorOf(letter, row.size);
    const ofRound = round === "" || round === undefined ? row.round - 1 : Number(round);
    if (ofRound === 0) return `g${author}`;
    const id = nameOf(author, ofRound, primes);
    assert(
      row.before.some((block) => block.id === id),
      `${id} is drawn above round ${row.round}`,
    );
    return id;
  });
}

function newestOwn(author: number, { before }: Row): string {
  const own = before.filter((block) => block.author === author && !block.id.endsWith("'"));
  return own.at(-1)?.id ?? `g${author}`;
}

function authorOfId(id: string, { before }: Row): number {
  const block = before.find((drawn) => drawn.id === id);
  return block?.author ?? Number(id.slice(1));
}

function authorOf(letter: string | undefined, size: number): number {
  const author = mustExist(letter, "a block has a letter").charCodeAt(0) - FIRST_LETTER;
  assert(author < size, `${letter ?? ""} is a member of the committee`);
  return author;
}

function letterOf(author: number): string {
  return String.fromCharCode(FIRST_LETTER + author);
}
