// A commit that the operator knows to be on the chain, from a person or another node: whatever a quorum of keys may have
// signed since, the chain that is joined must go through it. Shown by the digests of the commits in between, or, where
// nobody keeps those any more, by a certificate for that very commit.

import {
  type CheckpointCertificate,
  type CommitDigest,
  type CommitIndex,
  commitIndex,
  digestFromHex,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import type { CertificateDesk } from "./certificates.ts";
import { type SegmentStart, fetchSegment } from "./commit-segment.ts";
import { SEGMENT_COMMITS_MAX } from "./limits.ts";
import type { TransferSetup } from "./state-transfer.ts";
import { NobodyHas } from "./sync-peers.ts";

export interface TrustRoot {
  readonly index: CommitIndex;
  readonly digest: CommitDigest;
}

/** "INDEX:DIGEST" of a commit, as `selvedge start --checkpoint` takes it; null for no text. */
export function parseTrustRoot(text: string): TrustRoot | null {
  if (text === "") return null;
  const match = /^(\d{1,15}):([0-9a-f]{64})$/u.exec(text);
  if (match === null) throw new NodeError("CONFIG_INVALID", `a checkpoint is INDEX:DIGEST of a commit, not ${text}`);
  const [, index = "", digest = ""] = match;
  return { index: commitIndex(Number(index)), digest: digestFromHex<CommitDigest>(digest) };
}

export interface TrustSetup extends Pick<TransferSetup, "peers" | "sha256"> {
  readonly certificates: CertificateDesk;
}

/** Rejects with WRONG_CHAIN unless the certified commit and the trusted one are on one chain. */
export async function checkTrustRoot(
  setup: TrustSetup,
  { statement }: Pick<CheckpointCertificate, "statement">,
  root: TrustRoot,
): Promise<void> {
  const certified: SegmentStart = { index: statement.index, digest: statement.commitDigest };
  const [low, high] = root.index <= certified.index ? [root, certified] : [certified, root];
  try {
    await walk(setup, low, high);
  } catch (error) {
    if (error instanceof NobodyHas) await checkByCertificate(setup, root);
    else if (error instanceof NodeError && error.code === "STATE_DIVERGED") throw offChain(root);
    else throw error;
  }
}

async function walk(setup: TrustSetup, from: SegmentStart, to: SegmentStart): Promise<void> {
  let at = from;
  while (to.index - at.index > SEGMENT_COMMITS_MAX) {
    const next = await setup.certificates.above(at.index, commitIndex(at.index + SEGMENT_COMMITS_MAX));
    if (next === null || next === "later") throw new NobodyHas("no certificate on the way to the trusted commit");
    const end = { index: next.statement.index, digest: next.statement.commitDigest };
    await fetchSegment(setup.peers, setup.sha256, { start: at, end });
    at = end;
  }
  if (at.index < to.index) await fetchSegment(setup.peers, setup.sha256, { start: at, end: to });
  else if (at.digest !== to.digest) throw new NodeError("STATE_DIVERGED", "another commit of that index");
}

async function checkByCertificate({ certificates }: TrustSetup, root: TrustRoot): Promise<void> {
  const found = await certificates.above(root.index - 1, root.index);
  if (found === null || found === "later")
    throw new NodeError(
      "CONFIG_INVALID",
      `no peer can show that the chain goes through commit ${root.index}; take a newer checkpoint`,
    );
  if (found.statement.commitDigest !== root.digest) throw offChain(root);
}

function offChain({ index, digest }: TrustRoot): NodeError {
  return new NodeError("WRONG_CHAIN", `the peers' chain does not go through commit ${index} with digest ${digest}`);
}
