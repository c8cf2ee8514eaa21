// Somebody else's MessagePack: whatever a fuzzer or another implementation wrote, decoding answers, and what it lets in
// encodes to the same bytes.

import { expect, test } from "vitest";
import { type WireValue, decode, encode } from "../../src/index.ts";
import { describeWithData, fromHex, readBundle, readJson, readText } from "../support/shared-data.ts";

const BOUNDS = { bytesMax: 16 * 1024 * 1024 };
const FUZZ = "malformed/msgpack-fuzz-msgp.ndjson.gz";
const NLOHMANN = "malformed/nlohmann-json-msgpack-cbor.ndjson.gz";
const SUITE = "vectors/msgpack-test-suite.json";

/** 1 if it was let in. */
function judge(bytes: Uint8Array): number {
  const result = decode(bytes, BOUNDS);
  if (!result.ok) {
    expect(result.error.code).toMatch(/^ENCODING_/);
    return 0;
  }
  expect(encode(result.value as WireValue)).toEqual(bytes);
  return 1;
}

describeWithData("fuzzed MessagePack", [FUZZ], () => {
  test("is refused or canonical, and never throws", () => {
    const inputs = readText(FUZZ)
      .split("\n")
      .filter((line) => line !== "")
      .flatMap((line) => (JSON.parse(line) as { args: { b64: string }[] }).args)
      .map(({ b64 }) => new Uint8Array(Buffer.from(b64, "base64")));
    expect(inputs.length).toBeGreaterThan(1000);
    const letIn = inputs.reduce((sum, bytes) => sum + judge(bytes), 0);
    expect(letIn).toBeLessThan(inputs.length / 2);
  });
});

describeWithData("files of other formats and implementations", [NLOHMANN], () => {
  test("are refused or canonical, and never throw", () => {
    for (const { bytes } of readBundle(NLOHMANN)) judge(bytes);
  });
});

describeWithData("the msgpack test suite", [SUITE], () => {
  const ALLOWED = ["nil", "binary", "number", "bignum", "string", "array"];
  const groups = Object.values(readJson<Record<string, readonly Record<string, unknown>[]>>(SUITE));
  const cases = groups.flat();

  test("has its first form let in or none, and never two", () => {
    let letIn = 0;
    for (const { msgpack } of cases) {
      const forms = (msgpack as readonly string[]).map((hex) => judge(fromHex(hex.replaceAll("-", ""))));
      const accepted = forms.reduce((sum, verdict) => sum + verdict, 0);
      expect(accepted).toBeLessThanOrEqual(1);
      letIn += accepted;
    }
    expect(letIn).toBeGreaterThan(40);
  });

  test("has nothing of another type let in", () => {
    for (const { msgpack, ...value } of cases) {
      if (Object.keys(value).some((type) => ALLOWED.includes(type))) continue;
      for (const hex of msgpack as readonly string[]) expect(judge(fromHex(hex.replaceAll("-", "")))).toBe(0);
    }
  });
});
