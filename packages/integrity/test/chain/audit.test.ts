// The audit of a small lineage whose "aggregation" adds the payloads to the weights byte by byte: what it reports while
// all holds, where it goes on after a stop, and the name and code of each thing that can be broken.

import { describe, expect, test } from "vitest";
import {
  type AuditCursor,
  type AuditOptions,
  type AuditSource,
  type AuditStep,
  type Digest,
  type PayloadManifest,
  type Replay,
  type SealedVersionRecord,
  type SignedUpdate,
  type UpdateDigest,
  type VersionDigest,
  auditLineage,
  chunkOf,
  commitIndex,
  encode,
  err,
  modelId,
  ok,
  payloadManifest,
  rejection,
  sealVersionRecord,
  sequenceNumber,
  versionNumber,
  zeroDigest,
} from "../../src/index.ts";
import { four, makeUpdate, sha256 } from "../codec/block-fixture.ts";

const CHUNK = 1024;
const SIZE = 2500;
const MODEL = modelId("digits");

class Archive {
  readonly records: (Uint8Array | undefined)[] = [];
  readonly updates: Map<UpdateDigest, Uint8Array> = new Map();
  readonly manifests: Map<Digest, PayloadManifest> = new Map();
  readonly chunks: Map<string, Uint8Array> = new Map();
  head: SealedVersionRecord | undefined;
  /** No two bytes in a row alike, so that weights never equal an update's payload. */
  weights: Uint8Array = Uint8Array.from({ length: SIZE }, (_, index) => index);
  readonly weightsRoots: Digest[] = [];
  readonly payloadRoots: Digest[] = [];

  constructor(versions: number) {
    for (let version = 0; version < versions; version += 1) this.#publish(version);
  }

  keep(payload: Uint8Array): Digest {
    const manifest = payloadManifest(sha256, payload, CHUNK);
    this.manifests.set(manifest.root, manifest);
    for (const index of manifest.chunkHashes.keys()) {
      this.chunks.set(`${manifest.root}/${index}`, chunkOf(payload, manifest, index).bytes);
    }
    return manifest.root;
  }

  #publish(version: number): void {
    const updates = version === 0 ? [] : [0, 1].map((device) => this.#contribute(version, device));
    const weightsRoot = this.keep(this.weights);
    this.weightsRoots.push(weightsRoot);
    const sealed = sealVersionRecord(
      {
        modelId: MODEL,
        version: versionNumber(version),
        parent: this.head?.digest ?? zeroDigest<VersionDigest>(),
        updates: updates.map(({ digest }) => ({ update: digest, weight: 1, score: null })),
        aggregator: { name: "weighted-mean", clip: "none" },
        weightsRoot,
        weightsBytes: SIZE,
        metrics: [],
        commitIndex: commitIndex(version),
      },
      sha256,
    );
    this.records.push(sealed.bytes);
    this.head = sealed;
  }

  #contribute(version: number, device: number): SignedUpdate {
    const payload = new Uint8Array(SIZE).fill(3 * version + device);
    this.weights = added(this.weights, payload);
    const payloadRoot = this.keep(payload);
    this.payloadRoots.push(payloadRoot);
    const header = { modelId: MODEL, sequence: sequenceNumber(version), payloadRoot, payloadBytes: SIZE };
    const update = makeUpdate(header, device);
    this.updates.set(update.digest, update.bytes);
    return update;
  }
}

function added(left: Uint8Array, right: Uint8Array): Uint8Array {
  return left.map((byte, index) => byte + (right[index] ?? 0));
}

const replay: Replay = async ({ previousWeights, updates }) =>
  ok(updates.reduce((weights, { payload }) => added(weights, payload), previousWeights));

function optionsFor(archive: Archive, overrides: Partial<AuditOptions> = {}): AuditOptions {
  const source: AuditSource = {
    record: async (version) => archive.records[version],
    update: async (digest) => archive.updates.get(digest),
    manifest: async (root) => archive.manifests.get(root),
    chunk: async ({ root }, index) => archive.chunks.get(`${root}/${index}`),
  };
  if (archive.head === undefined) throw new Error("an archive has a head");
  const target = { version: archive.head.record.version, digest: archive.head.digest };
  return {
    modelId: MODEL,
    crypto: four.crypto,
    chunkBytes: CHUNK,
    source,
    replay,
    target,
    resumeFrom: null,
    signal: null,
    ...overrides,
  };
}

async function stepsOf(options: AuditOptions): Promise<AuditStep[]> {
  const steps: AuditStep[] = [];
  for await (const step of auditLineage(options)) steps.push(step);
  return steps;
}

async function endOf(archive: Archive, overrides: Partial<AuditOptions> = {}): Promise<string> {
  const end = (await stepsOf(optionsFor(archive, overrides))).at(-1);
  return end?.type === "finding" ? `${end.finding.code}: ${end.finding.subject}` : (end?.type ?? "nothing");
}

describe("an audit of what holds", () => {
  test("reports every version and ends in the head", async () => {
    const archive = new Archive(4);
    const steps = await stepsOf(optionsFor(archive));
    expect(steps.map((step) => (step.type === "progress" ? `${step.version}/${step.versionMax}` : step.type))).toEqual([
      "0/3",
      "1/3",
      "2/3",
      "3/3",
      "done",
    ]);
    expect(steps.at(-1)).toMatchObject({ type: "done", cursor: { version: 3, digest: archive.head?.digest } });
  });
  test("goes on where it was stopped", async () => {
    const archive = new Archive(4);
    const signal = { aborted: false };
    let cursor: AuditCursor | null = null;
    for await (const step of auditLineage(optionsFor(archive, { signal }))) {
      if (step.type === "progress" && step.version === 1) signal.aborted = true;
      if (step.type === "stopped") ({ cursor } = step);
    }
    expect(cursor).toMatchObject({ version: 1 });
    // What was audited before is not read again.
    archive.records[0] = undefined;
    const steps = await stepsOf(optionsFor(archive, { resumeFrom: cursor }));
    expect(steps.map(({ type }) => type)).toEqual(["progress", "progress", "done"]);
  });
  test("may be stopped before it began", async () => {
    expect(await stepsOf(optionsFor(new Archive(1), { signal: { aborted: true } }))).toEqual([
      { type: "stopped", cursor: null },
    ]);
  });
});

function weightsRootAt(archive: Archive, version: number): Digest {
  return archive.weightsRoots[version] ?? zeroDigest();
}

describe("an audit names", () => {
  // The first of version 2; damage goes to a copy, so that names stay known.
  const whole = new Archive(4);
  const update = [...whole.updates.keys()][2] ?? zeroDigest<UpdateDigest>();
  const payload = whole.payloadRoots[2] ?? zeroDigest();

  test.each<[string, (archive: Archive) => void, string]>([
    [
      "a record that is missing",
      (archive) => (archive.records[2] = undefined),
      "AUDIT_RECORD_MISSING: version 2 record",
    ],
    [
      "a record that does not decode",
      (archive) => (archive.records[2] = archive.records[2]?.subarray(1)),
      "AUDIT_RECORD_DAMAGED: version 2 record",
    ],
    [
      "a record of another chain",
      (archive) => (archive.records[2] = new Archive(2).records[1]),
      "LINEAGE_VERSION: version 2 record",
    ],
    [
      "a manifest that is missing",
      (archive) => archive.manifests.delete(weightsRootAt(archive, 2)),
      "AUDIT_MANIFEST_MISSING: version 2 weights manifest",
    ],
    [
      "a manifest of other bytes",
      (archive) =>
        archive.manifests.set(weightsRootAt(archive, 2), payloadManifest(sha256, new Uint8Array(SIZE).fill(99), CHUNK)),
      "AUDIT_MANIFEST_DAMAGED: version 2 weights manifest",
    ],
    [
      "a manifest whose hashes lead elsewhere",
      (archive) => {
        const root = weightsRootAt(archive, 2);
        const manifest = payloadManifest(sha256, new Uint8Array(SIZE).fill(99), CHUNK);
        archive.manifests.set(root, { ...manifest, root });
      },
      "AUDIT_MANIFEST_DAMAGED: version 2 weights manifest",
    ],
    [
      "a chunk that is missing",
      (archive) => archive.chunks.delete(`${weightsRootAt(archive, 2)}/1`),
      "AUDIT_CHUNK_MISSING: version 2 weights chunk 1",
    ],
    [
      "a chunk that is damaged",
      (archive) => archive.chunks.set(`${weightsRootAt(archive, 2)}/2`, new Uint8Array(452)),
      "AUDIT_CHUNK_DAMAGED: version 2 weights chunk 2",
    ],
    [
      "an update that is missing",
      (archive) => archive.updates.delete(update),
      `AUDIT_UPDATE_MISSING: version 2 update ${update}`,
    ],
    [
      "an update that does not decode",
      (archive) => archive.updates.set(update, Uint8Array.of(0)),
      `AUDIT_UPDATE_DAMAGED: version 2 update ${update}`,
    ],
    [
      "an update that is another",
      (archive) => archive.updates.set(update, makeUpdate().bytes),
      `AUDIT_UPDATE_DAMAGED: version 2 update ${update}`,
    ],
    [
      "an update's signature that does not hold",
      (archive) => {
        const forged = (archive.updates.get(update) ?? Uint8Array.of()).slice();
        forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
        archive.updates.set(update, forged);
      },
      `AUDIT_SIGNATURE: version 2 update ${update} signature`,
    ],
    [
      "an update's chunk that is damaged",
      (archive) => archive.chunks.set(`${payload}/0`, new Uint8Array(CHUNK)),
      `AUDIT_CHUNK_DAMAGED: version 2 update ${update} chunk 0`,
    ],
  ])("%s", async (_, damage, expected) => {
    const archive = new Archive(4);
    damage(archive);
    expect(await endOf(archive)).toBe(expected);
  });

  test("weights that replaying does not give", async () => {
    const wrong: Replay = async (job) => {
      const right = await replay(job);
      return right.ok && job.record.version === 2
        ? ok(right.value.map((byte, at) => (at === 2499 ? byte ^ 1 : byte)))
        : right;
    };
    expect(await endOf(new Archive(4), { replay: wrong })).toBe("AUDIT_REPLAY_DIFFERS: version 2 replay");
  });
  test("a replay that is refused", async () => {
    const refuse: Replay = async () => err(rejection("X", "no"));
    expect(await endOf(new Archive(4), { replay: refuse })).toBe("AUDIT_REPLAY_REFUSED: version 1 replay");
  });
  test("a lineage of another model", async () => {
    expect(await endOf(new Archive(2), { modelId: modelId("faces") })).toBe("LINEAGE_MODEL: version 0 record");
  });
  test("a lineage that ends elsewhere", async () => {
    const target = { version: 1, digest: zeroDigest<VersionDigest>() };
    expect(await endOf(new Archive(2), { target })).toBe("AUDIT_HEAD: version 1 record");
  });
  test("a cursor beyond the head", async () => {
    const archive = new Archive(2);
    const done = (await stepsOf(optionsFor(archive))).at(-1);
    if (done?.type !== "done") throw new Error("the archive holds");
    const target = { version: 0, digest: zeroDigest<VersionDigest>() };
    expect(await endOf(archive, { resumeFrom: done.cursor, target })).toBe("AUDIT_HEAD: version 0 record");
  });
  test("bytes that are no record at all", async () => {
    const archive = new Archive(1);
    archive.records[0] = encode([1, 2, 3]);
    expect(await endOf(archive)).toBe("AUDIT_RECORD_DAMAGED: version 0 record");
  });
});
