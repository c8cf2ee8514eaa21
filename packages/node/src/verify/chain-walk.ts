// Walks the commits of a home in order: the digest chain, every block under P1 to P7, the ledger executed anew against the
// stored state roots, and the certificates over them. The weights of versions are taken from their records here, which
// the state root covers; that they follow from the updates is shown by lineage-walk.ts.

import {
  type BlockContext,
  type CheckpointStatement,
  type Commit,
  type CommitDigest,
  type Digest,
  type SealedCommit,
  type VerifiedBlock,
  decodeVersionRecord,
  digestFromBytes,
  digestOf,
  isSameBytes,
  isSameRef,
  verifyBlock,
  verifyCheckpoint,
  zeroDigest,
} from "@selvedge/integrity";
import { type AggregationJob, type ApplyResult, type DoneResult, type Ledger, createLedger } from "@selvedge/ledger";
import { sha256 } from "../crypto.ts";
import { readCommit } from "../daemon/restore.ts";
import { orderedNumber, stateKey, versionKey } from "../storage/keys.ts";
import type { StoredCommit } from "../storage/stored-chain.ts";
import { FindingError, readingOf } from "./finding.ts";
import { KeptSnapshots } from "./kept-snapshots.ts";
import { checkLogged } from "./transaction-index.ts";
import type { VerifiedHome, VerifyCounts } from "./verified-home.ts";

/** Where the walk stands: after `index`. */
export interface ChainPosition {
  readonly index: number;
  readonly digest: CommitDigest;
  readonly timestampMs: number;
}

const CHAIN_START: ChainPosition = { index: 0, digest: zeroDigest<CommitDigest>(), timestampMs: 0 };

export interface ChainEnd {
  readonly lastIndex: number;
  /** Highest commit whose execution is on disk; commits after it are executed at the node's next start. */
  readonly executedIndex: number;
}

export class ChainWalk {
  readonly #home: VerifiedHome;
  readonly #counts: VerifyCounts;
  readonly #end: ChainEnd;
  readonly #snapshots: KeptSnapshots;
  readonly ledger: Ledger;
  #position: ChainPosition;

  private constructor(options: WalkOptions, found: ChainWalkParts) {
    this.#home = options.home;
    this.#counts = options.counts;
    this.#end = found.end;
    this.#snapshots = found.snapshots;
    this.ledger = options.resume?.ledger ?? createLedger(options.home.ledgerOptions);
    this.#position = options.resume?.position ?? CHAIN_START;
  }

  static async open(options: WalkOptions): Promise<ChainWalk> {
    const { home, resume } = options;
    const end = await chainEnd(home);
    const snapshots = await KeptSnapshots.open(home, end.executedIndex);
    if (resume !== null) await checkBeginning(home, snapshots, resume);
    return new ChainWalk(options, { snapshots, end });
  }

  get end(): ChainEnd {
    return this.#end;
  }

  get position(): ChainPosition {
    return this.#position;
  }

  /** Checks the next commit; false when there is none left. */
  async step(): Promise<boolean> {
    const index = this.#position.index + 1;
    if (index > this.#end.lastIndex) return false;
    const stored = await readingOf(`commit ${index}`, () => this.#home.chain.commit(index));
    if (stored === undefined)
      throw new FindingError(`commit ${index}`, { code: "COMMIT_MISSING", detail: "not there, though later ones are" });
    const sealed = await readingOf(`commit ${index}`, async () => readCommit(stored));
    this.#checkLinks(sealed);
    const blocks = await this.#checkBlocks(sealed.commit);
    await this.#checkCertificate(
      sealed,
      index <= this.#end.executedIndex ? await this.#execute({ sealed, blocks, stored }) : undefined,
    );
    this.#position = { index, digest: sealed.digest, timestampMs: sealed.commit.timestampMs };
    this.#counts.commits += 1;
    this.#counts.blocks += blocks.length;
    return true;
  }

  #checkLinks({ commit }: SealedCommit): void {
    const { index, digest, timestampMs } = this.#position;
    const subject = `commit ${index + 1}`;
    if (commit.index !== index + 1)
      throw new FindingError(subject, {
        code: "COMMIT_INDEX",
        detail: `is stored in its place, but says it is ${commit.index}`,
      });
    if (commit.previous !== digest)
      throw new FindingError(subject, { code: "COMMIT_CHAIN", detail: `does not name the digest of commit ${index}` });
    const { start, next } = this.ledger.epochInfo();
    // What is not executed yet may be of no other epoch than what is: an epoch begins with a state.
    if (commit.epoch !== (next ?? start).epoch)
      throw new FindingError(subject, { code: "COMMIT_EPOCH", detail: `of epoch ${commit.epoch}` });
    // S6
    if (commit.timestampMs < timestampMs)
      throw new FindingError(subject, { code: "COMMIT_TIME", detail: "its time lies before that of its predecessor" });
    if (!commit.blocks.some((ref) => isSameRef(ref, commit.leader))) {
      throw new FindingError(subject, { code: "COMMIT_LEADER", detail: "its leader is not among its blocks" });
    }
  }

  /** P1–P7 for every block, and that it is the one that the commit names. */
  async #checkBlocks(commit: Commit): Promise<readonly VerifiedBlock[]> {
    // Before anything is looked for: without the epoch's record its blocks are not even found.
    const context = this.#contextIn(commit.epoch);
    const blocks: VerifiedBlock[] = [];
    for (const ref of commit.blocks) {
      const subject = `block ${ref.digest} of commit ${commit.index}`;
      const bytes = await readingOf(subject, () => this.#home.chain.block(ref));
      if (bytes === undefined) throw new FindingError(subject, { code: "BLOCK_MISSING", detail: "not there" });
      const verified = verifyBlock(bytes, context);
      if (!verified.ok) throw new FindingError(subject, verified.error);
      if (!isSameRef(verified.value.ref, ref))
        throw new FindingError(subject, { code: "BLOCK_OTHER", detail: "another block stands in its place" });
      blocks.push(verified.value);
      this.#counts.transactions += verified.value.body.transactions.length;
    }
    return blocks;
  }

  #contextIn(epoch: number): BlockContext {
    const context = this.#home.contextIn(epoch);
    if (context !== undefined) return context;
    throw new FindingError(`epoch ${epoch}`, {
      code: "EPOCH_RECORD_MISSING",
      detail: "there are commits of it, but no record",
    });
  }

  async #execute(input: {
    readonly sealed: SealedCommit;
    readonly blocks: readonly VerifiedBlock[];
    readonly stored: StoredCommit;
  }): Promise<Digest> {
    const { sealed, blocks, stored } = input;
    let result: ApplyResult = this.ledger.apply({
      commit: sealed,
      blocks,
      consensusStateDigest: stored.consensusStateDigest,
    });
    while (result.type === "aggregate") {
      for (const job of result.jobs) {
        result = this.ledger.complete(job.id, await this.#recordedOutcome(job));
      }
    }
    await this.#checkStateRoot(result);
    await this.#checkResults(result);
    await this.#snapshots.check({
      index: result.index,
      ledger: this.ledger,
      consensusStateDigest: stored.consensusStateDigest,
    });
    return result.stateRoot;
  }

  async #recordedOutcome(job: AggregationJob): ReturnType<typeof outcomeOf> {
    return outcomeOf(this.#home, job);
  }

  async #checkStateRoot({ index, stateRoot }: DoneResult): Promise<void> {
    const subject = `state root of commit ${index}`;
    const bytes = await readingOf(subject, () => this.#home.store.get("state", stateKey("root", orderedNumber(index))));
    if (bytes === undefined)
      throw new FindingError(subject, { code: "STATE_ROOT_MISSING", detail: "not there, though later ones are" });
    const stored = digestFromBytes(bytes);
    if (stored !== stateRoot)
      throw new FindingError(subject, {
        code: "STATE_ROOT_DIFFERS",
        detail: `stored is ${stored}, executing gives ${stateRoot}`,
      });
  }

  /** Version records, update headers and the index of transactions, as executing leaves them. */
  async #checkResults({ events, index }: DoneResult): Promise<void> {
    for (const event of events) {
      if (event.type === "transactionsLogged") this.#counts.transactionsIndexed += await checkLogged(this.#home, event);
      if (event.type === "versionClosed") {
        const { modelId, version } = event.record.record;
        const stored = await this.#home.store.get("versions", versionKey(modelId, version));
        if (stored === undefined || !isSameBytes(stored, event.record.bytes)) {
          throw new FindingError(`version ${version} record of ${modelId}`, {
            code: "VERSION_RECORD_DIFFERS",
            detail: `not the record that commit ${index} closes`,
          });
        }
      }
      if (event.type === "updateOutput") {
        const { digest, bytes } = event.update;
        const subject = `update ${digest}`;
        const stored = await readingOf(subject, () => this.#home.store.get("state", stateKey("update", digest)));
        if (stored === undefined || !isSameBytes(stored, bytes)) {
          throw new FindingError(subject, {
            code: "UPDATE_DIFFERS",
            detail: `not the header that commit ${index} outputs`,
          });
        }
      }
    }
  }

  async #checkCertificate({ digest, commit }: SealedCommit, stateRoot: Digest | undefined): Promise<void> {
    const subject = `checkpoint certificate of commit ${commit.index}`;
    const certificate = await readingOf(subject, () => this.#home.state.checkpoint(commit.index));
    if (certificate !== undefined) {
      const statement = verifyCheckpoint(certificate, this.#contextIn(commit.epoch));
      if (!statement.ok) throw new FindingError(subject, statement.error);
      this.#checkStatement(statement.value, { subject, index: commit.index, digest, stateRoot });
      this.#counts.checkpoints += 1;
    }
    // Its signatures were verified when the epoch's record was followed.
    const closing = this.#home.closings.get(commit.index);
    if (closing !== undefined)
      this.#checkStatement(closing, {
        subject: `${subject} in an epoch's record`,
        index: commit.index,
        digest,
        stateRoot,
      });
  }

  #checkStatement(statement: CheckpointStatement, executed: ExecutedCommit): void {
    const { subject, index, digest, stateRoot } = executed;
    if (statement.index !== index || statement.commitDigest !== digest) {
      throw new FindingError(subject, {
        code: "CHECKPOINT_COMMIT",
        detail: `certifies another commit: ${statement.commitDigest}`,
      });
    }
    if (stateRoot !== undefined && statement.stateRoot !== stateRoot) {
      throw new FindingError(subject, {
        code: "CHECKPOINT_STATE",
        detail: `certifies the state ${statement.stateRoot}, executing gives ${stateRoot}`,
      });
    }
    this.#counts.certifiedCommit = index;
  }
}

interface ExecutedCommit {
  readonly subject: string;
  readonly index: number;
  readonly digest: CommitDigest;
  /** Undefined for a commit whose execution is not on disk. */
  readonly stateRoot: Digest | undefined;
}

interface ChainWalkParts {
  readonly end: ChainEnd;
  readonly snapshots: KeptSnapshots;
}

export interface WalkOptions {
  readonly home: VerifiedHome;
  readonly counts: VerifyCounts;
  readonly resume: { readonly position: ChainPosition; readonly ledger: Ledger } | null;
}

/** A pruned home, and a node that joined from a state, keep snapshots of the very commit that they begin with. */
async function checkBeginning(
  { chain }: VerifiedHome,
  snapshots: KeptSnapshots,
  { position: { index }, ledger }: NonNullable<WalkOptions["resume"]>,
): Promise<void> {
  const stored = await readingOf(`commit ${index}`, () => chain.commit(index));
  if (stored !== undefined) await snapshots.check({ index, ledger, consensusStateDigest: stored.consensusStateDigest });
}

/** The end of the chain; the consensus state stored with it must be that of its last commit. */
async function chainEnd({ chain, store }: VerifiedHome): Promise<ChainEnd> {
  const last = await readingOf("the newest commit", () => chain.lastCommit());
  if (last === undefined) return { lastIndex: 0, executedIndex: 0 };
  const { commit } = await readingOf("the newest commit", async () => readCommit(last.commit));
  if (digestOf(sha256, "consensus-state", last.consensusState) !== last.commit.consensusStateDigest) {
    throw new FindingError(`commit ${commit.index}`, {
      code: "CONSENSUS_STATE_DIFFERS",
      detail: "it is the newest one, but the stored consensus state is of another",
    });
  }
  return { lastIndex: commit.index, executedIndex: await executedIndex(store) };
}

async function executedIndex(store: VerifiedHome["store"]): Promise<number> {
  return readingOf("the newest state root", async () => {
    for await (const { key } of store.iterate("state", { gte: "root/", lt: "root0", reverse: true, limit: 1 })) {
      return Number.parseInt(key.slice("root/".length), 16);
    }
    return 0;
  });
}

async function outcomeOf({ store }: VerifiedHome, { modelId, version }: AggregationJob): Promise<Outcome> {
  const subject = `version ${version} record of ${modelId}`;
  const bytes = await readingOf(subject, () => store.get("versions", versionKey(modelId, version)));
  if (bytes === undefined) throw new FindingError(subject, { code: "VERSION_RECORD_MISSING", detail: "not there" });
  const sealed = decodeVersionRecord(bytes, sha256);
  if (!sealed.ok) throw new FindingError(subject, sealed.error);
  const { weightsRoot, weightsBytes, metrics } = sealed.value.record;
  return { weightsRoot, weightsBytes, metrics };
}

type Outcome = Parameters<Ledger["complete"]>[1];
