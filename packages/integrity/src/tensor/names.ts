// Names of tensors: what is one, and the one order in which they stand (canonical containers, model shapes, sums).

import { TENSOR_NAME_MAX_CHARS } from "../limits.ts";

/** The header's own key in a container; no tensor may have it. */
export const METADATA_KEY = "__metadata__";

export function isTensorName(name: string): boolean {
  return name !== METADATA_KEY && name.length > 0 && name.length <= TENSOR_NAME_MAX_CHARS && name.isWellFormed();
}

/** By UTF-16 code units: what `<` on strings means, and no locale. */
export function compareNames(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
