// A chain whose members govern it: a ledger, the keys of members present and to come, and the few words in which tests
// speak of proposals, approvals, dealings and end markers. Members 0, 1, … of the genesis sign with the keys of the same
// number; who joins brings the key of a higher one.

import { createHash } from "node:crypto";
import {
  type Committee,
  type CommitteeChange,
  type ControlEntry,
  type DealingContext,
  type Digest,
  type EpochStart,
  type GovernanceSigner,
  type SignedUpdate,
  buildEndMarker,
  committeeOfEpoch,
  hexFromBytes,
  isSameBytes,
  mustExist,
  portableCrypto,
  signApproval,
  signDealing,
  signProposal,
  validatorIndex,
} from "@selvedge/integrity";
import { testEncryptionKey, testSigner } from "@selvedge/integrity/testing";
import { type DoneResult, type Ledger, createLedger, restoreLedger } from "../../src/index.ts";
import {
  type BlockDraft,
  LedgerScenario,
  type ScenarioOptions,
  type ScenarioSigning,
  standInDealingBytes,
} from "../../src/testing/index.ts";

export const { sha256 } = portableCrypto;

/** The real thing, and slow. */
const REAL: ScenarioSigning = { verify: portableCrypto.verify, signerOf: testSigner };
/** Key numbers that members may have. */
const KEYS_MAX = 24;
const VALIDATORS = Array.from({ length: KEYS_MAX }, (_, number) => testSigner("validator", number));
const DEVICES = Array.from({ length: 4 }, (_, number) => testSigner("device", number));
const KEY_NUMBERS: ReadonlyMap<string, number> = new Map(
  VALIDATORS.map(({ publicKey }, number) => [hexFromBytes(publicKey), number]),
);

/** Signatures that cost two hashes: for many runs. Keys are the same. */
export const QUICK: ScenarioSigning = {
  verify: (publicKey, message, signature) => isSameBytes(quickSignature(publicKey, message), signature),
  signerOf: (role, index) => {
    const { publicKey } = mustExist((role === "validator" ? VALIDATORS : DEVICES)[index], "a known key");
    return { publicKey, sign: (message) => quickSignature(publicKey, message) };
  },
};

function quickSignature(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  const half = quickSha256(Uint8Array.from([...publicKey, ...message]));
  return Uint8Array.from([...half, ...half]);
}

export function quickSha256(data: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(data).digest());
}

export interface Proposed {
  readonly digest: Digest;
  readonly transaction: Uint8Array;
}

export class CommitteeChain {
  readonly scenario: LedgerScenario;
  ledger: Ledger;

  constructor(options: ScenarioOptions = {}) {
    this.scenario = new LedgerScenario({ policies: [{ bufferSize: 100 }], signing: REAL, ...options });
    this.ledger = createLedger(this.scenario.options);
  }

  get committee(): Committee {
    return committeeOfEpoch(this.start);
  }

  /** Of the epoch to which the next commit belongs. */
  get start(): EpochStart {
    const { next, start } = this.ledger.epochInfo();
    return next ?? start;
  }

  run(blocks: readonly BlockDraft[] = []): DoneResult {
    this.scenario.beginEpoch(this.start);
    return this.scenario.execute(this.ledger, this.scenario.commit(blocks));
  }

  /** One commit with these transactions, all in a block of member 0. */
  order(...transactions: readonly Uint8Array[]): DoneResult["events"] {
    return this.run([{ author: 0, transactions }]).events;
  }

  /** Goes on with the ledger that a snapshot of this one makes. */
  restart(): void {
    const restored = restoreLedger(this.scenario.options, this.ledger.exportSnapshot());
    if (!restored.ok) throw new Error(`${restored.error.code}: ${restored.error.detail}`);
    this.ledger = restored.value;
  }

  signer(member: number): GovernanceSigner {
    const { publicKey } = mustExist(this.start.members[member], "the member exists");
    const key = mustExist(KEY_NUMBERS.get(hexFromBytes(publicKey)), "its key is a test key");
    return { validator: validatorIndex(member), signer: this.scenario.validator(key) };
  }

  propose(changes: readonly CommitteeChange[], proposer = 0, nonce = 1): Proposed {
    const { chainId } = this.scenario;
    return signProposal({ chainId, epoch: this.start.epoch, nonce, changes }, this.signer(proposer), sha256);
  }

  approve(proposal: Digest, member: number): Uint8Array {
    return signApproval(proposal, this.signer(member), sha256);
  }

  /** Proposed by member 0 and approved by those after it, as many as it takes. */
  settle(changes: readonly CommitteeChange[], nonce = 1): Digest {
    const { digest, transaction } = this.propose(changes, 0, nonce);
    this.order(transaction);
    for (let member = 1; this.ledger.epochInfo().approved === null; member += 1) {
      this.order(this.approve(digest, member));
    }
    return digest;
  }

  /** The parts of a member's dealing for the approved change; `bytes` stand for a valid one. */
  deal(member: number, bytes?: Uint8Array): readonly Uint8Array[] {
    const { context, sizeBytes } = mustExist(
      this.ledger.epochInfo().approved?.dealings ?? undefined,
      "dealings are due",
    );
    const dealt = bytes ?? standInDealingBytes(this.contextOf(member, context), sizeBytes);
    return signDealing({ proposal: context.proposal, bytes: dealt }, this.signer(member), sha256);
  }

  contextOf(member: number, context: Omit<DealingContext, "dealerPublicKey">): DealingContext {
    return { ...context, dealerPublicKey: this.signer(member).signer.publicKey };
  }

  /** A member's block with its whole end marker. */
  end(member: number, updates: readonly SignedUpdate[] = []): BlockDraft {
    return { author: member, control: markerOf(updates) };
  }

  /** Closes the epoch, whose change is approved and dealt, with markers of all members. */
  close(updates: readonly SignedUpdate[] = []): DoneResult["events"] {
    const members = this.committee.validators.map(({ index }) => this.end(index, index === 0 ? updates : []));
    return this.run(members).events;
  }
}

export function markerOf(updates: readonly SignedUpdate[]): readonly ControlEntry[] {
  return mustExist(buildEndMarker(updates, sha256), "the marker is not too large");
}

export function adding(key: number, stake = 1): CommitteeChange {
  return {
    type: "add",
    name: `validator-${key}`,
    publicKey: testSigner("validator", key).publicKey,
    encryptionKey: testEncryptionKey(key),
    stake,
  };
}

export function rotating(name: string, key: number): CommitteeChange {
  const { publicKey } = testSigner("validator", key);
  return { type: "rotateKey", name, publicKey, encryptionKey: testEncryptionKey(key) };
}

export function codesOf(events: DoneResult["events"]): readonly string[] {
  return events.flatMap((event) => (event.type === "governanceRefused" ? [event.code] : []));
}

export function typesOf(events: DoneResult["events"]): readonly string[] {
  return events.flatMap(({ type }) => (type === "transactionsLogged" ? [] : [type]));
}
