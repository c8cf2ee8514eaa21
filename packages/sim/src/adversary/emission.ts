// Questions about what a corrupted node sends, and ways to send something else. Pure but for the world's own calls.

import type { VerifiedBlock } from "@selvedge/integrity";
import type { AdversaryWorld, Emission } from "./adversary.ts";

/** The kind of message with which a node pushes blocks unasked (B2). Answers to fetches carry blocks under other kinds. */
const PUSH_KIND = "blocks";

export interface EmissionAt {
  readonly node: number;
  readonly emission: Emission;
  readonly world: AdversaryWorld;
}

export function isPush({ kind }: Emission): boolean {
  return kind === PUSH_KIND;
}

/** Payloads of updates on their way: offered, pushed in chunks or answered. */
export function carriesPayload({ kind }: { readonly kind: string }): boolean {
  return kind === "payload" || kind === "chunk";
}

export function ownBlocks(node: number, blocks: readonly VerifiedBlock[]): readonly VerifiedBlock[] {
  return blocks.filter(({ ref }) => ref.author === node);
}

/**
 * The emission with its own blocks exchanged; null takes one out. Undefined if that changes nothing. A push of nothing is
 * not sent at all, an answer is sent empty.
 */
export function withOwnBlocks(
  { node, emission, world }: EmissionAt,
  exchanged: (block: VerifiedBlock) => VerifiedBlock | null,
): readonly Emission[] | undefined {
  const blocks: VerifiedBlock[] = [];
  let hasChanged = false;
  for (const block of emission.blocks) {
    const shown = block.ref.author === node ? exchanged(block) : block;
    hasChanged ||= shown !== block;
    if (shown !== null) blocks.push(shown);
  }
  if (!hasChanged) return undefined;
  return blocks.length === 0 && isPush(emission) ? [] : [world.withBlocks(emission, blocks)];
}

/** Sends as it is, later. */
export function sendLater({ node, emission, world }: EmissionAt, delayMs: number): void {
  const { blocks: _blocks, ...message } = emission;
  world.after(delayMs, () => world.sendAs(node, message));
}

export function othersThan(node: number, size: number): readonly number[] {
  return Array.from({ length: size }, (_, index) => index).filter((index) => index !== node);
}

/** As many of the candidates, in their order, as it takes to have this stake. */
export function upToStake(
  candidates: readonly number[],
  stakes: readonly number[],
  stakeMin: number,
): readonly number[] {
  const chosen: number[] = [];
  let stake = 0;
  for (const candidate of candidates) {
    if (stake >= stakeMin) break;
    chosen.push(candidate);
    stake += stakes[candidate] ?? 0;
  }
  return chosen;
}

/** Bytes from one draw: long garbage must not make a long decision log. */
export function garbageBytes(world: AdversaryWorld, sizeBytes: number): Uint8Array {
  let state = world.choices.below(2 ** 32) | 1;
  return Uint8Array.from({ length: sizeBytes }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
