// Encrypted key files: scrypt and AES-256-GCM of node:crypto around the secrets of one identity. The password comes from
// a file, never from argv or the environment; KDF parameters of a file are capped before anything is allocated.

import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from "node:crypto";
import { stat } from "node:fs/promises";
import { hexFromBytes } from "@selvedge/integrity";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError, isSystemError } from "../errors.ts";
import { readTextIfThere, writeFileAtomically } from "../storage/files.ts";

export type KeyKind = "validator" | "device" | "node";

/** Secrets as lower-case hex, 32 bytes each. */
export interface KeySecrets {
  readonly signing: string;
  /** libp2p identity of validators and observers. */
  readonly network?: string;
  /** Shares of the coin's secret, one after the other, of validators in networks with a dealer's group key. */
  readonly coin?: string;
}

export interface KeyFileInfo {
  readonly kind: KeyKind;
  readonly publicKey: string;
}

/** "edge" (32 MiB, about 0.1 s) is for small devices and local test networks. */
export type KdfProfile = "standard" | "edge";

const SCRYPT_N: Readonly<Record<KdfProfile, number>> = { standard: 262_144, edge: 32_768 };
/** A file that asks for more is refused before anything is allocated. */
const SCRYPT_N_MAX = 1_048_576;
const SCRYPT_N_MIN = 1024;
const KEY_FILE_MAX_BYTES = 16 * 1024;
const HEX = (bytes: number): ReturnType<typeof Type.String> => Type.String({ pattern: `^[0-9a-f]{${2 * bytes}}$` });

const KEY_FILE = Type.Object(
  {
    format: Type.Literal("selvedge-key/1"),
    kind: Type.Union([Type.Literal("validator"), Type.Literal("device"), Type.Literal("node")]),
    publicKey: HEX(32),
    kdf: Type.Object(
      {
        name: Type.Literal("scrypt"),
        n: Type.Integer({ minimum: SCRYPT_N_MIN, maximum: SCRYPT_N_MAX }),
        r: Type.Literal(8),
        p: Type.Literal(1),
        salt: HEX(32),
      },
      { additionalProperties: false },
    ),
    cipher: Type.Object(
      {
        name: Type.Literal("aes-256-gcm"),
        nonce: HEX(12),
        tag: HEX(16),
        text: Type.String({ pattern: "^([0-9a-f]{2}){1,2048}$" }),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);

type KeyFile = Static<typeof KEY_FILE>;

/** Several where stakes are unequal. */
const COIN_SHARES = Type.String({ pattern: "^([0-9a-f]{64}){0,16}$" });

const SECRETS = Type.Object(
  { signing: HEX(32), network: Type.Optional(HEX(32)), coin: Type.Optional(COIN_SHARES) },
  { additionalProperties: false },
);

export async function writeKeyFile(options: {
  readonly path: string;
  readonly info: KeyFileInfo;
  readonly secrets: KeySecrets;
  readonly password: string;
  readonly profile: KdfProfile;
}): Promise<void> {
  const salt = randomBytes(32);
  const nonce = randomBytes(12);
  const n = SCRYPT_N[options.profile];
  const cipher = createCipheriv("aes-256-gcm", deriveKey(options.password, salt, n), nonce);
  cipher.setAAD(associatedData(options.info));
  const text = Buffer.concat([cipher.update(JSON.stringify(options.secrets), "utf8"), cipher.final()]);
  const file: KeyFile = {
    format: "selvedge-key/1",
    kind: options.info.kind,
    publicKey: options.info.publicKey,
    kdf: { name: "scrypt", n, r: 8, p: 1, salt: hexFromBytes(salt) },
    cipher: {
      name: "aes-256-gcm",
      nonce: hexFromBytes(nonce),
      tag: hexFromBytes(cipher.getAuthTag()),
      text: hexFromBytes(text),
    },
  };
  await writeFileAtomically(options.path, `${JSON.stringify(file, null, 2)}\n`, 0o600);
}

/** Kind and public key, which are not secret; the file's form is checked, its secrets are not opened. */
export async function inspectKeyFile(path: string): Promise<KeyFileInfo> {
  const { kind, publicKey } = await readKeyFile(path);
  return { kind, publicKey };
}

export async function openKeyFile(
  path: string,
  password: string,
): Promise<KeyFileInfo & { readonly secrets: KeySecrets }> {
  await refuseLoosePermissions(path);
  const file = await readKeyFile(path);
  const info = { kind: file.kind, publicKey: file.publicKey };
  return { ...info, secrets: decrypt(path, { file, info, password }) };
}

/** First line of a password file; refuses files that others may read. */
export async function readPasswordFile(path: string): Promise<string> {
  if (path === "") throw new NodeError("KEY_MISSING", "no password file is named (keys.password_file of config.toml)");
  await refuseLoosePermissions(path);
  const text = await readTextIfThere(path, KEY_FILE_MAX_BYTES);
  const [password = ""] = (text ?? "").split(/\r?\n/u);
  if (password.length === 0) throw new NodeError("KEY_MALFORMED", `the first line of ${path} is empty`);
  return password;
}

function decrypt(
  path: string,
  { file, info, password }: { file: KeyFile; info: KeyFileInfo; password: string },
): KeySecrets {
  const key = deriveKey(password, Buffer.from(file.kdf.salt, "hex"), file.kdf.n);
  const decipher = createDecipheriv("aes-256-gcm", key, Buffer.from(file.cipher.nonce, "hex"));
  decipher.setAAD(associatedData(info));
  decipher.setAuthTag(Buffer.from(file.cipher.tag, "hex"));
  let plain: string;
  try {
    plain = Buffer.concat([decipher.update(Buffer.from(file.cipher.text, "hex")), decipher.final()]).toString("utf8");
  } catch (cause) {
    // One message for a wrong password and a damaged file: the cipher cannot tell them apart, and must not.
    throw new NodeError("KEY_PASSWORD_WRONG", `cannot open ${path}: wrong password or damaged file`, { cause });
  }
  const secrets = parseSecrets(plain);
  if (!Value.Check(SECRETS, secrets))
    throw new NodeError("KEY_MALFORMED", `the secrets in ${path} have an unknown form`);
  return secrets;
}

/** Undefined for what is not JSON: a syntax error would quote the secrets. */
function parseSecrets(plain: string): unknown {
  try {
    return JSON.parse(plain);
  } catch {
    return undefined;
  }
}

async function readKeyFile(path: string): Promise<KeyFile> {
  const text = await readTextIfThere(path, KEY_FILE_MAX_BYTES);
  if (text === undefined) throw new NodeError("KEY_MISSING", `there is no file ${path}`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new NodeError("KEY_MALFORMED", `${path} is not JSON`, { cause });
  }
  if (!Value.Check(KEY_FILE, parsed) || !isPowerOfTwo(parsed.kdf.n))
    throw new NodeError("KEY_MALFORMED", `${path} is not a key file of this version`);
  return parsed;
}

async function refuseLoosePermissions(path: string): Promise<void> {
  let mode: number;
  try {
    ({ mode } = await stat(path));
  } catch (cause) {
    if (isSystemError(cause, "ENOENT")) throw new NodeError("KEY_MISSING", `there is no file ${path}`, { cause });
    throw new NodeError("KEY_PERMISSIONS", `cannot read ${path}`, { cause });
  }
  if ((mode & 0o077) !== 0) {
    throw new NodeError("KEY_PERMISSIONS", `${path} may be read by others; run: chmod 600 ${path}`);
  }
}

function deriveKey(password: string, salt: Uint8Array, n: number): Buffer {
  return scryptSync(password, salt, 32, { N: n, r: 8, p: 1, maxmem: 129 * n * 8 });
}

/** Other costs make scrypt throw. */
function isPowerOfTwo(value: number): boolean {
  return (value & (value - 1)) === 0;
}

function associatedData(info: KeyFileInfo): Buffer {
  return Buffer.from(`selvedge-key/1 ${info.kind} ${info.publicKey}`, "utf8");
}
