// Delta debugging (ddmin, Zeller and Hildebrandt 2002) over a list: which of these are needed for the failure? Pure; the
// shrinker calls it with faults, behaviours, nodes and links. It knows nothing of scenarios.

/**
 * A subset, in order, for which `isFailing` holds and from which no single item can be left out. The whole list must fail.
 * A test that answers false when its budget is spent ends the search early with the best subset so far.
 */
export function minimalSubset<Item>(
  items: readonly Item[],
  isFailing: (subset: readonly Item[]) => boolean,
): readonly Item[] {
  if (items.length === 0 || isFailing([])) return [];
  let kept = items;
  let parts = 2;
  while (kept.length > 1) {
    const chunks = split(kept, Math.min(parts, kept.length));
    const smaller = firstFailing(chunks, isFailing);
    if (smaller !== undefined) {
      parts = smaller.isChunk ? 2 : Math.max(parts - 1, 2);
      kept = smaller.subset;
    } else if (parts >= kept.length) {
      return kept;
    } else {
      parts = Math.min(parts * 2, kept.length);
    }
  }
  return kept;
}

interface Smaller<Item> {
  readonly subset: readonly Item[];
  readonly isChunk: boolean;
}

function firstFailing<Item>(
  chunks: readonly (readonly Item[])[],
  isFailing: (subset: readonly Item[]) => boolean,
): Smaller<Item> | undefined {
  for (const chunk of chunks) if (isFailing(chunk)) return { subset: chunk, isChunk: true };
  // With two chunks each complement is the other chunk, which was just tried.
  if (chunks.length === 2) return undefined;
  for (const left of chunks) {
    const complement = chunks.flatMap((chunk) => (chunk === left ? [] : chunk));
    if (isFailing(complement)) return { subset: complement, isChunk: false };
  }
  return undefined;
}

function split<Item>(items: readonly Item[], parts: number): readonly (readonly Item[])[] {
  return Array.from({ length: parts }, (_, part) =>
    items.slice(Math.floor((part * items.length) / parts), Math.floor(((part + 1) * items.length) / parts)),
  );
}
