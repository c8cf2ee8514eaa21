// Key files: what goes in comes out, and only with the password, only unaltered, only from a file that others cannot read.

import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { freshKey } from "../../src/keys/fresh-key.ts";
import { inspectKeyFile, openKeyFile, readPasswordFile, writeKeyFile } from "../../src/keys/keystore.ts";

let folder = "";
const fresh = freshKey("validator");
const info = { kind: "validator" as const, publicKey: fresh.publicKey };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-keys-"));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function written(name: string): Promise<string> {
  const path = join(folder, name);
  await writeKeyFile({ path, info, secrets: fresh.secrets, password: "pass", profile: "edge" });
  return path;
}

async function rewritten(name: string, change: (text: string) => string): Promise<string> {
  const path = await written(name);
  await writeFile(path, change(await readFile(path, "utf8")));
  return path;
}

describe("a key file", () => {
  it("opens to the secrets that it was made from, and says its public key unopened", async () => {
    const path = await written("good.json");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await inspectKeyFile(path)).toEqual(info);
    expect(await openKeyFile(path, "pass")).toEqual({ ...info, secrets: fresh.secrets });
    expect(await readFile(path, "utf8")).not.toContain(fresh.secrets.signing);
  });

  it("does not open with another password", async () => {
    await expect(openKeyFile(await written("a.json"), "Pass")).rejects.toMatchObject({
      code: "KEY_PASSWORD_WRONG",
      exitCode: 77,
    });
  });

  it("does not open once its kind or public key was changed: both are authenticated", async () => {
    const kind = await rewritten("b.json", (text) => text.replace('"validator"', '"device"'));
    await expect(openKeyFile(kind, "pass")).rejects.toMatchObject({ code: "KEY_PASSWORD_WRONG" });
    const other = await rewritten("c.json", (text) => text.replace(fresh.publicKey, freshKey("device").publicKey));
    await expect(openKeyFile(other, "pass")).rejects.toMatchObject({ code: "KEY_PASSWORD_WRONG" });
  });

  it("is refused before anything is allocated if it asks for a costlier derivation than any of ours", async () => {
    const path = await rewritten("d.json", (text) => text.replace('"n": 32768', '"n": 1073741824'));
    await expect(openKeyFile(path, "pass")).rejects.toMatchObject({ code: "KEY_MALFORMED", exitCode: 65 });
  });

  it.each(["32767", "2"])("is malformed, no failure of ours, if it asks for the cost %s", async (n) => {
    const path = await rewritten(`n${n}.json`, (text) => text.replace('"n": 32768', `"n": ${n}`));
    await expect(openKeyFile(path, "pass")).rejects.toMatchObject({ code: "KEY_MALFORMED" });
  });

  it("is refused if others can read it", async () => {
    const path = await written("e.json");
    await chmod(path, 0o640);
    await expect(openKeyFile(path, "pass")).rejects.toMatchObject({ code: "KEY_PERMISSIONS", exitCode: 77 });
  });

  it.each(["", "{}", "not json", '{"format":"selvedge-key/2"}'])("that is %j is malformed", async (text) => {
    const path = join(folder, "f.json");
    await writeFile(path, text, { mode: 0o600 });
    await expect(openKeyFile(path, "pass")).rejects.toMatchObject({ code: "KEY_MALFORMED" });
  });
});

describe("a file that is named and not there", () => {
  it("is a matter of configuration, not of damage", async () => {
    const missing = { code: "KEY_MISSING", exitCode: 78 };
    await expect(openKeyFile(join(folder, "none"), "pass")).rejects.toMatchObject(missing);
    await expect(readPasswordFile(join(folder, "none"))).rejects.toMatchObject(missing);
    await expect(readPasswordFile("")).rejects.toMatchObject({
      ...missing,
      message: expect.stringContaining("keys.password_file"),
    });
  });
});

describe("a password file", () => {
  it("is its first line, and may not be empty or readable by others", async () => {
    const path = join(folder, "password");
    await writeFile(path, "one\r\ntwo\n", { mode: 0o600 });
    expect(await readPasswordFile(path)).toBe("one");
    await chmod(path, 0o604);
    await expect(readPasswordFile(path)).rejects.toMatchObject({ code: "KEY_PERMISSIONS" });
    await writeFile(join(folder, "empty"), "\n", { mode: 0o600 });
    await expect(readPasswordFile(join(folder, "empty"))).rejects.toMatchObject({ code: "KEY_MALFORMED" });
  });
});
