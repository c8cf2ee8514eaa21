// Looks into the home folder of a validator that has stopped: replays its whole lineage from version 0, and tells its
// state roots. Everything is read back from the disk; nothing that the processes said is believed.

import {
  type AuditSource,
  type Genesis,
  type GenesisModel,
  type SealedVersionRecord,
  type Store,
  StoreError,
  auditLineage,
  digestFromBytes,
  mustExist,
} from "@selvedge/integrity";
import { auditReplay } from "@selvedge/ledger";
import { homePaths } from "../config/home.ts";
import { createNodeCrypto, sha256 } from "../crypto.ts";
import { openStore } from "../daemon/home.ts";
import { NodeError } from "../errors.ts";
import { PayloadStore } from "../storage/payload-store.ts";
import { StateStore } from "../storage/state-store.ts";

export interface HomeInspection {
  readonly validator: number;
  /** The newest version whose whole past was replayed and found good. */
  readonly verifiedVersion: number;
  /** Digests of its version records, version 0 first. */
  readonly digests: readonly string[];
  /** Why it does not hold, naming the first broken thing; null if all of it holds. */
  readonly finding: string | null;
  readonly executedIndex: number;
  /** By commit index, of every commit that this validator executed. */
  readonly stateRoots: ReadonlyMap<number, string>;
}

export interface OpenedHome {
  readonly state: StateStore;
  readonly payloads: PayloadStore;
  readonly store: Store;
}

export async function withHome<Answer>(
  home: string,
  genesis: Genesis,
  look: (opened: OpenedHome) => Promise<Answer>,
): Promise<Answer> {
  const store = await openStore(homePaths(home), genesis);
  try {
    return await look({ store, state: new StateStore(store, sha256), payloads: new PayloadStore(store, sha256) });
  } finally {
    await store.close();
  }
}

export async function inspectHome(validator: number, home: string, genesis: Genesis): Promise<HomeInspection> {
  const model = mustExist(genesis.models[0], "the demonstration trains one model");
  try {
    return await withHome(home, genesis, async (opened) => {
      const records = await recordsOf(opened.state, model);
      const audited = await audit(opened, { genesis, model, records });
      const stateRoots = await stateRootsOf(opened.store);
      const executedIndex = [...stateRoots.keys()].reduce((newest, index) => Math.max(newest, index), 0);
      const digests = records.map(({ digest }) => digest);
      return { validator, ...audited, digests, executedIndex, stateRoots };
    });
  } catch (error) {
    if (!(error instanceof NodeError || error instanceof StoreError)) throw error;
    const finding = `${error.message} (${error.code})`;
    return { validator, verifiedVersion: -1, digests: [], finding, executedIndex: 0, stateRoots: new Map() };
  }
}

export async function recordsOf(state: StateStore, model: GenesisModel): Promise<readonly SealedVersionRecord[]> {
  const records: SealedVersionRecord[] = [];
  for await (const record of state.versions(model.id)) records.push(record);
  return records;
}

interface AuditSetup {
  readonly genesis: Genesis;
  readonly model: GenesisModel;
  readonly records: readonly SealedVersionRecord[];
}

type Audited = Pick<HomeInspection, "verifiedVersion" | "finding">;

async function audit(opened: OpenedHome, { genesis, model, records }: AuditSetup): Promise<Audited> {
  const head = records.at(-1);
  if (head === undefined) return { verifiedVersion: -1, finding: "there is no version" };
  const chunkBytes = genesis.params.payloadChunkBytes;
  const steps = auditLineage({
    modelId: model.id,
    crypto: createNodeCrypto(),
    chunkBytes,
    source: sourceOf(opened, records),
    replay: auditReplay({ sha256, model, chunkBytes }),
    target: { version: head.record.version, digest: head.digest },
    resumeFrom: null,
    signal: null,
  });
  let verifiedVersion = -1;
  for await (const step of steps) {
    if (step.type === "progress") verifiedVersion = step.version;
    if (step.type === "finding") {
      const { subject, code, detail } = step.finding;
      return { verifiedVersion, finding: `${subject}: ${detail} (${code})` };
    }
  }
  return { verifiedVersion, finding: null };
}

function sourceOf({ state, payloads }: OpenedHome, records: readonly SealedVersionRecord[]): AuditSource {
  return {
    record: async (version) => records[version]?.bytes,
    update: async (digest) => (await state.update(digest))?.bytes,
    manifest: (root) => payloads.manifest(root),
    chunk: async (manifest, index) => {
      const verified = await payloads.manifest(manifest.root);
      return verified === undefined ? undefined : payloads.chunk(verified, index);
    },
  };
}

const ROOT_PREFIX = "root/";

async function stateRootsOf(store: Store): Promise<ReadonlyMap<number, string>> {
  const roots = new Map<number, string>();
  for await (const { key, value } of store.iterate("state", { gte: ROOT_PREFIX, lt: "root0" })) {
    roots.set(indexOfKey(key), digestFromBytes(value));
  }
  return roots;
}

/** The inverse of `stateKey("root", orderedNumber(index))`. */
function indexOfKey(key: string): number {
  return Number.parseInt(key.slice(ROOT_PREFIX.length), 16);
}
