// What leaves a home with `selvedge safety export` and enters another one with `import`: chain, key and the last round
// signed in each epoch known, as EIP-3076 has it for other chains. Text that people may read and keep; it holds no secret.

import type { SafetyRecord } from "@selvedge/consensus";
import { type ChainId, type Digest, digestFromHex, epoch, isDigestHex, round } from "@selvedge/integrity";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";

export interface PortableSafety {
  readonly chainId: ChainId;
  readonly records: readonly PortableRecord[];
}

export interface PortableRecord {
  /** ed25519, hex. */
  readonly publicKey: string;
  readonly last: SafetyRecord;
}

const FORMAT = "selvedge-safety/1";
const RECORDS_MAX = 4096;
export const PORTABLE_SAFETY_MAX_BYTES: number = 1024 * 1024;

const FILE = Type.Object(
  {
    format: Type.Literal(FORMAT),
    chainId: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    records: Type.Array(
      Type.Object(
        {
          publicKey: Type.String({ pattern: "^[0-9a-f]{64}$" }),
          epoch: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          round: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
          digest: Type.String({ pattern: "^[0-9a-f]{64}$" }),
        },
        { additionalProperties: false },
      ),
      { maxItems: RECORDS_MAX },
    ),
  },
  { additionalProperties: false },
);

export function portableText({ chainId, records }: PortableSafety): string {
  const file: Static<typeof FILE> = {
    format: FORMAT,
    chainId,
    records: records.map(({ publicKey, last }) => ({
      publicKey,
      epoch: last.epoch,
      round: last.round,
      digest: last.digest,
    })),
  };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** FILE_MALFORMED for anything else than what `portableText` writes. */
export function portableFromText(text: string, path: string): PortableSafety {
  const parsed = parsedOf(text, path);
  if (!Value.Check(FILE, parsed) || !isDigestHex(parsed.chainId))
    throw new NodeError("FILE_MALFORMED", `${path} is no export of a safety record`);
  return {
    chainId: digestFromHex<ChainId>(parsed.chainId),
    records: parsed.records.map(({ publicKey, ...last }) => {
      if (!isDigestHex(last.digest)) throw new NodeError("FILE_MALFORMED", `${path} names no digest`);
      const digest = digestFromHex<Digest>(last.digest);
      return { publicKey, last: { epoch: epoch(last.epoch), round: round(last.round), digest } };
    }),
  };
}

function parsedOf(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new NodeError("FILE_MALFORMED", `${path} is not JSON`, { cause });
  }
}

/** Whether the first was signed after the second. */
export function isAbove(one: SafetyRecord, other: SafetyRecord | null): boolean {
  if (other === null || one.epoch !== other.epoch) return other === null || one.epoch > other.epoch;
  return one.round > other.round;
}
