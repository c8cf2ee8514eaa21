// JSON from outside: UTF-8 without replacement, one value per key. A key that stands twice in an object means something
// different to every reader, so it is refused instead of silently overwritten. Shape is the schema's matter.

import { type Result, err, ok, textFromUtf8 } from "@selvedge/integrity";
import { type Refusal, badRequest } from "./problem.ts";

/** A string, or one of the characters that give an object its form. Only run over text that JSON.parse has accepted. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]/gu;

export function parseStrictJson(bytes: Uint8Array): Result<unknown, Refusal> {
  const text = textFromUtf8(bytes);
  if (text === undefined) return err(badRequest("BODY_MALFORMED", "the body is not UTF-8"));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (cause instanceof SyntaxError) return err(badRequest("BODY_MALFORMED", "the body is not JSON"));
    throw cause;
  }
  if (hasRepeatedKey(text)) return err(badRequest("BODY_MALFORMED", "a key stands twice in one object"));
  return ok(value);
}

function hasRepeatedKey(text: string): boolean {
  const open: Set<string>[] = [];
  let string = "";
  for (const [token] of text.matchAll(TOKEN)) {
    if (token.startsWith('"')) string = token;
    else if (token === "{" || token === "[") open.push(new Set());
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":" && !isNewKey(open.at(-1), string)) return true;
  }
  return false;
}

function isNewKey(keys: Set<string> | undefined, token: string): boolean {
  const key: unknown = JSON.parse(token);
  if (keys === undefined || typeof key !== "string" || keys.has(key)) return false;
  keys.add(key);
  return true;
}
