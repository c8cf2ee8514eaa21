// Payloads on their way in: verified chunks in memory until the last one is there. Bounded in number and in bytes that
// have arrived, oldest dropped first; nothing is held for what a header merely claims.

import {
  type Chunk,
  type Digest,
  PayloadAssembler,
  type Rejection,
  type Result,
  type Sha256,
  type VerifiedManifest,
} from "@selvedge/integrity";

/** Payloads that may be incomplete at one time. */
const INCOMING_PAYLOADS_MAX = 256;
/** Bytes of verified chunks held for incomplete payloads. */
const INCOMING_PAYLOAD_BYTES_MAX: number = 512 * 1024 * 1024;

export class IncomingPayloads {
  readonly #sha256: Sha256;
  /** By root, oldest first. */
  readonly #assemblers = new Map<Digest, PayloadAssembler>();
  /** Bytes held for each root in #assemblers; their sum is #heldBytes. */
  readonly #bytesOf = new Map<Digest, number>();
  #heldBytes = 0;

  readonly #onClosed: (root: Digest) => void;

  constructor(sha256: Sha256, onClosed: (root: Digest) => void) {
    this.#sha256 = sha256;
    this.#onClosed = onClosed;
  }

  /** The assembler for this manifest, made if there is none. */
  open(manifest: VerifiedManifest): PayloadAssembler {
    const known = this.#assemblers.get(manifest.root);
    if (known !== undefined) return known;
    const assembler = new PayloadAssembler(this.#sha256, manifest);
    this.#assemblers.set(manifest.root, assembler);
    this.#evict();
    return assembler;
  }

  get(root: Digest): PayloadAssembler | undefined {
    return this.#assemblers.get(root);
  }

  /** Verifies and keeps one chunk; undefined if no such payload is on its way. */
  accept(root: Digest, chunk: Chunk): Result<"new" | "duplicate", Rejection> | undefined {
    const assembler = this.#assemblers.get(root);
    if (assembler === undefined) return undefined;
    const verdict = assembler.accept(chunk);
    if (verdict.ok && verdict.value === "new") {
      this.#heldBytes += chunk.bytes.length;
      this.#bytesOf.set(root, (this.#bytesOf.get(root) ?? 0) + chunk.bytes.length);
      this.#evict();
    }
    return verdict;
  }

  close(root: Digest): void {
    this.#assemblers.delete(root);
    this.#heldBytes -= this.#bytesOf.get(root) ?? 0;
    this.#bytesOf.delete(root);
    this.#onClosed(root);
  }

  #evict(): void {
    for (const root of this.#assemblers.keys()) {
      const isWithin = this.#assemblers.size <= INCOMING_PAYLOADS_MAX && this.#heldBytes <= INCOMING_PAYLOAD_BYTES_MAX;
      if (isWithin || this.#assemblers.size === 1) return;
      this.close(root);
    }
  }
}
