// One ed25519 rule, ZIP-215, on both paths: portable alone, and OpenSSL first with the portable rule behind it. Every
// published case must be decided the same way on both.

import { expect, it } from "vitest";
import { nativeFirstVerify } from "../../src/crypto/native-first.ts";
import type { VerifySignature } from "../../src/crypto/port.ts";
import { portableCrypto, portableSigner } from "../../src/crypto/portable.ts";
import { nativeVerify } from "../support/native-crypto.ts";
import { describeWithData, fromHex, readJson, readText, toHex } from "../support/shared-data.ts";

const PATHS: readonly { readonly path: string; readonly verify: VerifySignature }[] = [
  { path: "portable", verify: portableCrypto.verify },
  { path: "native first", verify: nativeFirstVerify(nativeVerify) },
];

const ZIP215 = "vectors/ed25519/zip215.json.gz";
const SPECCHECK = "vectors/ed25519/speccheck-cases.json";
const SIGN_INPUT = "vectors/ed25519/sign.input-1024.txt.gz";
const WYCHEPROOF = "vectors/wycheproof/ed25519_test.json.gz";

interface Zip215Case {
  readonly vk_bytes: string;
  readonly sig_bytes: string;
  readonly valid_zip215: boolean;
}

describeWithData("ed25519: small-order and non-canonical points of ZIP-215", [ZIP215], () => {
  const message = new TextEncoder().encode("Zcash");
  const cases = readJson<readonly Zip215Case[]>(ZIP215);

  it.each(PATHS)("$path: all 196 cases are decided as ZIP-215 says", ({ verify }) => {
    expect(cases.length).toBe(196);
    for (const { vk_bytes, sig_bytes, valid_zip215 } of cases) {
      expect(verify(fromHex(vk_bytes), message, fromHex(sig_bytes)), vk_bytes).toBe(valid_zip215);
    }
  });

  it("OpenSSL alone refuses some of them, which is why it may not be the one that refuses", () => {
    const refused = cases.filter(
      ({ vk_bytes, sig_bytes }) => !nativeVerify(fromHex(vk_bytes), message, fromHex(sig_bytes)),
    );
    expect(refused.length).toBeGreaterThan(0);
  });
});

interface SpecCheckCase {
  readonly message: string;
  readonly pub_key: string;
  readonly signature: string;
}

// The Zebra row of "Taming the many EdDSAs": cofactored equation, S < L enforced, any encoding of A and R that decodes.
const ZEBRA_ROW = [true, true, true, true, true, true, false, false, false, true, true, true];

describeWithData("ed25519: speccheck", [SPECCHECK], () => {
  const cases = readJson<readonly SpecCheckCase[]>(SPECCHECK);

  it.each(PATHS)("$path: the twelve cases are decided as the Zebra row says", ({ verify }) => {
    const verdicts = cases.map((one) => verify(fromHex(one.pub_key), fromHex(one.message), fromHex(one.signature)));
    expect(verdicts).toEqual(ZEBRA_ROW);
  });
});

interface SignInput {
  readonly seed: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

describeWithData("ed25519: sign.input", [SIGN_INPUT], () => {
  const inputs = readText(SIGN_INPUT)
    .split("\n")
    .filter((line) => line !== "")
    .map((line): SignInput => {
      const [secret = "", publicKey = "", message = "", signed = ""] = line.split(":");
      return {
        seed: fromHex(secret.slice(0, 64)),
        publicKey: fromHex(publicKey),
        message: fromHex(message),
        signature: fromHex(signed.slice(0, 128)),
      };
    });

  it("signing is RFC 8032, byte for byte, on all 1024 lines", () => {
    expect(inputs.length).toBe(1024);
    for (const { seed, publicKey, message, signature } of inputs) {
      const signer = portableSigner(seed);
      expect(toHex(signer.publicKey)).toBe(toHex(publicKey));
      expect(toHex(signer.sign(message))).toBe(toHex(signature));
    }
  });

  it.each(PATHS)("$path: accepts each of the 1024 and refuses it with one bit flipped", ({ verify }) => {
    for (const [index, { publicKey, message, signature }] of inputs.entries()) {
      expect(verify(publicKey, message, signature)).toBe(true);
      // The slow refusals are sampled: the portable path costs a millisecond each.
      if (index % 16 !== 0) continue;
      const damaged = signature.slice();
      damaged[index % 64] = (damaged[index % 64] ?? 0) ^ (1 << (index % 8));
      expect(verify(publicKey, message, damaged)).toBe(false);
    }
  });
});

interface WycheproofTest {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid";
}

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly pk: string };
    readonly tests: readonly WycheproofTest[];
  }[];
}

// Where ZIP-215 and Wycheproof differ: one case, whose R encodes y = 1 with the sign bit of x = 0 set. RFC 8032 does not
// decode that point, ZIP-215 does ("negative zero" is among its non-canonical encodings) and the equation then holds.
const DIFFERING: readonly number[] = [151];

describeWithData("ed25519: wycheproof", [WYCHEPROOF], () => {
  const groups = readJson<Wycheproof>(WYCHEPROOF).testGroups;

  it.each(PATHS)("$path: decides all 151 cases as published, save those listed as differing", ({ verify }) => {
    const differing: number[] = [];
    let count = 0;
    for (const { publicKey, tests } of groups) {
      for (const { tcId, msg, sig, result } of tests) {
        count += 1;
        const accepted = verify(fromHex(publicKey.pk), fromHex(msg), fromHex(sig));
        if (accepted !== (result === "valid")) differing.push(tcId);
      }
    }
    expect(count).toBe(151);
    expect(differing).toEqual(DIFFERING);
  });
});
