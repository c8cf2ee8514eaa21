// The baseline's records on a simulated disk, each under a seal that a flipped bit, a torn write or a wrong key breaks.
// Keys: "safety", "block/DIGEST", "commit/HEIGHT" (whose value is the digest).

import {
  DIGEST_SIZE_BYTES,
  type Digest,
  type Sha256,
  digestFromBytes,
  digestToBytes,
  utf8FromText,
} from "@selvedge/integrity";
import { type DiskRecord, type SimDisk, SimDiskError } from "../../process/sim-disk.ts";
import { decodeBlock, decodeSafety, encodeBlock, encodeSafety } from "./codec.ts";
import type { Recovered } from "./engine-port.ts";
import { HOTSTUFF_COMMITTED_TRANSACTIONS_MAX } from "./limits.ts";
import type { HotStuffBlock, SafetyRecord } from "./records.ts";
import { blockSize, safetySize } from "./wire-size.ts";

const SAFETY_KEY = "safety";
const SEAL_BYTES = 16;
const HEIGHT_DIGITS = 12;

/** Seals records when somebody looks at them: most are never read. */
export class DiskRecords {
  readonly #sha256: Sha256;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  ofBlock(block: HotStuffBlock): DiskRecord {
    return this.#record(`block/${block.digest}`, blockSize(block), () => encodeBlock(block));
  }

  ofCommit({ height, digest }: HotStuffBlock): DiskRecord {
    return this.#record(commitKey(height), DIGEST_SIZE_BYTES, () => digestToBytes(digest));
  }

  ofSafety(safety: SafetyRecord): DiskRecord {
    return this.#record(SAFETY_KEY, safetySize(safety), () => encodeSafety(safety));
  }

  /** Undefined if absent. Throws SimDiskError if the medium damaged it. */
  block(disk: SimDisk, digest: Digest): HotStuffBlock | undefined {
    const key = `block/${digest}`;
    const bytes = this.#unseal(disk, key);
    if (bytes === undefined) return undefined;
    const block = decodeBlock(this.#sha256, bytes);
    if (block === null || block.digest !== digest) throw damaged(key);
    return block;
  }

  /** A damaged one counts as absent: for what others can give just as well. */
  wholeBlock(disk: SimDisk, digest: Digest): HotStuffBlock | undefined {
    try {
      return this.block(disk, digest);
    } catch (error) {
      if (error instanceof SimDiskError && error.code === "SIM_DISK_CORRUPT") return undefined;
      throw error;
    }
  }

  recover(disk: SimDisk, genesis: HotStuffBlock): Recovered {
    const safetyBytes = this.#unseal(disk, SAFETY_KEY);
    const safety = safetyBytes === undefined ? null : decodeSafety(safetyBytes);
    if (safetyBytes !== undefined && safety === null) throw damaged(SAFETY_KEY);
    const committed = this.#committed(disk);
    const head = committed.at(-1) ?? genesis;
    return { safety, committed, uncommitted: safety === null ? [] : this.#above(disk, head, safety.high.digest) };
  }

  /** The latest commits, oldest first, back to where their transactions are forgotten. */
  #committed(disk: SimDisk): readonly HotStuffBlock[] {
    const committed: HotStuffBlock[] = [];
    let remembered = 0;
    for (let height = disk.keys("commit/").length; height > 0; height -= 1) {
      const digest = this.#unseal(disk, commitKey(height));
      const block = digest === undefined ? undefined : this.block(disk, digestFromBytes(digest));
      if (block === undefined) throw damaged(commitKey(height));
      committed.push(block);
      remembered += block.transactions.length;
      if (remembered > HOTSTUFF_COMMITTED_TRANSACTIONS_MAX) break;
    }
    return committed.reverse();
  }

  /** Ancestors of this block above the head, if the disk has them all; what it has not is fetched from others. */
  #above(disk: SimDisk, head: HotStuffBlock, digest: Digest): readonly HotStuffBlock[] {
    const path: HotStuffBlock[] = [];
    let next = digest;
    while (next !== head.digest) {
      const block = this.wholeBlock(disk, next);
      if (block === undefined || block.height <= head.height) return [];
      path.push(block);
      next = block.justify.digest;
    }
    return path.reverse();
  }

  #record(key: string, sizeBytes: number, encoded: () => Uint8Array): DiskRecord {
    const bytes = (): Uint8Array => {
      const value = encoded();
      const sealed = new Uint8Array(SEAL_BYTES + value.length);
      sealed.set(this.#sealOf(key, value), 0);
      sealed.set(value, SEAL_BYTES);
      return sealed;
    };
    return { key, sizeBytes: SEAL_BYTES + sizeBytes, bytes };
  }

  #unseal(disk: SimDisk, key: string): Uint8Array | undefined {
    const bytes = disk.read(key);
    if (bytes === undefined) return undefined;
    const value = bytes.slice(SEAL_BYTES);
    const isWhole =
      bytes.length >= SEAL_BYTES && this.#sealOf(key, value).every((byte, index) => byte === bytes[index]);
    if (!isWhole) throw damaged(key);
    return value;
  }

  #sealOf(key: string, value: Uint8Array): Uint8Array {
    const name = utf8FromText(`${key}\u0000`);
    const preimage = new Uint8Array(name.length + value.length);
    preimage.set(name, 0);
    preimage.set(value, name.length);
    return this.#sha256(preimage).subarray(0, SEAL_BYTES);
  }
}

function commitKey(height: number): string {
  return `commit/${String(height).padStart(HEIGHT_DIGITS, "0")}`;
}

function damaged(key: string): SimDiskError {
  return new SimDiskError("SIM_DISK_CORRUPT", `record ${key} is damaged`);
}
