// Delta codecs: what decodes is finite, fits the model, and is the only encoding of itself.

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { decodeDelta, encodeDelta } from "../../src/tensor/delta.ts";
import { type TensorView, canonicalSafetensors, readSafetensors } from "../../src/tensor/safetensors.ts";
import { type ModelShape, type Weights, modelShapeOf, weightsOf } from "../../src/tensor/weights.ts";
import { DELTA_CODECS, type DeltaCodec } from "../../src/update.ts";

const ALL = { keepPerMille: 1000 };
const MODEL: ModelShape = [
  { name: "a", shape: [2, 2] },
  { name: "b", shape: [] },
];

const floats = fc.float({ noNaN: true, noDefaultInfinity: true, min: -60_000, max: 60_000 });

/** Deltas to models with one to three tensors, an empty one and names that could collide with a codec's suffixes. */
const deltas: fc.Arbitrary<Weights> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom("a", "a.scale", "a.int8", "a.indices", "a.values", "a.int8.scale"),
      values: fc.array(floats, { maxLength: 8 }),
    }),
    { minLength: 1, maxLength: 4, selector: (tensor) => tensor.name },
  )
  .map((list) =>
    weightsOf(list.map(({ name, values }) => ({ name, shape: [values.length], values: Float32Array.from(values) }))),
  );

function encoded(delta: Weights, codec: DeltaCodec, options = ALL): Uint8Array {
  const payload = encodeDelta(delta, codec, options);
  if (!payload.ok) throw new Error(payload.error.detail);
  return payload.value;
}

function decoded(payload: Uint8Array, codec: DeltaCodec, model: ModelShape): Weights {
  const delta = decodeDelta(payload, { codec, model });
  if (!delta.ok) throw new Error(delta.error.detail);
  return delta.value;
}

function codeOf(payload: Uint8Array, codec: DeltaCodec, model: ModelShape = MODEL): string {
  const delta = decodeDelta(payload, { codec, model });
  return delta.ok ? "OK" : delta.error.code;
}

function bits(values: Float32Array): number[] {
  return [...new Uint32Array(values.slice().buffer)];
}

describe.each(DELTA_CODECS)("delta codec %s", (codec) => {
  it("is canonical: encoding what was decoded gives the same bytes", () => {
    fc.assert(
      fc.property(deltas, (delta) => {
        const payload = encoded(delta, codec);
        const back = decoded(payload, codec, modelShapeOf(delta));
        expect(Buffer.compare(encoded(back, codec), payload)).toBe(0);
        expect(modelShapeOf(back)).toEqual(modelShapeOf(delta));
      }),
      { numRuns: 300 },
    );
  });

  it("decodes every single-byte damage to a refusal, or to a delta whose only encoding that is", () => {
    const delta = weightsOf([
      { name: "a", shape: [2, 2], values: Float32Array.of(1, -2, 0.5, 0.25) },
      { name: "b", shape: [], values: Float32Array.of(3) },
    ]);
    const payload = encoded(delta, codec);
    for (let at = 0; at < payload.length; at += 1) {
      for (const mask of [0x01, 0x80, 0xff]) {
        const damaged = payload.slice();
        damaged[at] = (damaged[at] ?? 0) ^ mask;
        const back = decodeDelta(damaged, { codec, model: MODEL });
        if (back.ok) expect(Buffer.compare(encoded(back.value, codec), damaged), `byte ${at}`).toBe(0);
      }
    }
  });

  it("refuses every truncation, and any byte more", () => {
    const delta = weightsOf(
      MODEL.map(({ name, shape }) => ({ name, shape, values: new Float32Array(shape.length === 0 ? 1 : 4).fill(1) })),
    );
    const payload = encoded(delta, codec);
    for (let size = 0; size < payload.length; size += 1)
      expect(codeOf(payload.subarray(0, size), codec)).not.toBe("OK");
    expect(codeOf(new Uint8Array([...payload, 0]), codec)).toBe("CONTAINER_SIZE");
  });

  it("refuses to encode NaN and infinity", () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const payload = encodeDelta([{ name: "a", shape: [2], values: Float32Array.of(1, value) }], codec);
      expect(payload.ok ? "OK" : payload.error.code).toBe("DELTA_NOT_FINITE");
    }
  });

  it("refuses a delta to another model", () => {
    const delta = weightsOf([{ name: "a", shape: [4], values: new Float32Array(4).fill(1) }]);
    const payload = encoded(delta, codec);
    expect(codeOf(payload, codec, [{ name: "a", shape: [4] }])).toBe("OK");
    expect(codeOf(payload, codec, [])).toBe("DELTA_LAYOUT");
    expect(codeOf(payload, codec, MODEL)).toBe("DELTA_LAYOUT");
    expect(codeOf(payload, codec, [{ name: "b", shape: [4] }])).toBe("DELTA_LAYOUT");
    // topk says nothing of the shape but which indices lie within it.
    if (codec === "topk") expect(codeOf(payload, codec, [{ name: "a", shape: [3] }])).toBe("DELTA_INDEX");
    else expect(codeOf(payload, codec, [{ name: "a", shape: [2, 2] }])).toBe("DELTA_LAYOUT");
  });

  it("refuses the payload of every other codec", () => {
    const delta = weightsOf([{ name: "a", shape: [4], values: new Float32Array(4).fill(1) }]);
    for (const other of DELTA_CODECS) {
      if (other !== codec) expect(codeOf(encoded(delta, other), codec, modelShapeOf(delta))).toBe("DELTA_LAYOUT");
    }
  });

  it("refuses a container in any but the canonical form", () => {
    const delta = weightsOf([{ name: "a", shape: [4], values: new Float32Array(4).fill(1) }]);
    const payload = encoded(delta, codec);
    const container = readSafetensors(payload);
    if (!container.ok) throw new Error(container.error.code);
    const header = Buffer.from(container.value.headerBytes).toString().trimEnd();
    const loose = new TextEncoder().encode(`${header}${" ".repeat(16 + (8 - (header.length % 8)))}`);
    const data = payload.subarray(8 + container.value.headerBytes.length);
    const size = new Uint8Array(8);
    new DataView(size.buffer).setUint32(0, loose.length, true);
    expect(codeOf(new Uint8Array([...size, ...loose, ...data]), codec, modelShapeOf(delta))).toBe(
      "CONTAINER_NOT_CANONICAL",
    );
  });
});

describe("f32", () => {
  it("keeps every bit, the sign of zero included", () => {
    const values = Float32Array.of(0, -0, 1e-45, -3.4028234663852886e38);
    const delta = [{ name: "a", shape: [4], values }];
    const [tensor] = decoded(encoded(delta, "f32"), "f32", modelShapeOf(delta));
    expect(bits(tensor?.values ?? new Float32Array(0))).toEqual(bits(values));
  });

  it.each([
    ["NaN", 0x7f_c0_00_00],
    ["infinity", 0xff_80_00_00],
  ])("refuses %s at decode", (_, pattern) => {
    const payload = canonicalSafetensors([{ name: "a", dtype: "F32", shape: [1], bytes: words(pattern) }]);
    expect(codeOf(payload, "f32", [{ name: "a", shape: [1] }])).toBe("DELTA_NOT_FINITE");
  });
});

describe("f16 and bf16", () => {
  it.each([
    ["f16", "F16", 0x7c_00],
    ["f16", "F16", 0x7e_00],
    ["bf16", "BF16", 0xff_80],
    ["bf16", "BF16", 0x7f_c0],
  ] as const)("%s refuses NaN and infinity at decode", (codec, dtype, pattern) => {
    const bytes = Uint8Array.of(pattern & 0xff, pattern >> 8);
    const payload = canonicalSafetensors([{ name: "a", dtype, shape: [1], bytes }]);
    expect(codeOf(payload, codec, [{ name: "a", shape: [1] }])).toBe("DELTA_NOT_FINITE");
  });

  it.each([
    ["f16", 65_520],
    ["bf16", 3.4028234663852886e38],
  ] as const)("%s refuses to encode what would round to infinity", (codec, value) => {
    const payload = encodeDelta([{ name: "a", shape: [1], values: Float32Array.of(value) }], codec);
    expect(payload.ok ? "OK" : payload.error.code).toBe("DELTA_NOT_REPRESENTABLE");
  });
});

function int8Payload(steps: readonly number[], scaleBits: number): Uint8Array {
  const parts: TensorView[] = [
    { name: "a.int8", dtype: "I8", shape: [steps.length], bytes: Uint8Array.from(steps, (step) => step & 0xff) },
    { name: "a.scale", dtype: "F32", shape: [1], bytes: words(scaleBits) },
  ];
  return canonicalSafetensors(parts);
}

describe("int8", () => {
  const model = (size: number): ModelShape => [{ name: "a", shape: [size] }];
  const ONE = 0x3f_80_00_00;

  it("an element is int8 times scale", () => {
    const [tensor] = decoded(int8Payload([127, -127, 0, 3], ONE), "int8", model(4));
    expect([...(tensor?.values ?? [])]).toEqual([127, -127, 0, 3]);
  });

  it("rounds to the nearest step, ties to the even one", () => {
    const values = Float32Array.of(127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 1.75, -1.25);
    const [tensor] = decoded(encoded([{ name: "a", shape: [9], values }], "int8"), "int8", model(9));
    expect([...(tensor?.values ?? [])]).toEqual([127, 0, 2, 2, 0, -2, -2, 2, -1]);
  });

  it("the largest element is 127 steps, wherever it lies between two scales", () => {
    const near = fc.record({
      scale: fc.integer({ min: 0x00_80_00, max: 0x7b_00_00 }),
      beside: fc.integer({ min: -3, max: 3 }),
    });
    fc.assert(
      fc.property(near, ({ scale, beside }) => {
        const product = 127 * (new Float32Array(Uint32Array.of(scale * 256).buffer)[0] ?? 0);
        const values = new Float32Array(Uint32Array.of((bits(Float32Array.of(product))[0] ?? 0) + beside).buffer);
        const payload = encoded([{ name: "a", shape: [1], values }], "int8");
        expect(codeOf(payload, "int8", model(1))).toBe("OK");
      }),
      { numRuns: 2000 },
    );
  });

  it("the error of an element is at most half a step", () => {
    fc.assert(
      fc.property(fc.array(floats, { minLength: 1, maxLength: 20 }), (list) => {
        const values = Float32Array.from(list);
        const largest = Math.max(...values.map(Math.abs));
        const [tensor] = decoded(
          encoded([{ name: "a", shape: [list.length], values }], "int8"),
          "int8",
          model(list.length),
        );
        const step = (largest / 127) * (1 + 2 ** -15);
        for (const [index, value] of values.entries()) {
          const error = Math.abs((tensor?.values[index] ?? Number.NaN) - value);
          expect(error).toBeLessThanOrEqual(Math.max(step / 2, 127 * 2 ** -126));
        }
      }),
    );
  });

  it("is canonical over the whole range of magnitudes", () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 6 }),
        (list) => {
          const delta = [{ name: "a", shape: [list.length], values: Float32Array.from(list) }];
          const payload = encodeDelta(delta, "int8");
          if (!payload.ok) {
            expect(payload.error.code).toBe("DELTA_NOT_REPRESENTABLE");
            return;
          }
          const back = decoded(payload.value, "int8", model(list.length));
          expect(Buffer.compare(encoded(back, "int8"), payload.value)).toBe(0);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["−128", [-128, 127], ONE, "DELTA_NOT_CANONICAL"],
    ["a largest step below 127", [126], ONE, "DELTA_NOT_CANONICAL"],
    ["all zero steps with a scale", [0], ONE, "DELTA_NOT_CANONICAL"],
    ["steps without a scale", [127], 0, "DELTA_NOT_CANONICAL"],
    ["a scale of minus zero", [0], 0x80_00_00_00, "DELTA_NOT_CANONICAL"],
    ["a negative scale", [127], 0xbf_80_00_00, "DELTA_NOT_CANONICAL"],
    ["a scale with spare bits", [127], ONE + 1, "DELTA_NOT_CANONICAL"],
    ["a subnormal scale", [127], 0x00_40_00_00, "DELTA_NOT_CANONICAL"],
    ["the least normal scale", [127], 0x00_80_00_00, "OK"],
    ["an infinite scale", [127], 0x7f_80_00_00, "DELTA_NOT_FINITE"],
    ["a scale that is NaN", [127], 0x7f_c0_00_00, "DELTA_NOT_FINITE"],
    ["a scale whose steps overflow", [127], 0x7f_00_00_00, "DELTA_NOT_FINITE"],
    ["nothing at all", [0], 0, "OK"],
  ])("decoding %s", (_, steps, scaleBits, code) => {
    expect(codeOf(int8Payload(steps, scaleBits), "int8", model(steps.length))).toBe(code);
  });

  it("refuses to encode a value beyond 127 scales", () => {
    const payload = encodeDelta([{ name: "a", shape: [1], values: Float32Array.of(3.4028234663852886e38) }], "int8");
    expect(payload.ok ? "OK" : payload.error.code).toBe("DELTA_NOT_REPRESENTABLE");
  });
});

function topkPayload(indices: readonly number[], values: readonly number[]): Uint8Array {
  return canonicalSafetensors([
    { name: "a.indices", dtype: "U32", shape: [indices.length], bytes: words(...indices) },
    { name: "a.values", dtype: "F32", shape: [values.length], bytes: words(...bits(Float32Array.from(values))) },
  ]);
}

describe("topk", () => {
  const model: ModelShape = [{ name: "a", shape: [2, 2] }];

  it("keeps the largest magnitudes, of equals the earlier ones, and never a zero", () => {
    const values = Float32Array.of(1, -5, 2, -2, 0, 2, 0, 0, 0, 0);
    const delta = [{ name: "a", shape: [10], values }];
    const keep = (keepPerMille: number): number[] => {
      const [tensor] = decoded(encoded(delta, "topk", { keepPerMille }), "topk", modelShapeOf(delta));
      return [...(tensor?.values ?? [])];
    };
    expect(keep(1)).toEqual([0, -5, 0, 0, 0, 0, 0, 0, 0, 0]);
    expect(keep(300)).toEqual([0, -5, 2, -2, 0, 0, 0, 0, 0, 0]);
    expect(keep(400)).toEqual([0, -5, 2, -2, 0, 2, 0, 0, 0, 0]);
    expect(keep(1000)).toEqual([...values]);
  });

  it.each([
    ["none", [], [], "OK"],
    ["some", [0, 3], [1, -1], "OK"],
    ["an index out of range", [0, 4], [1, 1], "DELTA_INDEX"],
    ["an index twice", [1, 1], [1, 2], "DELTA_INDEX"],
    ["indices that descend", [2, 1], [1, 1], "DELTA_INDEX"],
    ["more than there are", [0, 1, 2, 3, 4], [1, 1, 1, 1, 1], "DELTA_INDEX"],
    ["fewer values than indices", [0, 1], [1], "DELTA_LAYOUT"],
    ["a zero", [0], [0], "DELTA_NOT_CANONICAL"],
    ["a minus zero", [0], [-0], "DELTA_NOT_CANONICAL"],
    ["NaN", [0], [Number.NaN], "DELTA_NOT_FINITE"],
    ["infinity", [0], [Number.NEGATIVE_INFINITY], "DELTA_NOT_FINITE"],
  ])("decoding %s", (_, indices, values, code) => {
    expect(codeOf(topkPayload(indices, values), "topk", model)).toBe(code);
  });

  it("indices that are no list, or of another type, are refused", () => {
    const values: TensorView = { name: "a.values", dtype: "F32", shape: [1], bytes: new Uint8Array(4).fill(1) };
    const bytes = new Uint8Array(4);
    const matrix = canonicalSafetensors([{ name: "a.indices", dtype: "U32", shape: [1, 1], bytes }, values]);
    const signed = canonicalSafetensors([{ name: "a.indices", dtype: "I32", shape: [1], bytes }, values]);
    expect(codeOf(matrix, "topk", model)).toBe("DELTA_LAYOUT");
    expect(codeOf(signed, "topk", model)).toBe("DELTA_LAYOUT");
  });

  it("a share of nothing, or of more than all, is our bug", () => {
    expect(() => encodeDelta([], "topk", { keepPerMille: 0 })).toThrow(InvariantError);
    expect(() => encodeDelta([], "topk", { keepPerMille: 1001 })).toThrow(InvariantError);
  });
});

describe("a model shape", () => {
  it("that does not ascend is our bug", () => {
    const model = MODEL.toReversed();
    expect(() => decodeDelta(new Uint8Array(0), { codec: "f32", model })).toThrow(InvariantError);
  });
});

function words(...patterns: readonly number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(patterns).buffer);
}
