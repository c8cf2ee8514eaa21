// `validator list|join|leave|reweigh|rotate-key|approve`: shows the committee, and builds, signs and hands in what changes
// it. Each operator speaks for their own validator: M of N of them have to say the same.

import { setTimeout as delay } from "node:timers/promises";
import {
  type CommitteeChange,
  type Digest,
  type Signer,
  type ValidatorIndex,
  bytesFromHex,
  chainIdOf,
  dealingSecretOf,
  digestFromHex,
  encryptionKeyOf,
  epoch,
  genesisFromJson,
  hexFromBytes,
  isDigestHex,
  signApproval,
  signProposal,
  validatorIndex,
} from "@selvedge/integrity";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { homePaths } from "../../config/home.ts";
import { loadConfig } from "../../config/load.ts";
import { createNodeSigner, sha256 } from "../../crypto.ts";
import { isThere } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { freshKey } from "../../keys/fresh-key.ts";
import { readHomePassword } from "../../keys/home-password.ts";
import { openKeyFile, writeKeyFile } from "../../keys/keystore.ts";
import { readTextIfThere } from "../../storage/files.ts";
import { type ApiAddress, type ApiAddressOptions, apiAddressOf, readApi } from "../api-read.ts";
import { submitTransaction } from "../api-write.ts";
import { type CommitteeAnswer, changesText, membersTable, readCommittee } from "../committee-answer.ts";
import { homeOf } from "../context.ts";
import { type Output, jsonLine } from "../output.ts";
import { kdfProfileOf } from "./key.ts";

const GENESIS_FILE_MAX_BYTES: number = 64 * 1024 * 1024;
const KEY_HEX = /^[0-9a-f]{64}$/;

interface CommonOptions extends ApiAddressOptions {
  readonly json?: boolean;
}

export async function listValidators(options: CommonOptions, output: Output): Promise<number> {
  const answer = await readCommittee(await apiAddressOf(options));
  await output.data(options.json === true ? jsonLine(answer) : `${membersTable(answer)}${changesText(answer)}`);
  return EXIT.ok;
}

export interface JoinOptions extends CommonOptions {
  readonly name: string;
  readonly stake: number;
  readonly publicKey: string;
  readonly encryptionKey: string;
}

export function joinValidator(options: JoinOptions, output: Output): Promise<number> {
  const { name, stake } = options;
  return propose({ type: "add", name, stake, ...keysOf(options) }, options, output);
}

export interface NamedOptions extends CommonOptions {
  readonly name: string;
}

export function removeValidator(options: NamedOptions, output: Output): Promise<number> {
  return propose({ type: "remove", name: options.name }, options, output);
}

export function reweighValidator(options: NamedOptions & { readonly stake: number }, output: Output): Promise<number> {
  return propose({ type: "reweigh", name: options.name, stake: options.stake }, options, output);
}

export interface RotateOptions extends NamedOptions {
  readonly publicKey?: string;
  readonly encryptionKey?: string;
  readonly kdfProfile: string;
}

/** Without keys: makes the next key file of this home's validator, once, and proposes it for that member alone. */
export async function rotateKey(options: RotateOptions, output: Output): Promise<number> {
  const { publicKey, encryptionKey } = options;
  if ((publicKey === undefined) !== (encryptionKey === undefined))
    throw new NodeError("USAGE", "give both --public-key and --encryption-key, or neither");
  if (publicKey !== undefined && encryptionKey !== undefined)
    return propose({ type: "rotateKey", name: options.name, ...keysOf({ publicKey, encryptionKey }) }, options, output);
  await refuseForAnother(options);
  return propose({ type: "rotateKey", name: options.name, ...(await nextKeys(options, output)) }, options, output);
}

/** This home's next key under another member's name would give us that member's vote. */
async function refuseForAnother(options: RotateOptions): Promise<void> {
  const { committee, own } = await openSession(options);
  const name = committee.members[own.validator]?.name ?? "";
  if (name !== options.name)
    throw new NodeError(
      "USAGE",
      `the validator of this home is ${name}; new keys for ${options.name} are given with --public-key and --encryption-key`,
    );
}

export async function approveProposal(
  options: CommonOptions & { readonly argument: string },
  output: Output,
): Promise<number> {
  const { argument } = options;
  const isDigest: boolean = isDigestHex(argument);
  if (!isDigest) throw new NodeError("USAGE", `${argument} is no digest of a proposal`);
  const session = await openSession(options);
  const digest = digestFromHex(argument);
  if (session.committee.approved?.digest !== digest && !session.committee.open.some((open) => open.digest === digest))
    throw new NodeError("USAGE", "no such proposal is open; see: selvedge validator list");
  return handIn({ session, digest, transaction: signApproval(digest, session.own, sha256) }, options, output);
}

async function propose(change: CommitteeChange, options: CommonOptions, output: Output): Promise<number> {
  const session = await openSession(options);
  const draft = {
    chainId: session.chainId,
    epoch: epoch(session.committee.epoch),
    // Grows from proposal to proposal, which is all that it is for.
    nonce: Date.now(),
    changes: [change],
  };
  const { digest, transaction } = signProposal(draft, session.own, sha256);
  return handIn({ session, digest, transaction }, options, output);
}

interface Session {
  readonly address: ApiAddress;
  readonly committee: CommitteeAnswer;
  readonly chainId: ReturnType<typeof chainIdOf>;
  readonly own: { readonly validator: ValidatorIndex; readonly signer: Signer };
}

async function openSession(options: CommonOptions): Promise<Session> {
  const paths = homePaths(homeOf(options));
  // Opening keys takes seconds, in which the node would close a connection that is open already.
  const signers = await ownSigners(options);
  const address = await apiAddressOf(options);
  const committee = await readCommittee(address);
  const text = await readTextIfThere(paths.genesis, GENESIS_FILE_MAX_BYTES);
  const genesis = text === undefined ? undefined : genesisFromJson(text);
  if (genesis?.ok !== true) throw new NodeError("CONFIG_INVALID", `${paths.genesis} is no genesis`);
  for (const signer of signers) {
    const own = committee.members.findIndex(({ publicKey }) => publicKey === hexFromBytes(signer.publicKey));
    if (own >= 0)
      return {
        address,
        committee,
        chainId: chainIdOf(genesis.value, sha256),
        own: { validator: validatorIndex(own), signer },
      };
  }
  throw new NodeError("USAGE", "the key of this home is no member's: a change is proposed and approved by members");
}

async function ownSigners(options: CommonOptions): Promise<readonly Signer[]> {
  const paths = homePaths(homeOf(options));
  const password = await homePassword(options);
  const signers: Signer[] = [];
  for (const path of [paths.validatorKey, paths.nextValidatorKey]) {
    if (!(await isThere(path))) continue;
    signers.push(createNodeSigner(bytesFromHex((await openKeyFile(path, password)).secrets.signing)));
  }
  return signers;
}

async function homePassword(options: CommonOptions): Promise<string> {
  const paths = homePaths(homeOf(options));
  const config = await loadConfig({ file: paths.config, environment: process.env, flags: {} });
  return readHomePassword(paths, config);
}

async function nextKeys(options: RotateOptions, output: Output): Promise<ReturnType<typeof keysOf>> {
  const path = homePaths(homeOf(options)).nextValidatorKey;
  const password = await homePassword(options);
  if (!(await isThere(path))) {
    const profile = kdfProfileOf(options.kdfProfile);
    const { publicKey, secrets } = freshKey("validator");
    await writeKeyFile({ path, info: { kind: "validator", publicKey }, secrets, password, profile });
    output.note(`wrote ${path}; restart the node before the change is approved, so that it holds both keys`);
  }
  const { publicKey, secrets } = await openKeyFile(path, password);
  const encryptionKey = hexFromBytes(encryptionKeyOf(dealingSecretOf(bytesFromHex(secrets.signing))));
  return keysOf({ publicKey, encryptionKey });
}

function keysOf(keys: { readonly publicKey: string; readonly encryptionKey: string }): {
  readonly publicKey: Uint8Array;
  readonly encryptionKey: Uint8Array;
} {
  for (const [name, value] of [
    ["--public-key", keys.publicKey],
    ["--encryption-key", keys.encryptionKey],
  ] as const) {
    if (!KEY_HEX.test(value)) throw new NodeError("USAGE", `${name} is 64 lower-case hex characters`);
  }
  return { publicKey: bytesFromHex(keys.publicKey), encryptionKey: bytesFromHex(keys.encryptionKey) };
}

interface Governance {
  readonly session: Session;
  readonly digest: Digest;
  readonly transaction: Uint8Array;
}

async function handIn(
  { session, digest, transaction }: Governance,
  options: CommonOptions,
  output: Output,
): Promise<number> {
  const { address, own, committee: before } = session;
  output.note("waiting for the commit …");
  const commit = await submitTransaction(address, transaction);
  if (commit === undefined)
    throw new NodeError("API_ERROR", "the transaction is not committed yet; see: selvedge validator list");
  const after = await executedAt(address, commit);
  const found = [...after.open, ...(after.approved === null ? [] : [after.approved])].find(
    (open) => open.digest === digest,
  );
  const isTaken = after.epoch > before.epoch || found?.approvals.includes(own.validator) === true;
  if (!isTaken)
    throw new NodeError(
      "API_ERROR",
      "it was ordered, but changes nothing: the node's log has the code (governance refused)",
    );
  await output.data(
    options.json === true
      ? jsonLine({ proposal: digest, commit, ...after })
      : `proposal ${digest}\n${changesText(after)}`,
  );
  return EXIT.ok;
}

/** The ledger executes a commit a moment after it is durable. */
async function executedAt(address: ApiAddress, commit: number): Promise<CommitteeAnswer> {
  const deadline = Date.now() + EXECUTION_WAIT_MS;
  for (;;) {
    const status = await readApi(address, "/v1/status");
    const isDone = Value.Check(EXECUTED, status) && status.executedIndex >= commit;
    if (isDone || Date.now() > deadline) return readCommittee(address);
    await delay(EXECUTION_LOOK_MS);
  }
}

const EXECUTION_WAIT_MS = 30_000;
const EXECUTION_LOOK_MS = 100;
const EXECUTED = Type.Object({ executedIndex: Type.Integer() });
