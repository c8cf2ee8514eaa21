// Bits flipped in every kind of file of a home, and the home opened as a start would: nothing else is ever believed without
// a word. The full campaign is a command of the fault harness; this is a sample that every change runs.

import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { epoch, round, zeroDigest } from "@selvedge/integrity";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeRunFile } from "../../src/cli/run-file.ts";
import { homePaths } from "../../src/config/home.ts";
import { openStore } from "../../src/daemon/home.ts";
import { type NodePlace, nodeConfig, openDevnetFolder, prepareNodeHome } from "../../src/devnet/devnet-home.ts";
import { digitNetworkModel } from "../../src/devnet/digit-network.ts";
import { SafetyFile } from "../../src/storage/safety-file.ts";
import { type FlipTrial, runBitFlips } from "../../src/testing/bit-flips.ts";

const TRIALS = 45;
let root = "";
let home = "";

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "selvedge-flips-test-"));
  const folder = await openDevnetFolder(join(root, "net"), {
    name: "flips",
    validators: 4,
    devices: 1,
    models: [digitNetworkModel({ hidden: 0, seed: "1" })],
    createdMs: 1,
  });
  home = join(root, "net", "v0");
  const place: NodePlace = { name: "v0", role: "validator", index: 0, home, p2pPort: 9750, apiPort: 9751 };
  await prepareNodeHome(folder, place, nodeConfig(folder, [place], { ...place, tuning: {} }));
  const paths = homePaths(home);
  // A table and a log of both bulk and what only this node knows.
  for (const space of ["blocks", "commits", "meta", "state"] as const) {
    const store = await openStore(paths, folder.bundle.genesis);
    for (let at = 0; at < 60; at += 1)
      await store.batch([{ type: "put", space, key: `record-${at}`, value: new Uint8Array(400).fill(at) }], {
        sync: false,
      });
    await store.close();
  }
  const safety = await SafetyFile.open(paths.safety, { create: false });
  for (let at = 1; at <= 20; at += 1) await safety.append({ epoch: epoch(0), round: round(at), digest: zeroDigest() });
  await safety.close();
  await writeRunFile(home, { url: "http://127.0.0.1:9751", tokenFile: "", pid: 1 });
  await appendFile(join(home, "node.log"), "what was said\n");
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe("one flipped bit in a home", () => {
  it("is refused, put right, cut out, said or harmless, and never silent", async () => {
    const trials: FlipTrial[] = [];
    const kinds = [
      "CURRENT",
      "FORMAT",
      "LevelDB's notes",
      "MANIFEST",
      "batch mark",
      "config.toml",
      "initial weights",
      "last configuration",
      "lock folder",
      "network.json",
      "other",
      "run file",
      "safety file",
      "table",
      "write-ahead log",
    ];
    const report = await runBitFlips({ home, trials: TRIALS, seed: 1, kinds, onTrial: (trial) => trials.push(trial) });
    expect(report.silent).toEqual([]);
    expect([...report.kinds.keys()]).toEqual(kinds);
    const outcomes = (kind: string): string[] => [
      ...new Set(trials.filter((trial) => trial.kind === kind).map(({ outcome }) => outcome)),
    ];
    for (const kind of ["table", "write-ahead log", "MANIFEST", "CURRENT"])
      expect(outcomes(kind), kind).toEqual(["mended"]);
    for (const kind of ["FORMAT", "safety file", "initial weights"]) expect(outcomes(kind), kind).toEqual(["refused"]);
    for (const kind of ["lock folder", "LevelDB's notes", "other"]) expect(outcomes(kind), kind).toEqual(["harmless"]);
  });
});
