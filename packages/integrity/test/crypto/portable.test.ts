import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvariantError } from "../../src/assert.ts";
import { type SlowPathUse, nativeFirstVerify } from "../../src/crypto/native-first.ts";
import { portableCrypto, portableSigner } from "../../src/crypto/portable.ts";
import { nativeSha256, nativeVerify } from "../support/native-crypto.ts";
import { toHex } from "../support/shared-data.ts";

const MESSAGE = Uint8Array.of(1, 2, 3);

describe("portable crypto", () => {
  it("SHA-256 is the one that OpenSSL has", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (data) => {
        expect(toHex(portableCrypto.sha256(data))).toBe(toHex(nativeSha256(data)));
      }),
    );
  });

  it("verify never throws, whatever the bytes and their sizes", () => {
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 32, maxLength: 32 }));
    const signature = fc.oneof(fc.uint8Array({ maxLength: 80 }), fc.uint8Array({ minLength: 64, maxLength: 64 }));
    fc.assert(
      fc.property(bytes, bytes, signature, (key, message, signed) => {
        expect(typeof portableCrypto.verify(key, message, signed)).toBe("boolean");
      }),
      { numRuns: 200 },
    );
  });

  it("a signer keeps its key when the caller wipes the seed", () => {
    const seed = new Uint8Array(32).fill(7);
    const signer = portableSigner(seed);
    const signature = signer.sign(MESSAGE);
    seed.fill(0);
    expect(signer.sign(MESSAGE)).toEqual(signature);
    expect(portableCrypto.verify(signer.publicKey, MESSAGE, signature)).toBe(true);
  });

  it("a seed of another size is our bug", () => {
    expect(() => portableSigner(new Uint8Array(31))).toThrow(InvariantError);
  });
});

describe("native first", () => {
  const { publicKey, sign } = portableSigner(new Uint8Array(32).fill(9));
  const good = sign(MESSAGE);

  it("what the native verifier accepts never reaches the slow path", () => {
    const uses: SlowPathUse[] = [];
    const verify = nativeFirstVerify(nativeVerify, (use) => uses.push(use));
    expect(verify(publicKey, MESSAGE, good)).toBe(true);
    expect(uses).toEqual([]);
  });

  it("what the native verifier refuses is decided by ZIP-215 and counted with its verdict", () => {
    const uses: SlowPathUse[] = [];
    const verify = nativeFirstVerify(
      () => false,
      (use) => uses.push(use),
    );
    expect(verify(publicKey, MESSAGE, good)).toBe(true);
    expect(verify(publicKey, Uint8Array.of(4), good)).toBe(false);
    expect(uses).toEqual([
      { publicKey, accepted: true },
      { publicKey, accepted: false },
    ]);
  });

  it("counting is optional", () => {
    expect(nativeFirstVerify(() => false)(publicKey, MESSAGE, good)).toBe(true);
  });
});
