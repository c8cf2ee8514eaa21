import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type RecordAddress, sealRecord, unsealRecord } from "../../src/store/sealed-record.ts";
import { nativeSha256 as sha256 } from "../support/native-crypto.ts";
import { toHex } from "../support/shared-data.ts";

const HERE: RecordAddress = { space: "blocks", key: "a" };

function codeOf(address: RecordAddress, sealed: Uint8Array): string {
  const value = unsealRecord(sha256, address, sealed);
  return value.ok ? "OK" : value.error.code;
}

describe("sealed record", () => {
  it("what was sealed is unsealed", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 50 }), (value) => {
        expect(unsealRecord(sha256, HERE, sealRecord(sha256, HERE, value))).toEqual({ ok: true, value });
      }),
    );
  });

  it("the format is 16 bytes of SHA-256 over space, key and value, then the value", () => {
    const digest = sha256(new TextEncoder().encode("blocks\u0000a\u0000v"));
    expect(toHex(sealRecord(sha256, HERE, Uint8Array.of(0x76)))).toBe(`${toHex(digest.subarray(0, 16))}76`);
  });

  it("a record moved to another key or space does not unseal", () => {
    const sealed = sealRecord(sha256, HERE, Uint8Array.of(1));
    expect(codeOf({ space: "blocks", key: "b" }, sealed)).toBe("RECORD_SEAL_BROKEN");
    expect(codeOf({ space: "commits", key: "a" }, sealed)).toBe("RECORD_SEAL_BROKEN");
  });

  it("every truncation and every flipped bit is noticed", () => {
    const sealed = sealRecord(sha256, HERE, Uint8Array.of(1, 2, 3));
    for (let size = 0; size < sealed.length; size += 1) {
      expect(codeOf(HERE, sealed.subarray(0, size))).toBe(size < 16 ? "RECORD_TRUNCATED" : "RECORD_SEAL_BROKEN");
    }
    for (let bit = 0; bit < 8 * sealed.length; bit += 1) {
      const damaged = sealed.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(codeOf(HERE, damaged)).toBe("RECORD_SEAL_BROKEN");
    }
  });
});
