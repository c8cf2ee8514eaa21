// The newest checkpoint that this device has verified, kept in a file: no gateway can lead it back to an older state, not
// even after a restart. A damaged file is an error and never forgotten silently.

import {
  type CheckpointCertificate,
  type CheckpointStatement,
  type Rejection,
  type Result,
  bytesFromHex,
  checkpointDigest,
  decodeCheckpoint,
  encodeCheckpoint,
  err,
  hexFromBytes,
  ok,
  rejection,
  verifyCheckpoint,
} from "@selvedge/integrity";
import { NodeError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";
import type { DeviceTrust } from "./verified-version.ts";

const FILE_MAX_BYTES: number = 512 * 1024;
const FILE_MODE = 0o600;
const HEX_LINE = /^(?:[0-9a-f]{2})+\n$/u;

export class CheckpointMemory {
  readonly #path: string;
  readonly #trust: DeviceTrust;
  #latest: CheckpointCertificate | undefined;
  /** One write at a time, in the order of the calls. */
  #queue: Promise<unknown> = Promise.resolve();

  private constructor(path: string, trust: DeviceTrust, latest: CheckpointCertificate | undefined) {
    this.#path = path;
    this.#trust = trust;
    this.#latest = latest;
  }

  /** Rejects with FILE_MALFORMED if the file holds no certificate of this chain. */
  static async open(path: string, trust: DeviceTrust): Promise<CheckpointMemory> {
    const text = await readTextIfThere(path, FILE_MAX_BYTES);
    if (text === undefined) return new CheckpointMemory(path, trust, undefined);
    const certificate = HEX_LINE.test(text) ? decodeCheckpoint(bytesFromHex(text.trimEnd())) : undefined;
    const committee = certificate?.ok === true ? trust.committeeIn(certificate.value.statement.epoch) : undefined;
    const isGood =
      certificate?.ok === true &&
      committee !== undefined &&
      verifyCheckpoint(certificate.value, { ...trust, committee }).ok;
    if (!isGood)
      throw new NodeError(
        "FILE_MALFORMED",
        `${path} holds no checkpoint of this chain; keep it and ask who runs the network`,
      );
    return new CheckpointMemory(path, trust, certificate.value);
  }

  get latest(): CheckpointStatement | undefined {
    return this.#latest?.statement;
  }

  /** Takes a certificate that has been verified, unless it is older than the newest one; durable when it resolves. */
  async accept(certificate: CheckpointCertificate): Promise<Result<true, Rejection>> {
    const accepted = this.#queue.then(async () => this.#acceptNext(certificate));
    this.#queue = accepted.catch(() => undefined);
    return accepted;
  }

  async #acceptNext(certificate: CheckpointCertificate): Promise<Result<true, Rejection>> {
    const { statement } = certificate;
    const known = this.latest;
    if (known !== undefined && statement.index < known.index) {
      return err(
        rejection(
          "CHECKPOINT_ROLLED_BACK",
          `checkpoint ${statement.index} is older than ${known.index}, which was verified before`,
        ),
      );
    }
    if (known !== undefined && statement.index === known.index) return this.#compare(statement, known);
    await writeFileAtomically(this.#path, `${hexFromBytes(encodeCheckpoint(certificate))}\n`, FILE_MODE);
    this.#latest = certificate;
    return ok(true);
  }

  /** Two quorums for one commit: more than F of the stake has signed both. */
  #compare(statement: CheckpointStatement, known: CheckpointStatement): Result<true, Rejection> {
    const { sha256 } = this.#trust.crypto;
    const isSame = checkpointDigest(statement, sha256) === checkpointDigest(known, sha256);
    return isSame
      ? ok(true)
      : err(rejection("CHECKPOINT_CONFLICT", `two certified states of commit ${statement.index}`));
  }
}
