import { portableCrypto, validatorIndex } from "@selvedge/integrity";
import { describe, expect, it } from "vitest";
import { type HelloContext, encodeHello, verifyHello } from "../../src/network/hello.ts";
import { CHAIN, OTHER_CHAIN, committeeOf, validatorSigner } from "./fixtures.ts";

const PEERS = { speaker: "12D3Alice", listener: "12D3Bob" };
const OBSERVER: HelloContext = { chainId: CHAIN, committee: committeeOf(4), crypto: portableCrypto, self: null };
const VALIDATOR: HelloContext = { ...OBSERVER, self: { index: validatorIndex(2), sign: validatorSigner(2).sign } };

describe("hello", () => {
  it("proves a validator to the peer it speaks to, and nobody else", () => {
    const hello = encodeHello(VALIDATOR, PEERS);
    expect(verifyHello(hello, OBSERVER, PEERS)).toEqual({ ok: true, value: 2 });
    for (const peers of [
      { ...PEERS, listener: "12D3Carol" },
      { ...PEERS, speaker: "12D3Carol" },
      { speaker: PEERS.listener, listener: PEERS.speaker },
    ]) {
      expect(verifyHello(hello, OBSERVER, peers)).toMatchObject({ error: { code: "HELLO_PROOF_INVALID" } });
    }
  });

  it("lets an observer claim nothing", () => {
    expect(verifyHello(encodeHello(OBSERVER, PEERS), VALIDATOR, PEERS)).toEqual({ ok: true, value: null });
  });

  it("names another chain, another version, another key", () => {
    const codeOf = (bytes: Uint8Array, context = OBSERVER): unknown => verifyHello(bytes, context, PEERS);
    const hello = encodeHello(VALIDATOR, PEERS);
    expect(codeOf(hello, { ...OBSERVER, chainId: OTHER_CHAIN })).toMatchObject({
      error: { code: "HELLO_CHAIN_MISMATCH" },
    });
    expect(codeOf(Uint8Array.from([0, 2, ...hello.subarray(2)]))).toMatchObject({
      error: { code: "HELLO_VERSION_UNKNOWN" },
    });
    const self = { index: validatorIndex(2), sign: validatorSigner(1).sign };
    expect(codeOf(encodeHello({ ...VALIDATOR, self }, PEERS))).toMatchObject({
      error: { code: "HELLO_PROOF_INVALID" },
    });
  });

  it("takes whoever proves a key that is no member's now for an observer", () => {
    const hello = encodeHello(VALIDATOR, PEERS);
    expect(verifyHello(hello, { ...OBSERVER, committee: committeeOf(2) }, PEERS)).toEqual({ ok: true, value: null });
  });

  it("refuses every truncation, every added byte and every flipped byte", () => {
    const hello = encodeHello(VALIDATOR, PEERS);
    for (let at = 0; at < hello.length; at += 1) {
      expect(verifyHello(hello.subarray(0, at), OBSERVER, PEERS).ok).toBe(false);
      const flipped = Uint8Array.from(hello);
      flipped[at] = (flipped[at] ?? 0) ^ 0x41;
      expect(verifyHello(flipped, OBSERVER, PEERS).ok).toBe(false);
    }
    expect(verifyHello(Uint8Array.from([...hello, 0]), OBSERVER, PEERS).ok).toBe(false);
  });
});
