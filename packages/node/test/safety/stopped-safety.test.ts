// `selvedge safety`: the record of what was signed moves between homes, upwards only, and never to a stranger.

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SafetyRecord } from "@selvedge/consensus";
import { type ChainId, type Digest, chainIdOf, digestFromHex, epoch, round } from "@selvedge/integrity";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";
import { homePaths } from "../../src/config/home.ts";
import { sha256 } from "../../src/crypto.ts";
import { openStore } from "../../src/daemon/home.ts";
import { type DevnetFolder, openDevnetFolder, prepareNodeHome } from "../../src/devnet/devnet-home.ts";
import { inspectKeyFile } from "../../src/keys/keystore.ts";
import { portableFromText, portableText } from "../../src/safety/portable-record.ts";
import { UNKNOWN_DIGEST } from "../../src/safety/safety-check.ts";
import { importSafety, readStoppedSafety, recoverSafety } from "../../src/safety/stopped-safety.ts";
import { SafetyFile } from "../../src/storage/safety-file.ts";
import { runSelvedge } from "../cli/run-selvedge.ts";

const digestOf = (byte: string): Digest => digestFromHex<Digest>(byte.repeat(32));
const recordAt = (at: number, inEpoch = 0, byte = "ab"): SafetyRecord => ({
  epoch: epoch(inEpoch),
  round: round(at),
  digest: digestOf(byte),
});

let root = "";
let net: DevnetFolder;
let home = "";
let homes = 0;
let chainId: ChainId;
let publicKey = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "selvedge-safety-"));
  net = await openDevnetFolder(join(root, "net"), {
    name: "test",
    validators: 1,
    devices: 0,
    models: [],
    createdMs: 1,
  });
  chainId = chainIdOf(net.bundle.genesis, sha256);
});
afterAll(() => rm(root, { recursive: true, force: true }));

beforeEach(async () => {
  homes += 1;
  home = join(root, `home-${homes}`);
  const place = { name: "v0", role: "validator", index: 0, home, p2pPort: 1, apiPort: 1 } as const;
  await prepareNodeHome(net, place, { ...DEFAULT_CONFIG, role: "validator" });
  ({ publicKey } = await inspectKeyFile(homePaths(home).validatorKey));
});

async function sign(...records: readonly SafetyRecord[]): Promise<void> {
  const file = await SafetyFile.open(homePaths(home).safety, { create: false });
  for (const record of records) await file.append(record);
  await file.close();
}

const importing = (...records: readonly SafetyRecord[]): ReturnType<typeof importSafety> =>
  importSafety(home, { chainId, records: records.map((last) => ({ publicKey, last })) });

describe("an import", () => {
  it("takes the maximum and never lowers", async () => {
    await sign(recordAt(5), recordAt(20));
    expect(await importing(recordAt(12))).toMatchObject({ isRaised: false, last: recordAt(20) });
    expect(await importing(recordAt(20))).toMatchObject({ isRaised: false });
    expect(await importing(recordAt(12), recordAt(31), recordAt(30))).toMatchObject({ isRaised: true });
    expect(await importing(recordAt(3, 1))).toMatchObject({ isRaised: true });
    expect(await importing(recordAt(100, 0))).toMatchObject({ isRaised: false });
    expect((await readStoppedSafety(home)).last).toEqual(recordAt(3, 1));
  });

  it("makes a file that is missing, but never puts one in the place of a damaged one", async () => {
    const { safety } = homePaths(home);
    await rm(safety);
    await expect(readStoppedSafety(home)).rejects.toMatchObject({ code: "DATA_CORRUPT", exitCode: 65 });
    expect(await importing(recordAt(12))).toMatchObject({ isRaised: true });
    await writeFile(safety, "0 99 what\n");
    await expect(importing(recordAt(12))).rejects.toMatchObject({ code: "DATA_CORRUPT" });
    expect(await readFile(safety, "utf8")).toBe("0 99 what\n");
  });

  it("refuses another chain's record and another key's (exit 76)", async () => {
    const other = { chainId: digestFromHex<ChainId>("cd".repeat(32)), records: [{ publicKey, last: recordAt(5) }] };
    await expect(importSafety(home, other)).rejects.toMatchObject({ code: "WRONG_CHAIN", exitCode: 76 });
    const stranger = { chainId, records: [{ publicKey: "ef".repeat(32), last: recordAt(5) }] };
    await expect(importSafety(home, stranger)).rejects.toMatchObject({ code: "WRONG_CHAIN", exitCode: 76 });
    expect((await readStoppedSafety(home)).last).toBeNull();
  });

  it("names a round that was signed twice", async () => {
    await sign(recordAt(20));
    await expect(importing(recordAt(20, 0, "cd"))).rejects.toMatchObject({ code: "DATA_CORRUPT" });
  });

  it("refuses what is no export", () => {
    const text = portableText({ chainId, records: [{ publicKey, last: recordAt(5) }] });
    expect(portableFromText(text, "f")).toEqual({ chainId, records: [{ publicKey, last: recordAt(5) }] });
    const broken = [
      "",
      "{}",
      "[]",
      text.replace("safety/1", "safety/2"),
      text.replace(": 5", ": -5"),
      text.replace(": 5", ": 1e300"),
    ];
    for (const each of [...broken, text.replace(/"digest": "ab/u, '"digest": "xy')])
      expect(() => portableFromText(each, "f")).toThrow(expect.objectContaining({ code: "FILE_MALFORMED" }));
  });
});

describe("recover", () => {
  it("starts a missing file with a record that says that nothing is known", async () => {
    await rm(homePaths(home).safety);
    expect((await recoverSafety(home)).last).toEqual({ epoch: 0, round: 1, digest: UNKNOWN_DIGEST });
  });

  it("adds to a file that holds, and keeps one that does not beside it", async () => {
    await sign(recordAt(20));
    expect((await recoverSafety(home)).last).toEqual({ epoch: 0, round: 21, digest: UNKNOWN_DIGEST });
    const { safety } = homePaths(home);
    await writeFile(safety, "0 99 what\n");
    const { keptAt } = await recoverSafety(home);
    expect(await readFile(keptAt ?? "", "utf8")).toBe("0 99 what\n");
    expect((await readStoppedSafety(home)).last?.digest).toBe(UNKNOWN_DIGEST);
    // An import raises it and makes nothing known.
    expect((await importing(recordAt(40))).last).toEqual({ epoch: 0, round: 40, digest: UNKNOWN_DIGEST });
  });
});

it("works on stopped nodes only (exit 75)", async () => {
  const store = await openStore(homePaths(home), net.bundle.genesis);
  try {
    for (const work of [() => readStoppedSafety(home), () => importing(recordAt(5)), () => recoverSafety(home)])
      await expect(work()).rejects.toMatchObject({ code: "HOME_IN_USE", exitCode: 75 });
  } finally {
    await store.close();
  }
});

it("moves from the command line: export, show, import", async () => {
  await sign(recordAt(20));
  const file = join(root, "export.json");
  const exported = await runSelvedge(["safety", "export", file, "--home", home]);
  expect(exported).toMatchObject({ exitCode: 0, stderr: "" });
  await rm(homePaths(home).safety);
  const missing = await runSelvedge(["safety", "show", "--home", home]);
  expect(missing.exitCode).toBe(65);
  expect(missing.stderr).toContain("selvedge safety recover");
  expect((await runSelvedge(["safety", "import", file, "--home", home])).exitCode).toBe(0);
  expect(await readStoppedSafety(home)).toEqual({ chainId, publicKey, last: recordAt(20) });
});
