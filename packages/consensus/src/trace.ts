// A running digest over everything an engine asked for. Two runs with equal inputs have equal digests; a run that
// differs anywhere differs here. Called by the engine after every step.

import { type Digest, type Sha256, digestOf, digestToBytes, hexFromBytes, zeroDigest } from "@selvedge/integrity";
import type { Effect } from "./effect.ts";

export class Trace {
  readonly #sha256: Sha256;
  /** Digest of (previous digest, rendering) over all effects so far. */
  #digest: Digest = zeroDigest();

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  get digest(): Digest {
    return this.#digest;
  }

  record(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    const rendering = effects.map(renderEffect).join("\n");
    this.#digest = digestOf(this.#sha256, "record", digestToBytes(this.#digest), asciiBytes(rendering));
  }
}

/** One line per effect; blocks and commits by digest. Two effects that differ render differently. */
export function renderEffect(effect: Effect): string {
  return JSON.stringify(effect, renderValue);
}

function renderValue(key: string, value: unknown): unknown {
  // Its digest stands in the commit effect of the same step.
  if (key === "consensusState") return undefined;
  if (value instanceof Uint8Array) return hexFromBytes(value);
  return digestIn(value) ?? value;
}

/** Blocks, sealed commits and signed updates are their digests. */
function digestIn(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("bytes" in value)) return undefined;
  if ("ref" in value) return value.ref;
  return "digest" in value ? value.digest : undefined;
}

function asciiBytes(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length);
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    bytes[2 * index] = unit >> 8;
    bytes[2 * index + 1] = unit & 0xff;
  }
  return bytes;
}
