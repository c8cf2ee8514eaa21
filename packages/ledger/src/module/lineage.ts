// The chain of version records of one model: the sealed bytes packed, the RFC 6962 tree over them, and which digest is which
// version. It lives as long as the chain, so what it keeps of a version is its bytes and some hundred more; the newest
// records, which everything asks for, are kept decoded besides.

import {
  type SealedVersionRecord,
  type Sha256,
  type VersionDigest,
  assert,
  decodeVersionRecord,
  mustExist,
  zeroDigest,
} from "@selvedge/integrity";
import { MutableTree } from "../mutable-tree.ts";
import { DigestIndex } from "../packed/digest-index.ts";
import { PackedRecords } from "../packed/packed-records.ts";
import type { VersionList } from "../query.ts";

/** Decoded records kept: the current one and the bases that devices train on. */
const DECODED_MAX = 64;

export class Lineage implements VersionList {
  readonly tree: MutableTree;
  readonly #sha256: Sha256;
  readonly #sealed = new PackedRecords();
  readonly #versions = new DigestIndex<VersionDigest>();
  /** The newest, ascending. */
  #decoded: SealedVersionRecord[] = [];

  /** @param first version 0, which is made of the genesis */
  constructor(sha256: Sha256, first: SealedVersionRecord) {
    this.#sha256 = sha256;
    this.tree = new MutableTree(sha256);
    this.append(first);
  }

  get length(): number {
    return this.#sealed.length;
  }

  get current(): SealedVersionRecord {
    return mustExist(this.#decoded.at(-1), "a model has a version");
  }

  append(sealed: SealedVersionRecord): void {
    assert(sealed.record.version === this.length, "versions are numbered without a gap");
    assert(sealed.record.parent === (this.#decoded.at(-1)?.digest ?? zeroDigest()), "a record names its parent");
    this.#sealed.append(sealed.bytes);
    this.#versions.append(sealed.digest);
    this.tree.append(sealed.bytes);
    this.#decoded.push(sealed);
    if (this.#decoded.length > 2 * DECODED_MAX) this.#decoded = this.#decoded.slice(-DECODED_MAX);
  }

  at(version: number): SealedVersionRecord | undefined {
    const recent = this.#decoded[version - (this.length - this.#decoded.length)];
    const bytes = recent === undefined ? this.#sealed.at(version) : undefined;
    if (bytes === undefined) return recent;
    const decoded = decodeVersionRecord(bytes, this.#sha256);
    assert(decoded.ok, "what was sealed decodes");
    return decoded.value;
  }

  versionOf(digest: VersionDigest): number | undefined {
    return this.#versions.positionOf(digest);
  }

  /** Sealed bytes of the versions from `from` on; views that must not be written to. */
  sealedFrom(from: number): readonly Uint8Array[] {
    return Array.from({ length: this.length - from }, (_, index) =>
      mustExist(this.#sealed.at(from + index), "versions are numbered without a gap"),
    );
  }

  *[Symbol.iterator](): Iterator<SealedVersionRecord> {
    for (let version = 0; version < this.length; version += 1)
      yield mustExist(this.at(version), "versions are numbered without a gap");
  }
}
