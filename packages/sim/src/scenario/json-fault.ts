// Where a text stops being JSON. The language's own parser decides whether it is JSON; it does not always say where not.

const WHITESPACE = /[ \t\n\r]*/uy;
const SCALAR =
  /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;
const STRING_PREFIX = /"(?:[^"\\\p{Cc}]|[\u007f-\u009f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*/uy;

type Expected = "value" | "valueOrEnd" | "key" | "keyOrEnd" | "colon" | "commaOrEnd";

interface Cursor {
  at: number;
  readonly text: string;
  readonly open: ("{" | "[")[];
}

/** Offset of the first character that cannot stand there; the text's length if it ends too early. */
export function jsonFaultAt(text: string): number {
  const cursor: Cursor = { at: 0, text, open: [] };
  let expected: Expected | undefined = "value";
  for (;;) {
    cursor.at += lengthOf(WHITESPACE, cursor);
    // A whole value at the top: nothing may follow.
    if (expected === "commaOrEnd" && cursor.open.length === 0) return cursor.at;
    const before: number = cursor.at;
    expected = next(cursor, expected);
    if (expected === undefined)
      return before + (text[before] === '"' ? lengthOf(STRING_PREFIX, { ...cursor, at: before }) : 0);
  }
}

function next(cursor: Cursor, expected: Expected): Expected | undefined {
  switch (expected) {
    case "value":
    case "valueOrEnd":
      return afterValue(cursor, expected === "valueOrEnd");
    case "key":
    case "keyOrEnd":
      return afterKey(cursor, expected === "keyOrEnd");
    case "colon":
      return take(cursor, ":") ? "value" : undefined;
    default:
      return afterItem(cursor);
  }
}

function afterValue(cursor: Cursor, mayEnd: boolean): Expected | undefined {
  if (mayEnd && take(cursor, "]")) return closed(cursor);
  if (take(cursor, "{")) return opened(cursor, "{");
  if (take(cursor, "[")) return opened(cursor, "[");
  const length = lengthOf(SCALAR, cursor);
  cursor.at += length;
  return length > 0 ? "commaOrEnd" : undefined;
}

function afterKey(cursor: Cursor, mayEnd: boolean): Expected | undefined {
  if (mayEnd && take(cursor, "}")) return closed(cursor);
  const length = cursor.text[cursor.at] === '"' ? lengthOf(SCALAR, cursor) : 0;
  cursor.at += length;
  return length > 0 ? "colon" : undefined;
}

function afterItem(cursor: Cursor): Expected | undefined {
  const isObject = cursor.open.at(-1) === "{";
  if (take(cursor, ",")) return isObject ? "key" : "value";
  return take(cursor, isObject ? "}" : "]") ? closed(cursor) : undefined;
}

function opened(cursor: Cursor, bracket: "{" | "["): Expected {
  cursor.open.push(bracket);
  return bracket === "{" ? "keyOrEnd" : "valueOrEnd";
}

function closed(cursor: Cursor): Expected {
  cursor.open.pop();
  return "commaOrEnd";
}

function take(cursor: Cursor, character: string): boolean {
  if (cursor.text[cursor.at] !== character) return false;
  cursor.at += 1;
  return true;
}

function lengthOf(pattern: RegExp, cursor: Cursor): number {
  const sticky = new RegExp(pattern.source, pattern.flags);
  sticky.lastIndex = cursor.at;
  return sticky.exec(cursor.text)?.[0].length ?? 0;
}
