// Takes out of a text whatever this home holds as a secret. Not by guessing what a secret looks like: the home's own
// secrets are read, and every occurrence of one of them, as it stands or as JSON would write it, goes.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HomePaths } from "../config/home.ts";
import type { NodeConfig } from "../config/schema.ts";
import { isSystemError } from "../errors.ts";

/** Shorter ones would take half of the text with them. */
const SECRET_CHARS_MIN = 6;
const REDACTED = "[redacted]";

export class Secrets {
  readonly #texts: readonly string[];

  constructor(texts: Iterable<string>) {
    // The longest first: one may be a part of another.
    this.#texts = [...new Set(texts)]
      .filter((text) => text.length >= SECRET_CHARS_MIN)
      .toSorted((left, right) => right.length - left.length || (left < right ? -1 : 1));
  }

  redact(text: string): string {
    let clean = text.replaceAll(/(?<=\bbearer\s+)[!-~]{6,}/giu, REDACTED);
    for (const secret of this.#texts) {
      clean = clean.replaceAll(secret, REDACTED);
      clean = clean.replaceAll(JSON.stringify(secret).slice(1, -1), REDACTED);
    }
    return clean;
  }
}

/** Of keys/ and secrets/, the password file, the token file, and the environment's token. */
export async function secretsOf(paths: HomePaths, config: NodeConfig): Promise<Secrets> {
  const texts = [
    ...(await linesOf(config.keys.password_file)),
    ...(await linesOf(config.api.token_file)),
    ...(await linesUnder(paths.secrets)),
    ...(await keyTexts(join(paths.root, "keys"))),
  ];
  return new Secrets([...texts, process.env["SELVEDGE_TOKEN"] ?? ""]);
}

async function linesUnder(folder: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const name of await namesIn(folder)) texts.push(...(await linesOf(join(folder, name))));
  return texts;
}

async function linesOf(path: string): Promise<readonly string[]> {
  if (path === "") return [];
  const text = await textOf(path);
  return text.split(/\r?\n/u).map((line) => line.trim());
}

/** Every string in a key file: what is encrypted there is nobody else's either. Its public key is no secret. */
async function keyTexts(folder: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for (const name of await namesIn(folder)) {
    const text = await textOf(join(folder, name));
    texts.push(...stringsIn(parsed(text) ?? text));
  }
  return texts;
}

const PUBLIC_FIELDS: ReadonlySet<string> = new Set([
  "publicKey",
  "public_key",
  "kind",
  "format",
  "name",
  "function",
  "kdf",
  "cipher",
]);

function stringsIn(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    PUBLIC_FIELDS.has(name) && typeof inner === "string" ? [] : stringsIn(inner),
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return [];
    throw error;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    // What is not there, or not for us, cannot be in our text either.
    if (isSystemError(error, "ENOENT") || isSystemError(error, "EACCES")) return "";
    throw error;
  }
}
