// Loads an adversary that a user wrote, from a .ts, .mts, .mjs or .js file anywhere on the disk: Node strips the types,
// so `import type { Adversary } from "@selvedge/sim"` resolves nothing at run time. Called by the command line and by
// sweep workers, never within a run.

import { stat } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { AdversaryError } from "./adversary-error.ts";
import { adversaryFault, isAdversary, isRecord, membersOf, reasonOf } from "./adversary-shape.ts";
import type { Adversary } from "./adversary.ts";
import { guarded } from "./guard.ts";

const EXTENSIONS: readonly string[] = [".ts", ".mts", ".mjs", ".js"];

export type AdversaryOptions = Readonly<Record<string, unknown>>;

/**
 * One for one run: a file that exports a function is asked for a fresh adversary each time. Errors: SIM_ADVERSARY_FILE,
 * SIM_ADVERSARY_SHAPE; its own failures during the run are SIM_ADVERSARY_FAILED.
 */
export async function loadAdversary(path: string, options: AdversaryOptions = {}): Promise<Adversary> {
  return (await loadAdversaryMaker(path, options))();
}

/** For several runs in a row: the file is read once, and each call makes an adversary for one run. */
export async function loadAdversaryMaker(path: string, options: AdversaryOptions = {}): Promise<() => Adversary> {
  const exported = await defaultExportOf(path);
  return () => adversaryOf(path, exported, options);
}

function adversaryOf(path: string, exported: unknown, options: AdversaryOptions): Adversary {
  const made = typeof exported === "function" ? madeBy(path, exported, options) : exported;
  return guarded(checked(path, made), made);
}

/** Its members may be getters that throw. */
function checked(path: string, made: unknown): Adversary {
  try {
    const members = membersOf(made);
    const fault = adversaryFault(members);
    if (fault === undefined && isAdversary(members)) return members;
    throw new TypeError(fault ?? "unknown");
  } catch (cause) {
    const message = `${path}: the default export is no adversary: ${reasonOf(cause)}`;
    throw new AdversaryError("SIM_ADVERSARY_SHAPE", message);
  }
}

async function defaultExportOf(path: string): Promise<unknown> {
  const extension = extname(path);
  if (!EXTENSIONS.includes(extension)) {
    throw new AdversaryError("SIM_ADVERSARY_FILE", `${path}: an adversary is a ${EXTENSIONS.join(", ")} file`);
  }
  const absolute = resolve(path);
  await mustBeFile(path, absolute);
  const module: unknown = await imported(path, pathToFileURL(absolute).href);
  if (isRecord(module) && "default" in module) return module["default"];
  const names = isRecord(module) ? Object.keys(module).slice(0, 8).join(", ") : "";
  const others = names === "" ? "it exports nothing" : `it exports ${names}`;
  throw new AdversaryError("SIM_ADVERSARY_SHAPE", `${path} has no default export: ${others}`);
}

async function mustBeFile(path: string, absolute: string): Promise<void> {
  try {
    if ((await stat(absolute)).isFile()) return;
  } catch (cause) {
    throw new AdversaryError("SIM_ADVERSARY_FILE", `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
  throw new AdversaryError("SIM_ADVERSARY_FILE", `${path} is no file`);
}

async function imported(path: string, url: string): Promise<unknown> {
  try {
    return await import(url);
  } catch (cause) {
    throw new AdversaryError("SIM_ADVERSARY_FILE", `${path} does not load: ${reasonOf(cause)}${hintFor(cause)}`, {
      cause,
    });
  }
}

function hintFor(cause: unknown): string {
  const code = isRecord(cause) ? cause["code"] : undefined;
  if (code === "ERR_MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED") {
    return "; for types alone write `import type { … }`, which needs no package at run time";
  }
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX")
    return "; types are stripped, not compiled: no enums, namespaces or parameter properties";
  return "";
}

/** A class is a function, too, but not one that can be called. */
function madeBy(path: string, make: Function, options: AdversaryOptions): unknown {
  try {
    const made: unknown = Reflect.apply(make, undefined, [options]);
    if (made instanceof Promise) throw new TypeError("it must not be async");
    return made;
  } catch (cause) {
    throw new AdversaryError("SIM_ADVERSARY_SHAPE", `${path}: the exported function failed: ${reasonOf(cause)}`, {
      cause,
    });
  }
}
