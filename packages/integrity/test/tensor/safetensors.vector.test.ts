// Files that real trainers wrote: byte-exact through the reader, refused at every truncation, and never a throw on the
// corpus of malformed JSON.

import { expect, it } from "vitest";
import {
  canonicalSafetensors,
  readCanonicalSafetensors,
  readSafetensors,
  writeContainer,
} from "../../src/tensor/safetensors.ts";
import { describeWithData, readBundle, readData } from "../support/shared-data.ts";

const FILES = [
  "models/burn-multi_layer.safetensors",
  "models/candle-mnist-linear.safetensors",
  "models/mnist-cnn-burn.safetensors.gz",
  "models/lora-roberta-pt-run/checkpoint-500.safetensors.gz",
  "models/lora-roberta-pt-run/checkpoint-1000.safetensors.gz",
  "models/lora-roberta-pt-run/checkpoint-1500.safetensors.gz",
  "models/lora-roberta-pt-run/checkpoint-8610.safetensors.gz",
];
const JSON_CORPUS = "malformed/JSONTestSuite.ndjson.gz";

describeWithData("safetensors: real files", FILES, () => {
  it.each(FILES)("%s is written back byte for byte", (path) => {
    const bytes = readData(path);
    const container = readSafetensors(bytes);
    if (!container.ok) throw new Error(container.error.detail);
    expect(container.value.tensors.length).toBeGreaterThan(1);
    expect(Buffer.compare(writeContainer(container.value), bytes)).toBe(0);
  });

  it.each(FILES)("%s has one canonical form with the same tensors", (path) => {
    const container = readSafetensors(readData(path));
    if (!container.ok) throw new Error(container.error.detail);
    const again = readCanonicalSafetensors(canonicalSafetensors(container.value.tensors));
    if (!again.ok) throw new Error(again.error.detail);
    const source = new Map(container.value.tensors.map((tensor) => [tensor.name, tensor]));
    expect(again.value.tensors.length).toBe(source.size);
    for (const tensor of again.value.tensors) {
      expect(Buffer.compare(tensor.bytes, source.get(tensor.name)?.bytes ?? new Uint8Array(1))).toBe(0);
    }
  });

  it.each(FILES)("%s cut anywhere is refused", (path) => {
    const bytes = readData(path);
    const headerEnd = 8 + new DataView(bytes.buffer).getUint32(0, true);
    // Every size up to past the header where that is short, else a stride that shares no factor with the alignment.
    const stride = headerEnd > 2000 ? 37 : 1;
    const sizes = Array.from({ length: Math.floor((headerEnd + 64) / stride) }, (_, index) => index * stride);
    for (let part = 1; part < 64; part += 1) sizes.push(Math.floor((bytes.length * part) / 64));
    sizes.push(bytes.length - 1);
    for (const size of sizes) {
      const container = readSafetensors(bytes.subarray(0, size));
      expect(container.ok ? "OK" : container.error.code, `${size}`).toBe("CONTAINER_TRUNCATED");
    }
  });

  it.each(FILES)("%s with a damaged header is refused or still exact, never a throw", (path) => {
    const bytes = readData(path);
    const headerEnd = 8 + new DataView(bytes.buffer).getUint32(0, true);
    let refused = 0;
    let tried = 0;
    for (let at = 0; at < headerEnd; at += Math.ceil(headerEnd / 150)) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ (1 << (at % 8));
      const container = readSafetensors(damaged);
      tried += 1;
      if (!container.ok) refused += 1;
      else expect(Buffer.compare(writeContainer(container.value), damaged)).toBe(0);
    }
    // What is left are flips within names: another name is as good a name.
    expect(refused).toBeGreaterThan(tried / 4);
  });
});

describeWithData("safetensors: malformed JSON as a header", [JSON_CORPUS], () => {
  it("is refused without a throw unless it is an empty object", () => {
    const corpus = readBundle(JSON_CORPUS);
    expect(corpus.length).toBe(340);
    const accepted: string[] = [];
    for (const { path, bytes } of corpus) {
      const whole = new Uint8Array(8 + bytes.length);
      new DataView(whole.buffer).setUint32(0, bytes.length, true);
      whole.set(bytes, 8);
      if (readSafetensors(whole).ok) accepted.push(path.replace(/^.*\//, ""));
    }
    expect(accepted).toEqual(["y_object_empty.json"]);
  });
});
