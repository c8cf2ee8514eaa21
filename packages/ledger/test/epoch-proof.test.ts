// A light device and the committee: it starts from the genesis, and follows every change by a certificate of the commit
// that closed the epoch and a proof of one leaf. What a liar could hand it instead is refused, and by which code.

import {
  type CheckpointCertificate,
  type EpochStart,
  type Result,
  commitIndex,
  digestOf,
  encodeEpochStart,
  epochStartOf,
  portableCrypto,
  signCheckpoint,
} from "@selvedge/integrity";
import { testEncryptionKey } from "@selvedge/integrity/testing";
import { describe, expect, it } from "vitest";
import { type DoneResult, type EpochProof, decodeEpochLeaf, followEpoch, verifyEpochProof } from "../src/index.ts";
import { standInDealing } from "../src/testing/index.ts";
import { CommitteeChain, adding, rotating, sha256 } from "./support/committee-chain.ts";

interface Step {
  readonly certificate: CheckpointCertificate;
  readonly proof: EpochProof;
}

/** What the committee of `start` says of the last executed commit. */
function stepOf(chain: CommitteeChain, done: DoneResult, start: EpochStart, members = [0, 1, 2]): Step {
  const { chainId } = chain.scenario;
  const { index, commitDigest, stateRoot } = done;
  const statement = { chainId, epoch: start.epoch, index, commitDigest, stateRoot };
  const signatures = members.map((member) => signCheckpoint(statement, chain.signer(member), sha256));
  return { certificate: { statement, signatures }, proof: chain.ledger.proveEpoch() };
}

/** Ends the present epoch with this change; the step that the old committee signs. */
function change(chain: CommitteeChain, changes: Parameters<CommitteeChain["settle"]>[0]): Step {
  chain.settle(changes);
  for (const { index } of chain.committee.validators) {
    if (!chain.ledger.epochInfo().isEnding) chain.order(...chain.deal(index));
  }
  const { start } = chain.ledger.epochInfo();
  // The members of the epoch that closes sign, so their keys are asked for before it does.
  const signers = chain.committee.validators.map(({ index }) => chain.signer(index));
  const done = chain.run(chain.committee.validators.map(({ index }) => chain.end(index)));
  const { certificate, proof } = stepOf(chain, done, start, []);
  const { statement } = certificate;
  return { proof, certificate: { statement, signatures: signers.map((by) => signCheckpoint(statement, by, sha256)) } };
}

function follow(chain: CommitteeChain, known: EpochStart, step: Step): string {
  const next: Result<EpochStart, { readonly code: string }> = followEpoch(known, step, {
    chainId: chain.scenario.chainId,
    crypto: portableCrypto,
  });
  return next.ok ? `epoch ${next.value.epoch}` : next.error.code;
}

describe("§11: a device that knows an epoch's start", () => {
  it("follows the committee through changes of members and keys, one step each", () => {
    const coin = { setup: "dealer", groupPublicKey: testEncryptionKey(30) } as const;
    const chain = new CommitteeChain({ coin, dealingScheme: standInDealing() });
    let known = epochStartOf(chain.scenario.genesis);
    for (const changes of [
      [adding(4)],
      [rotating("validator-0", 9)],
      [{ type: "remove", name: "validator-1" }] as const,
    ]) {
      const step = change(chain, changes);
      const next = followEpoch(known, step, { chainId: chain.scenario.chainId, crypto: portableCrypto });
      if (!next.ok) throw new Error(`${next.error.code}: ${next.error.detail}`);
      expect(next.value).toEqual(chain.start);
      known = next.value;
      chain.run();
    }
    expect(known.epoch).toBe(3);
    expect(known.coin.setup).toBe("dealt");
  });

  it("believes no certificate of fewer than Q, for another committee or of another chain", () => {
    const chain = new CommitteeChain();
    const known = epochStartOf(chain.scenario.genesis);
    const step = change(chain, [adding(4)]);
    expect(follow(chain, known, step)).toBe("epoch 1");
    const few = { ...step.certificate, signatures: step.certificate.signatures.slice(2) };
    expect(follow(chain, known, { ...step, certificate: few })).toBe("CHECKPOINT_STAKE");
    const other = new CommitteeChain({ stakes: [1, 1, 1, 1, 1] });
    expect(follow(chain, other.start, step)).toBe("PROOF_EPOCH_OTHER");
    const statement = { ...step.certificate.statement, chainId: digestOf(sha256, "chain") };
    const foreign = { ...step.certificate, statement: statement as typeof step.certificate.statement };
    expect(follow(chain, known, { ...step, certificate: foreign })).toBe("CHECKPOINT_CHAIN");
  });

  it("takes no start but the one that the state names", () => {
    const chain = new CommitteeChain();
    const known = epochStartOf(chain.scenario.genesis);
    const step = change(chain, [adding(4)]);
    const forged = encodeEpochStart({ ...chain.start, members: chain.start.members.slice(1) });
    expect(follow(chain, known, { ...step, proof: { ...step.proof, startBytes: forged } })).toBe("PROOF_EPOCH_START");
    const leafBytes = step.proof.leafBytes.with(40, (step.proof.leafBytes[40] ?? 0) ^ 1);
    expect(follow(chain, known, { ...step, proof: { ...step.proof, leafBytes } })).toBe("PROOF_EPOCH_LEAF");
    const leaf = { ...step.proof.leaf, leafIndex: step.proof.leaf.leafIndex + 1 };
    expect(follow(chain, known, { ...step, proof: { ...step.proof, leaf } })).toBe("PROOF_EPOCH_LEAF");
  });

  it("takes no start whose base is another commit than the certified one", () => {
    const chain = new CommitteeChain();
    const known = epochStartOf(chain.scenario.genesis);
    const signers = [0, 1, 2].map((member) => chain.signer(member));
    const { proof, certificate } = change(chain, [adding(4)]);
    const { index } = certificate.statement;
    const statement = { ...certificate.statement, index: commitIndex(index + 1) };
    const signatures = signers.map((by) => signCheckpoint(statement, by, sha256));
    expect(follow(chain, known, { proof, certificate: { statement, signatures } })).toBe("PROOF_EPOCH_OTHER");
  });

  it("learns nothing new from a commit that closes no epoch, and skips none", () => {
    const chain = new CommitteeChain();
    const known = epochStartOf(chain.scenario.genesis);
    const open = stepOf(chain, chain.run(), known);
    expect(follow(chain, known, open)).toBe("PROOF_EPOCH_OPEN");
    change(chain, [adding(4)]);
    chain.run();
    const second = change(chain, [adding(5)]);
    expect(follow(chain, known, second)).toBe("CHECKPOINT_EPOCH");
  });

  it("may ask for the present epoch between changes", () => {
    const chain = new CommitteeChain();
    const { stateRoot } = chain.run();
    const proven = verifyEpochProof(sha256, chain.ledger.proveEpoch(), stateRoot);
    expect(proven).toMatchObject({ ok: true, value: { next: null, start: { epoch: 0 } } });
    expect(proven.ok && proven.value.current).toBe(chain.ledger.epochInfo().startDigest);
  });

  it("refuses another leaf of the state and bytes that are none", () => {
    const chain = new CommitteeChain();
    chain.run();
    const { leafBytes } = chain.ledger.proveEpoch();
    for (let size = 0; size < leafBytes.length; size += 1)
      expect(decodeEpochLeaf(leafBytes.slice(0, size)).ok).toBe(false);
    const model = chain.ledger.proveVersion(chain.scenario.model().id, 0 as never);
    if (!model.ok) throw new Error(model.error.code);
    expect(decodeEpochLeaf(model.value.modelLeafBytes).ok).toBe(false);
  });
});
