// manifest.json of a backup: what it is of, and the SHA-256 of each of its files. Whoever keeps the manifest's own digest
// elsewhere can tell that nothing was changed since.

import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Static, Type } from "typebox";
import { Value } from "typebox/value";
import { NodeError } from "../errors.ts";
import { openRegular } from "../storage/bounded-read.ts";
import { readTextIfThere } from "../storage/files.ts";

export const MANIFEST_FILE = "manifest.json";
const MANIFEST_MAX_BYTES: number = 16 * 1024 * 1024;
const COUNT = Type.Integer({ minimum: 0 });
const DIGEST = Type.String({ pattern: "^[0-9a-f]{64}$" });

const MANIFEST = Type.Object(
  {
    format: Type.Literal("selvedge-backup/1"),
    chainId: DIGEST,
    network: Type.String(),
    software: Type.String(),
    /** When it was begun, by the clock of its maker: for people. */
    createdAt: Type.String(),
    lastCommit: COUNT,
    executedCommit: COUNT,
    /** Commits up to this one were pruned. */
    prunedTo: COUNT,
    records: COUNT,
    /** In the order in which records are read back. */
    files: Type.Array(
      Type.Object(
        {
          name: Type.String({ pattern: "^[a-z0-9]([a-z0-9.-]*/)?[a-z0-9.-]{0,128}$" }),
          sizeBytes: COUNT,
          sha256: DIGEST,
        },
        { additionalProperties: false },
      ),
      { maxItems: 1_000_000 },
    ),
  },
  { additionalProperties: false },
);

export type BackupManifest = Static<typeof MANIFEST>;
export type BackupFile = BackupManifest["files"][number];

export async function readManifest(
  folder: string,
): Promise<{ readonly manifest: BackupManifest; readonly digest: string }> {
  const path = join(folder, MANIFEST_FILE);
  const text = await readTextIfThere(path, MANIFEST_MAX_BYTES);
  if (text === undefined)
    throw new NodeError("FILE_MALFORMED", `there is no ${MANIFEST_FILE}: not a backup, or one that was not ended`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw new NodeError("FILE_MALFORMED", `${path} is not JSON`, { cause });
  }
  if (!Value.Check(MANIFEST, parsed)) throw new NodeError("FILE_MALFORMED", `${path} is no manifest of this version`);
  return { manifest: parsed, digest: digestOfText(text) };
}

export function manifestText(manifest: BackupManifest): { readonly text: string; readonly digest: string } {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  return { text, digest: digestOfText(text) };
}

function digestOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** DATA_CORRUPT, with its name, for the first file that is missing, shorter, longer or other than the manifest says. */
export async function checkFiles(folder: string, { files }: BackupManifest): Promise<void> {
  for (const { name, sizeBytes, sha256 } of files) {
    const found = await hashFile(join(folder, name), sizeBytes);
    if (found === undefined) throw new NodeError("DATA_CORRUPT", `${name} of the backup is missing`);
    if (found.sizeBytes !== sizeBytes || found.sha256 !== sha256)
      throw new NodeError("DATA_CORRUPT", `${name} of the backup is not what its manifest says`);
  }
}

/** Reads no further than one byte beyond what there should be. */
async function hashFile(path: string, wantedBytes: number): Promise<Omit<BackupFile, "name"> | undefined> {
  const file = await openRegular(path);
  if (file === undefined) return undefined;
  const hash = createHash("sha256");
  let sizeBytes = 0;
  try {
    const parts: AsyncIterable<Buffer> = file.createReadStream({ end: wantedBytes });
    for await (const bytes of parts) {
      hash.update(bytes);
      sizeBytes += bytes.length;
    }
  } catch (cause) {
    throw new NodeError("IO_FAILED", `cannot read ${path}`, { cause });
  } finally {
    await file.close();
  }
  return { sizeBytes, sha256: hash.digest("hex") };
}
