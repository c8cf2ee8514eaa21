// A row of a sweep is called by what was set for it. What one setting puts in place a later one must not replace: the row
// would bear the name of something that did not run.

import type { Override } from "../scenario/load.ts";
import { isTree } from "../scenario/tree.ts";

/** The first two settings of which the later one undoes the earlier one, or part of it. */
export function settingUndone(
  settings: readonly Override[],
): { readonly earlier: string; readonly later: string } | undefined {
  for (const [position, earlier] of settings.entries()) {
    const later = settings.slice(position + 1).find((candidate) => undoes(candidate, earlier));
    if (later !== undefined) return { earlier: earlier.path, later: later.path };
  }
  return undefined;
}

/** Setting more of an object or list that was set before undoes nothing. */
function undoes(later: Override, earlier: Override): boolean {
  const [above, below] = [keysOf(earlier.path), keysOf(later.path)];
  const isSameWay = above.every((key, depth) => depth >= below.length || key === below[depth]);
  if (!isSameWay) return false;
  return below.length <= above.length || isThere(earlier.value, below.slice(above.length));
}

function isThere(value: unknown, keys: readonly string[]): boolean {
  let at = value;
  for (const key of keys) {
    if (Array.isArray(at)) at = Object.entries(at).find(([index]) => index === key)?.[1];
    else at = isTree(at) && Object.hasOwn(at, key) ? at[key] : undefined;
    if (at === undefined) return false;
  }
  return true;
}

/** An index of a list may be written with zeros in front. */
function keysOf(path: string): readonly string[] {
  return path.split(".").map((key) => (/^\d{1,6}$/u.test(key) ? String(Number(key)) : key));
}
