// A running digest over everything an engine asked for. Two runs with equal inputs have equal digests; a run that
// differs anywhere differs here. Called by the engine after every step.
//
// It is mixed as effects come and hashed when somebody asks. It tells runs of one program apart; nobody can be convinced
// of anything by it, so it need not stand up to somebody who looks for two runs of one digest.

import { type Digest, type Sha256, digestOf, hexFromBytes, zeroDigest } from "@selvedge/integrity";
import type { CheckpointEffect, CommitEffect, Effect, PersistEffect, SendEffect } from "./effect.ts";
import { Mixer } from "./mixer.ts";

/** Effects that come by the thousand are mixed field by field, all others as they are rendered. */
const TAGS = { persist: 1, send: 2, setTimer: 3, cancelTimer: 4, commit: 5, checkpoint: 6, rendered: 7 } as const;

export class Trace {
  readonly #sha256: Sha256;
  readonly #mixer = new Mixer();
  #isEmpty = true;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  get digest(): Digest {
    return this.#isEmpty ? zeroDigest() : digestOf(this.#sha256, "record", this.#mixer.state());
  }

  record(effects: readonly Effect[]): void {
    if (effects.length === 0) return;
    this.#isEmpty = false;
    for (const effect of effects) mixEffect(this.#mixer, effect);
  }
}

function mixEffect(mixer: Mixer, effect: Effect): void {
  switch (effect.type) {
    case "persist":
      return mixPersist(mixer, effect);
    case "send":
      return mixSend(mixer, effect);
    case "setTimer":
      mixer.word(TAGS.setTimer);
      mixer.text(effect.id);
      return mixer.number(effect.delayMs);
    case "cancelTimer":
      mixer.word(TAGS.cancelTimer);
      return mixer.text(effect.id);
    case "commit":
      return mixCommit(mixer, effect);
    case "checkpoint":
      return mixCheckpoint(mixer, effect);
    default:
      mixer.word(TAGS.rendered);
      mixer.text(renderEffect(effect));
  }
}

function mixPersist(mixer: Mixer, { sync, blocks, commits, signed, acked, unseen, ...past }: PersistEffect): void {
  mixer.word(TAGS.persist);
  mixer.word(sync ? 1 : 0);
  mixer.word(blocks.length);
  for (const { ref } of blocks) mixer.hex(ref.digest);
  mixer.word(commits.length);
  // The digest of the consensus state stands in the commit effect of the same step.
  for (const { sealed } of commits) mixer.hex(sealed.digest);
  mixer.word(signed === null ? 0 : 1);
  if (signed !== null) {
    mixer.number(signed.epoch);
    mixer.number(signed.round);
    mixer.hex(signed.digest);
  }
  mixer.word(acked.length);
  for (const { key, update } of acked) {
    mixer.text(key);
    mixer.hex(update);
  }
  if (past.hasForgotten === true) mixer.word(past.isRecovering === true ? 2 : 1);
  for (const { digest } of unseen) mixer.hex(digest);
  for (const { update } of past.acksDue ?? []) mixer.hex(update);
}

function mixSend(mixer: Mixer, { to, blocks }: SendEffect): void {
  mixer.word(TAGS.send);
  mixer.word(to);
  mixer.word(blocks.length);
  for (const { ref } of blocks) mixer.hex(ref.digest);
}

function mixCommit(mixer: Mixer, { sealed, blocks, consensusStateDigest }: CommitEffect): void {
  mixer.word(TAGS.commit);
  mixer.hex(sealed.digest);
  mixer.hex(consensusStateDigest);
  mixer.word(blocks.length);
  for (const { ref } of blocks) mixer.hex(ref.digest);
}

function mixCheckpoint(mixer: Mixer, { certificate: { statement, signatures } }: CheckpointEffect): void {
  mixer.word(TAGS.checkpoint);
  mixer.number(statement.epoch);
  mixer.number(statement.index);
  for (const digest of [statement.chainId, statement.commitDigest, statement.stateRoot]) mixer.hex(digest);
  mixer.word(signatures.length);
  for (const { validator, signature } of signatures) {
    mixer.word(validator);
    mixer.bytes(signature);
  }
}

/** One line per effect; blocks and commits by digest. Two effects that differ render differently. */
export function renderEffect(effect: Effect): string {
  return JSON.stringify(effect, renderValue);
}

function renderValue(key: string, value: unknown): unknown {
  // Its digest stands in the commit effect of the same step.
  if (key === "consensusState") return undefined;
  if (value instanceof Uint8Array) return hexFromBytes(value);
  return digestIn(value) ?? value;
}

/** Blocks, sealed commits and signed updates are their digests. */
function digestIn(value: unknown): unknown {
  if (typeof value !== "object" || value === null || !("bytes" in value)) return undefined;
  if ("ref" in value) return value.ref;
  return "digest" in value ? value.digest : undefined;
}
