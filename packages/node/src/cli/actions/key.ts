// `key new|list|inspect|export-public`.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { bytesFromHex, dealingSecretOf, encryptionKeyOf, hexFromBytes } from "@selvedge/integrity";
import { fromUserFolder } from "../../config/home.ts";
import { createNodeSigner } from "../../crypto.ts";
import { isThere } from "../../daemon/home.ts";
import { EXIT, NodeError, isSystemError } from "../../errors.ts";
import { freshKey } from "../../keys/fresh-key.ts";
import { type KdfProfile, type KeyKind, inspectKeyFile, openKeyFile, writeKeyFile } from "../../keys/keystore.ts";
import { homeOf } from "../context.ts";
import { type Output, jsonLine, table } from "../output.ts";
import { passwordFrom } from "../password.ts";

interface JsonOption {
  readonly json?: boolean;
}

export interface NewKeyOptions extends JsonOption {
  readonly out: string;
  readonly kind: string;
  readonly passwordFile?: string;
  readonly kdfProfile: string;
}

export async function newKey(options: NewKeyOptions, output: Output): Promise<number> {
  const kind = kindOf(options.kind);
  const profile = kdfProfileOf(options.kdfProfile);
  const path = fromUserFolder(options.out, process.env);
  if (await isThere(path)) throw new NodeError("HOME_EXISTS", `${path} exists already; a key is never overwritten`);
  const password = await passwordFrom(options.passwordFile, { isNew: true });
  const { publicKey, secrets } = freshKey(kind);
  await writeKeyFile({ path, info: { kind, publicKey }, secrets, password, profile });
  output.note(`wrote ${path}`);
  await output.data(options.json === true ? jsonLine({ path, kind, publicKey }) : `${publicKey}\n`);
  return EXIT.ok;
}

export function kdfProfileOf(name: string): KdfProfile {
  if (name === "standard" || name === "edge") return name;
  throw new NodeError("USAGE", `--kdf-profile is standard or edge, not ${name}`);
}

function kindOf(name: string): KeyKind {
  if (name === "validator" || name === "device" || name === "node") return name;
  throw new NodeError("USAGE", `--kind is validator, device or node, not ${name}`);
}

export async function listKeys(options: JsonOption & { readonly home?: string }, output: Output): Promise<number> {
  const folder = join(homeOf(options), "keys");
  const names = await keyFileNames(folder);
  const keys = await Promise.all(
    names.map(async (name) => ({ path: join(folder, name), ...(await inspectKeyFile(join(folder, name))) })),
  );
  const rows = keys.map(({ kind, publicKey, path }) => [kind, publicKey, path]);
  await output.data(options.json === true ? jsonLine(keys) : table([["KIND", "PUBLIC KEY", "FILE"], ...rows]));
  return EXIT.ok;
}

async function keyFileNames(folder: string): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith(".json")).sort((left, right) => (left < right ? -1 : 1));
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) throw new NodeError("HOME_MISSING", `there is no folder ${folder}`, { cause });
    throw new NodeError("IO_FAILED", `cannot read ${folder}`, { cause });
  }
}

export interface InspectOptions extends JsonOption {
  readonly argument: string;
  readonly passwordFile?: string;
}

export async function inspectKey(options: InspectOptions, output: Output): Promise<number> {
  const path = fromUserFolder(options.argument, process.env);
  const info = await inspectKeyFile(path);
  const opened = options.passwordFile === undefined ? null : await openedKey(path, options.passwordFile);
  const holds = opened?.holds ?? null;
  if (options.json === true)
    await output.data(jsonLine({ ...info, holds, encryptionKey: opened?.encryptionKey ?? null }));
  else
    await output.data(
      table([
        ["kind", info.kind],
        ["public key", info.publicKey],
        ...(opened === null ? [] : [["encryption key", opened.encryptionKey]]),
        ...(holds === null ? [] : [["holds", holds.join(", ")]]),
      ]),
    );
  return EXIT.ok;
}

interface OpenedKey {
  /** Names of the secrets inside. */
  readonly holds: readonly string[];
  /** To which a validator with this key is dealt its coin shares. */
  readonly encryptionKey: string;
}

/** After the file was opened and its public key found to be that of its secret. */
async function openedKey(path: string, passwordFile: string): Promise<OpenedKey> {
  const { publicKey, secrets } = await openKeyFile(path, await passwordFrom(passwordFile, { isNew: false }));
  const derived = hexFromBytes(createNodeSigner(Buffer.from(secrets.signing, "hex")).publicKey);
  if (derived !== publicKey)
    throw new NodeError("KEY_MALFORMED", `${path} names a public key that is not that of its secret`);
  const encryptionKey = hexFromBytes(encryptionKeyOf(dealingSecretOf(bytesFromHex(secrets.signing))));
  return { holds: Object.keys(secrets), encryptionKey };
}

export async function exportPublicKey(options: InspectOptions, output: Output): Promise<number> {
  const info = await inspectKeyFile(fromUserFolder(options.argument, process.env));
  await output.data(options.json === true ? jsonLine(info) : `${info.publicKey}\n`);
  return EXIT.ok;
}
