// Compares two stopped nodes' homes commit by commit: the order first, then the state after it, then the models' versions.
// Where only one of them goes further, back or on, is told and is no difference.

import { hexFromBytes, isSameBytes } from "@selvedge/integrity";
import { readCommit } from "../daemon/restore.ts";
import { NodeError } from "../errors.ts";
import { orderedNumber, stateKey, versionKey } from "../storage/keys.ts";
import { type VerifiedHome, openVerifiedHome } from "../verify/verified-home.ts";
import type { Comparison, Difference } from "./difference.ts";

export async function diffHomes(left: string, right: string): Promise<Comparison> {
  const leftHome = await openVerifiedHome(left);
  try {
    const rightHome = await openVerifiedHome(right);
    try {
      return await compare({ left: leftHome, right: rightHome });
    } finally {
      await rightHome.close();
    }
  } finally {
    await leftHome.close();
  }
}

interface Pair {
  readonly left: VerifiedHome;
  readonly right: VerifiedHome;
}

async function compare(homes: Pair): Promise<Comparison> {
  if (homes.left.chainId !== homes.right.chainId)
    throw new NodeError("WRONG_CHAIN", `the homes are of two chains: ${homes.left.chainId} and ${homes.right.chainId}`);
  const [left, right] = await Promise.all([extentOf(homes.left), extentOf(homes.right)]);
  const range = { from: Math.max(left.first, right.first), to: Math.min(left.last, right.last) };
  const difference =
    (await firstInOrder(homes, range)) ?? (await firstInVersions(homes, Math.min(left.executed, right.executed)));
  return { difference, ...range, notes: notesOf(left, right) };
}

interface Extent {
  readonly first: number;
  readonly last: number;
  readonly executed: number;
}

async function extentOf({ store }: VerifiedHome): Promise<Extent> {
  const extent = { first: 1, last: 0, executed: 0 };
  for await (const { key } of store.iterate("commits", { limit: 1 })) extent.first = Number.parseInt(key, 16);
  for await (const { key } of store.iterate("commits", { limit: 1, reverse: true }))
    extent.last = Number.parseInt(key, 16);
  for await (const { key } of store.iterate("state", { gte: "root/", lt: "root0", limit: 1, reverse: true }))
    extent.executed = Number.parseInt(key.slice("root/".length), 16);
  return extent;
}

function notesOf(left: Extent, right: Extent): readonly string[] {
  const notes: string[] = [];
  if (left.first !== right.first)
    notes.push(`the first begins with commit ${left.first}, the second with ${right.first}`);
  if (left.last !== right.last) notes.push(`the first ends with commit ${left.last}, the second with ${right.last}`);
  return notes;
}

async function firstInOrder(homes: Pair, range: { from: number; to: number }): Promise<Difference | undefined> {
  for (let index = range.from; index <= range.to; index += 1) {
    const difference = (await differentCommit(homes, index)) ?? (await differentRoot(homes, index));
    if (difference !== undefined) return difference;
  }
  return undefined;
}

async function differentCommit({ left, right }: Pair, index: number): Promise<Difference | undefined> {
  const [first, second] = await Promise.all([left.chain.commit(index), right.chain.commit(index)]);
  const subject = `commit ${index}`;
  if (first === undefined || second === undefined)
    return first === second ? undefined : { subject, left: thereOrNot(first), right: thereOrNot(second) };
  const [one, two] = [readCommit(first), readCommit(second)];
  return one.digest === two.digest ? undefined : { subject, left: one.digest, right: two.digest };
}

async function differentRoot({ left, right }: Pair, index: number): Promise<Difference | undefined> {
  const key = stateKey("root", orderedNumber(index));
  const [first, second] = await Promise.all([left.store.get("state", key), right.store.get("state", key)]);
  // Not executed by one of them yet.
  if (first === undefined || second === undefined || isSameBytes(first, second)) return undefined;
  return { subject: `state root of commit ${index}`, left: hexFromBytes(first), right: hexFromBytes(second) };
}

async function firstInVersions({ left, right }: Pair, executed: number): Promise<Difference | undefined> {
  for (const { id } of left.genesis.models) {
    for await (const { record, digest, bytes } of left.state.versions(id)) {
      if (record.commitIndex > executed) break;
      const other = await right.store.get("versions", versionKey(id, record.version));
      const subject = `version ${record.version} of ${id}`;
      if (other === undefined) return { subject, left: digest, right: thereOrNot(other) };
      if (!isSameBytes(bytes, other)) return { subject, left: digest, right: "another record" };
    }
  }
  return undefined;
}

function thereOrNot(value: unknown): string {
  return value === undefined ? "not there" : "there";
}
