// `model list|show|pull|verify`. List and show repeat what a node says; pull and verify believe nothing but the genesis.

import { PAYLOAD_MAX_BYTES, payloadRoot } from "@selvedge/integrity";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { fromUserFolder } from "../../config/home.ts";
import { sha256 } from "../../crypto.ts";
import { isThere } from "../../daemon/home.ts";
import { EXIT, NodeError } from "../../errors.ts";
import { readBounded } from "../../storage/bounded-read.ts";
import { writeFileAtomically } from "../../storage/files.ts";
import { type ApiAddressOptions, apiAddressesOf, readAnyApi } from "../api-read.ts";
import { type ReaderOptions, modelIdOf, versionOf, withReader } from "../device-session.ts";
import { type Output, formatBytes, jsonLine, printable, table } from "../output.ts";
import { valueOf } from "../rejections.ts";

const VERSION = Type.Object({
  version: Type.Integer(),
  digest: Type.String(),
  updateCount: Type.Integer(),
  weightsRoot: Type.String(),
  weightsBytes: Type.Integer(),
  commitIndex: Type.Integer(),
});
const MODEL = Type.Object({
  id: Type.String(),
  policy: Type.Object({
    bufferSize: Type.Integer(),
    aggregator: Type.Object({ name: Type.String(), clip: Type.String() }),
  }),
  current: VERSION,
  waitingCount: Type.Integer(),
});
const MODELS = Type.Object({ models: Type.Array(MODEL) });
const VERSIONS = Type.Object({ versions: Type.Array(VERSION) });

type JsonOption = ApiAddressOptions & { readonly json?: boolean };

export async function listModels(options: JsonOption, output: Output): Promise<number> {
  const answer = await readAnyApi(await apiAddressesOf(options), "/v1/models");
  if (!Value.Check(MODELS, answer)) throw unknownAnswer();
  const rows = answer.models.map(({ id, current, waitingCount, policy }) => [
    printable(id),
    String(current.version),
    formatBytes(current.weightsBytes),
    `${waitingCount} of ${policy.bufferSize}`,
    printable(`${policy.aggregator.name}, clip ${policy.aggregator.clip}`),
  ]);
  await output.data(
    options.json === true
      ? jsonLine(answer)
      : table([["MODEL", "VERSION", "WEIGHTS", "WAITING", "AGGREGATOR"], ...rows]),
  );
  return EXIT.ok;
}

export async function showModel(options: JsonOption & { readonly argument: string }, output: Output): Promise<number> {
  const addresses = await apiAddressesOf(options);
  const id = modelIdOf(options.argument);
  const model = await readAnyApi(addresses, `/v1/models/${id}`);
  const versions = await readAnyApi(addresses, `/v1/models/${id}/versions?order=newest`);
  if (!Value.Check(MODEL, model) || !Value.Check(VERSIONS, versions)) throw unknownAnswer();
  const rows = versions.versions.map(({ version, updateCount, commitIndex, weightsRoot }) => [
    String(version),
    String(updateCount),
    String(commitIndex),
    printable(weightsRoot),
  ]);
  const text = `${id}: version ${model.current.version}\n${table([["VERSION", "UPDATES", "COMMIT", "WEIGHTS ROOT"], ...rows])}`;
  await output.data(options.json === true ? jsonLine({ model, versions: versions.versions }) : text);
  return EXIT.ok;
}

export interface PullOptions extends ReaderOptions {
  readonly argument: string;
  readonly out: string;
  readonly version: string;
  readonly json?: boolean;
}

export async function pullModel(options: PullOptions, output: Output): Promise<number> {
  const path = fromUserFolder(options.out, process.env);
  if (await isThere(path)) throw new NodeError("HOME_EXISTS", `${path} exists already`);
  const wanted = { model: modelIdOf(options.argument), version: versionOf(options.version) };
  const pulled = await withReader(options, async ({ client }) =>
    valueOf(await client.pullWeights(wanted, AbortSignal.timeout(PULL_MAX_MS))),
  );
  const { record, certificate } = pulled.version;
  await writeFileAtomically(path, pulled.bytes, 0o644);
  const { version, weightsRoot, weightsBytes } = record.record;
  const facts = {
    path,
    model: wanted.model,
    version,
    weightsRoot,
    weightsBytes,
    checkpoint: certificate.statement.index,
  };
  await output.data(
    options.json === true
      ? jsonLine(facts)
      : `${path}: version ${version} of ${wanted.model}, verified under the checkpoint of commit ${facts.checkpoint}\n`,
  );
  return EXIT.ok;
}

const PULL_MAX_MS = 600_000;

export interface VerifyFileOptions extends ReaderOptions {
  readonly argument: string;
  readonly model: string;
  readonly version: string;
  readonly json?: boolean;
}

export async function verifyModelFile(options: VerifyFileOptions, output: Output): Promise<number> {
  const path = fromUserFolder(options.argument, process.env);
  const bytes = await readModelFile(path);
  const wanted = { model: modelIdOf(options.model), version: versionOf(options.version) };
  const { record, root, checkpoint } = await withReader(options, async ({ client, genesis }) => {
    const verified = valueOf(await client.version(wanted, AbortSignal.timeout(PULL_MAX_MS)));
    return {
      record: verified.record.record,
      root: payloadRoot(sha256, bytes, genesis.params.payloadChunkBytes),
      checkpoint: verified.certificate.statement.index,
    };
  });
  const isIt = root === record.weightsRoot;
  if (options.json === true)
    await output.data(
      jsonLine({
        ok: isIt,
        path,
        model: wanted.model,
        version: record.version,
        root,
        certifiedRoot: record.weightsRoot,
        checkpoint,
      }),
    );
  if (!isIt)
    throw new NodeError(
      "VERIFY_FAILED",
      `${path} has root ${root}; version ${record.version} of ${wanted.model} has ${record.weightsRoot}`,
    );
  if (options.json !== true)
    await output.data(
      `${path}: is version ${record.version} of ${wanted.model}, certified by the checkpoint of commit ${checkpoint}\n`,
    );
  return EXIT.ok;
}

async function readModelFile(path: string): Promise<Uint8Array> {
  const bytes = await readBounded(path, PAYLOAD_MAX_BYTES);
  if (bytes === undefined) throw new NodeError("USAGE", `there is no file ${path}`);
  if (bytes.length === 0) throw new NodeError("FILE_MALFORMED", `${path} is empty`);
  return bytes;
}

function unknownAnswer(): NodeError {
  return new NodeError("API_ERROR", "the node does not answer as one of this version");
}
