import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { TENSOR_NAME_MAX_CHARS } from "../../src/limits.ts";
import { elementCount } from "../../src/tensor/dtype.ts";
import { canonicalSafetensors } from "../../src/tensor/safetensors.ts";
import { isModelShape, isSameShape, normL2, readWeights, weightsOf, writeWeights } from "../../src/tensor/weights.ts";

const A = { name: "a", shape: [2], values: Float32Array.of(3, 4) };
const B = { name: "b", shape: [1, 1], values: Float32Array.of(12) };

function codeOf(file: Uint8Array): string {
  const weights = readWeights(file);
  return weights.ok ? "OK" : weights.error.code;
}

describe("weights", () => {
  it("stand in the order of their names and come back from their canonical file", () => {
    const weights = weightsOf([B, A]);
    expect(weights.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(readWeights(writeWeights(weights))).toEqual({ ok: true, value: weights });
  });

  it("are copies: changing the file's bytes changes no weight", () => {
    const file = writeWeights([A]);
    const weights = readWeights(file);
    file.fill(0);
    expect(weights).toEqual({ ok: true, value: [A] });
  });

  it("two tensors of one name, or values that do not fit, are our bug", () => {
    expect(() => weightsOf([A, A])).toThrow(InvariantError);
    expect(() => weightsOf([{ ...A, shape: [3] }])).toThrow(InvariantError);
    expect(() => weightsOf([{ ...A, shape: [-2] }])).toThrow(InvariantError);
  });

  it("from a peer are refused unless finite F32 with names that leave room for a codec's", () => {
    const one = { name: "a", shape: [1], bytes: Uint8Array.of(0, 0, 0x80, 0x7f) };
    expect(codeOf(canonicalSafetensors([{ ...one, dtype: "F32" }]))).toBe("WEIGHTS_NOT_FINITE");
    expect(codeOf(canonicalSafetensors([{ ...one, dtype: "I32" }]))).toBe("WEIGHTS_DTYPE");
    const name = "n".repeat(TENSOR_NAME_MAX_CHARS - 15);
    expect(codeOf(canonicalSafetensors([{ ...one, name, dtype: "F32" }]))).toBe("WEIGHTS_NAME_TOO_LONG");
    expect(codeOf(Uint8Array.of(1))).toBe("CONTAINER_TRUNCATED");
  });

  it("have the Euclidean norm over all tensors, summed in float64", () => {
    expect(normL2([A, B])).toBe(13);
    expect(normL2([])).toBe(0);
    // 2^24 + 1 is no float32: a float32 accumulator would lose the second term.
    expect(normL2([{ name: "a", shape: [2], values: Float32Array.of(4096, 1) }])).toBe(Math.sqrt(2 ** 24 + 1));
  });
});

describe("model shapes", () => {
  it("ascend strictly by name", () => {
    expect(isModelShape([A, B])).toBe(true);
    expect(isModelShape([B, A])).toBe(false);
    expect(isModelShape([A, A])).toBe(false);
    expect(isModelShape([{ name: "", shape: [] }])).toBe(false);
  });

  it("are the same if names and dimensions are", () => {
    expect(isSameShape([A, B], [A, B])).toBe(true);
    expect(isSameShape([A], [A, B])).toBe(false);
    expect(isSameShape([A], [B])).toBe(false);
    expect(isSameShape([A], [{ ...A, shape: [3] }])).toBe(false);
    expect(isSameShape([A], [{ ...A, shape: [2, 1] }])).toBe(false);
  });

  it("a count is the product of dimensions while that is safe", () => {
    expect(elementCount([])).toBe(1);
    expect(elementCount([2, 3])).toBe(6);
    expect(elementCount([2 ** 52, 2 ** 52, 0])).toBe(0);
    expect(elementCount([2 ** 52, 4])).toBeUndefined();
    expect(elementCount([1.5])).toBeUndefined();
    expect(elementCount([-1])).toBeUndefined();
  });
});
