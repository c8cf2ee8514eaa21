// What the end of an epoch leaves of updates that are not certified (docs/protocol.md §11): every receipt's update is
// visible, that is, output or listed in a counted end marker; so for each (device, model, sequence) one visible update
// keeps its claim, and of two none has one. Pure; update.ts acts on it.

import {
  type DeviceId,
  type ListedUpdate,
  type ModelId,
  type SequenceNumber,
  type SignedUpdate,
  type UpdateDigest,
  type UpdateKey,
  compareDigests,
  digestFromHex,
  isDigestHex,
  isModelId,
  modelId,
  sequenceNumber,
  updateKeyOf,
} from "@selvedge/integrity";

/** One (device, model, sequence) with everything visible of it. */
export interface VisibleSequence {
  readonly deviceId: DeviceId;
  readonly modelId: ModelId;
  readonly sequence: SequenceNumber;
  /** Ascending, distinct, at least one. */
  readonly updates: readonly UpdateDigest[];
}

/** Ascending by key, so that what follows does not depend on the order of output. */
export function visibleSequences(
  waiting: readonly SignedUpdate[],
  listed: readonly ListedUpdate[],
): readonly VisibleSequence[] {
  const byKey = new Map<UpdateKey, Set<UpdateDigest>>();
  const see = ({ key, update }: ListedUpdate): void => {
    const seen = byKey.get(key);
    if (seen === undefined) byKey.set(key, new Set([update]));
    else seen.add(update);
  };
  for (const { header, digest } of waiting) see({ key: updateKeyOf(header), update: digest });
  for (const update of listed) see(update);
  return [...byKey]
    .sort(([left], [right]) => compareDigests(left, right))
    .flatMap(([key, updates]) => {
      const named = partsOf(key);
      return named === undefined ? [] : [{ ...named, updates: [...updates].sort(compareDigests) }];
    });
}

/** Undefined for what is no key: a snapshot brings listed updates as they were written. */
function partsOf(key: UpdateKey): Omit<VisibleSequence, "updates"> | undefined {
  const [device, model, sequence, ...others] = key.split("/");
  const number = Number(sequence);
  const isKey = isDigestHex(device) && model !== undefined && isModelId(model) && others.length === 0;
  if (!isKey || !Number.isSafeInteger(number) || number < 1) return undefined;
  return { deviceId: digestFromHex<DeviceId>(device), modelId: modelId(model), sequence: sequenceNumber(number) };
}
