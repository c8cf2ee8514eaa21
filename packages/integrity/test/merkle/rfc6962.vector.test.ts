// The RFC 6962 cases of a published verifier's test data: good proofs and systematically damaged ones.

import { expect, it } from "vitest";
import { verifyConsistency } from "../../src/merkle/consistency-proof.ts";
import { verifyInclusion } from "../../src/merkle/inclusion-proof.ts";
import { nativeSha256 } from "../support/native-crypto.ts";
import { describeWithData, readBundle } from "../support/shared-data.ts";

const VECTORS = "vectors/merkle-rfc6962.ndjson.gz";

interface InclusionCase {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

interface ConsistencyCase {
  readonly size1: number;
  readonly size2: number;
  readonly root1: string;
  readonly root2: string;
  readonly proof: readonly string[] | null;
  readonly wantErr: boolean;
}

function casesOf<Case>(folder: string): { readonly path: string; readonly vector: Case }[] {
  return readBundle(VECTORS)
    .filter(({ path }) => path.startsWith(`${folder}/`))
    .map(({ path, bytes }) => ({ path, vector: JSON.parse(Buffer.from(bytes).toString()) }));
}

function decoded(base64: string | null): Uint8Array {
  return new Uint8Array(Buffer.from(base64 ?? "", "base64"));
}

/** Some cases have placeholders of 12 bytes for roots; widened, they are decided for the reason in their description. */
function padded(root: Uint8Array): Uint8Array {
  const result = new Uint8Array(32);
  result.set(root, 0);
  return result;
}

describeWithData("merkle: published RFC 6962 cases", [VECTORS], () => {
  it("all 98 inclusion cases are decided as published", () => {
    const cases = casesOf<InclusionCase>("inclusion");
    expect(cases.length).toBe(98);
    for (const { path, vector } of cases) {
      const verdict = verifyInclusion(nativeSha256, {
        root: decoded(vector.root),
        treeSize: vector.treeSize,
        index: vector.leafIdx,
        leafHash: decoded(vector.leafHash),
        path: (vector.proof ?? []).map(decoded),
      });
      expect(verdict.ok, path).toBe(!vector.wantErr);
    }
  });

  it("all 98 consistency cases are decided as published", () => {
    const cases = casesOf<ConsistencyCase>("consistency");
    expect(cases.length).toBe(98);
    for (const { path, vector } of cases) {
      const verdict = verifyConsistency(nativeSha256, {
        oldSize: vector.size1,
        newSize: vector.size2,
        oldRoot: padded(decoded(vector.root1)),
        newRoot: padded(decoded(vector.root2)),
        path: (vector.proof ?? []).map(decoded),
      });
      expect(verdict.ok, path).toBe(!vector.wantErr);
    }
  });
});
