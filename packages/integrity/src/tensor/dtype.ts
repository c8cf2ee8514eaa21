// Element types of the safetensors format, by their names there. Types narrower than a byte are left out: their tensors
// need not end on a byte, and no model of ours has them.

export type DType =
  | "BF16"
  | "BOOL"
  | "C64"
  | "F16"
  | "F32"
  | "F64"
  | "F8_E4M3"
  | "F8_E5M2"
  | "F8_E8M0"
  | "I16"
  | "I32"
  | "I64"
  | "I8"
  | "U16"
  | "U32"
  | "U64"
  | "U8";

const ELEMENT_SIZE_BYTES: ReadonlyMap<string, number> = new Map<DType, number>([
  ["BF16", 2],
  ["BOOL", 1],
  ["C64", 8],
  ["F16", 2],
  ["F32", 4],
  ["F64", 8],
  ["F8_E4M3", 1],
  ["F8_E5M2", 1],
  ["F8_E8M0", 1],
  ["I16", 2],
  ["I32", 4],
  ["I64", 8],
  ["I8", 1],
  ["U16", 2],
  ["U32", 4],
  ["U64", 8],
  ["U8", 1],
]);

export function isDType(name: string): name is DType {
  return ELEMENT_SIZE_BYTES.has(name);
}

export function elementSizeBytes(dtype: DType): number {
  return ELEMENT_SIZE_BYTES.get(dtype) ?? 0;
}

/** Number of elements of a shape; undefined if a dimension is no count or the product is not safe. */
export function elementCount(shape: readonly number[]): number | undefined {
  // A zero anywhere empties the tensor; without this, [2^52, 2^52, 0] would overflow on its way there.
  let count = shape.includes(0) ? 0 : 1;
  for (const dimension of shape) {
    if (!Number.isSafeInteger(dimension) || dimension < 0) return undefined;
    count *= dimension;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}
