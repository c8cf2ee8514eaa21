// Whatever a path leads to, reading it ends, and takes no more memory than it was given.

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBounded } from "../../src/storage/bounded-read.ts";
import { readTextIfThere } from "../../src/storage/files.ts";

const BOUNDED_READ = new URL("../../src/storage/bounded-read.ts", import.meta.url).href;
let folder = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-bounded-"));
  execFileSync("bash", ["-c", 'mkfifo "$0"', join(folder, "pipe")]);
  await mkdir(join(folder, "folder"));
  await writeFile(join(folder, "file"), "0123456789");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("a regular file", () => {
  it.each([10, 11, 1_000_000])("is read whole within %i bytes", async (maxBytes) => {
    expect(await readTextIfThere(join(folder, "file"), maxBytes)).toBe("0123456789");
  });

  it.each([0, 9])("is refused beyond %i bytes", async (maxBytes) => {
    await expect(readBounded(join(folder, "file"), maxBytes)).rejects.toMatchObject({ code: "FILE_MALFORMED" });
  });

  it("that says it is empty, as those of /proc, is read and bounded all the same", async () => {
    expect(await readTextIfThere("/proc/self/stat", 65_536)).toContain("(node");
    await expect(readBounded("/proc/self/stat", 5)).rejects.toMatchObject({ code: "FILE_MALFORMED" });
  });

  it("that is not there is undefined", async () => {
    expect(await readBounded(join(folder, "none"), 10)).toBeUndefined();
  });
});

it.each(["pipe", "folder", "/dev/zero"])("%s is refused at once", async (name) => {
  const path = name.startsWith("/") ? name : join(folder, name);
  await expect(readBounded(path, 10)).rejects.toMatchObject({
    code: "FILE_MALFORMED",
    message: `${path} is no regular file`,
  });
});

describe("what a shell hands open", () => {
  const program = `
    import { readBounded } from ${JSON.stringify(BOUNDED_READ)};
    const bytes = await readBounded(process.argv[1], 10).catch((error) => error.code);
    process.stdout.write(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString());`;
  const read = `"${process.execPath}" --input-type=module -e '${program}'`;

  it.each([
    { command: `{ sleep 0.2; printf secret; } | ${read} /dev/stdin`, gives: "secret" },
    { command: `${read} <(sleep 0.2; printf secret)`, gives: "secret" },
    { command: `${read} /dev/stdin < "$FILE"`, gives: "0123456789" },
    { command: `yes | ${read} /dev/stdin`, gives: "FILE_MALFORMED" },
    { command: `${read} /dev/stdin < /dev/zero`, gives: "FILE_MALFORMED" },
  ])("$command gives $gives", ({ command, gives }) => {
    const env = { ...process.env, FILE: join(folder, "file") };
    expect(execFileSync("bash", ["-c", command], { encoding: "utf8", env })).toBe(gives);
  });
});
