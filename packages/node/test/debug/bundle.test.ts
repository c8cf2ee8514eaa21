// The bundle of a support case: what is in it, that any tar reads it, and that no secret is (F114, C12).

import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";
import { type HomePaths, homePaths } from "../../src/config/home.ts";
import type { NodeConfig } from "../../src/config/schema.ts";
import { makeBundle } from "../../src/debug/bundle.ts";
import { processReport } from "../../src/debug/process-report.ts";
import { Secrets, secretsOf } from "../../src/debug/secrets.ts";

const CANARIES = {
  password: 'pw-"quoted"-canary',
  token: "token-canary-0123456789",
  ciphertext: "c0ffee00c0ffee00c0ffee00",
  secret: "secret-canary-line",
  environment: "environment-canary",
  peer: "203.0.113.77",
};

let folder = "";
let paths: HomePaths;
let config: NodeConfig;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-bundle-"));
  paths = homePaths(join(folder, "home"));
  for (const part of ["keys", "secrets", "safety", "data"]) await mkdir(join(paths.root, part), { recursive: true });
  await writeFile(join(folder, "password"), `${CANARIES.password}\n`);
  await writeFile(join(folder, "token"), `${CANARIES.token}\n`);
  await writeFile(
    paths.validatorKey,
    JSON.stringify({ publicKey: "aa".repeat(32), crypto: { ciphertext: CANARIES.ciphertext } }),
  );
  await writeFile(join(paths.secrets, "more"), `${CANARIES.secret}\n`);
  await writeFile(paths.safety, `0 7 ${"ab".repeat(32)} ${"0".repeat(16)}\n`);
  const everything = Object.values(CANARIES).filter((text) => text !== CANARIES.peer);
  const lines = everything.map((text) => JSON.stringify({ msg: `it says ${text}`, authorization: `Bearer ${text}` }));
  const peerLine = JSON.stringify({ msg: "peer not reachable", address: `/ip4/${CANARIES.peer}/tcp/1` });
  await writeFile(join(paths.root, "node.log"), `${lines.join("\n")}\n{"msg":"kept"}\n${peerLine}\n`);
  config = {
    ...DEFAULT_CONFIG,
    p2p: { ...DEFAULT_CONFIG.p2p, peers: [{ validator: 1, address: `/ip4/${CANARIES.peer}/tcp/1` }] },
    keys: { password_file: join(folder, "password") },
    api: { ...DEFAULT_CONFIG.api, token_file: join(folder, "token") },
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("holds what helps and none of the home's secrets, wherever they turned up", async () => {
  process.env["SELVEDGE_TOKEN"] = CANARIES.environment;
  try {
    const bytes = await makeBundle({
      paths,
      config,
      secrets: await secretsOf(paths, config),
      logFile: join(paths.root, "node.log"),
      status: async () => JSON.stringify({ note: CANARIES.token, peers: [`/ip4/${CANARIES.peer}/tcp/1/p2p/12D3Koo`] }),
      metrics: async () => `selvedge_round 7 # ${CANARIES.secret}\n`,
      report: async () => JSON.stringify(await processReport()),
      nowMs: 1_000_000,
    });
    await writeFile(join(folder, "bundle.tar.gz"), bytes);
  } finally {
    delete process.env["SELVEDGE_TOKEN"];
  }
  execFileSync("tar", ["-xzf", "bundle.tar.gz"], { cwd: folder });
  const unpacked = join(folder, "selvedge-debug");
  const names = await readdir(unpacked);
  expect(names.toSorted((left, right) => (left < right ? -1 : 1))).toEqual([
    "config.json",
    "disk.json",
    "files.json",
    "log.jsonl",
    "metrics.txt",
    "report.json",
    "safety.json",
    "status.json",
    "versions.json",
  ]);
  for (const name of names) {
    const text = await readFile(join(unpacked, name), "utf8");
    for (const canary of Object.values(CANARIES)) {
      expect(text, `${name} holds ${canary}`).not.toContain(canary);
      expect(text, `${name} holds ${canary} as JSON`).not.toContain(JSON.stringify(canary).slice(1, -1));
    }
  }
  expect(await readFile(join(unpacked, "log.jsonl"), "utf8")).toContain("kept");
  // The same address has the same name in all texts.
  const address = /"address": "(\[address \d+\])"/u.exec(await readFile(join(unpacked, "config.json"), "utf8"))?.[1];
  expect(await readFile(join(unpacked, "log.jsonl"), "utf8")).toContain(`"address":"${address}"`);
  expect(await readFile(join(unpacked, "safety.json"), "utf8")).toContain("0 7");
  expect(await readFile(join(unpacked, "metrics.txt"), "utf8")).toContain("selvedge_round 7");
});

test("the process's report has no environment and no command line", async () => {
  const report = JSON.stringify(await processReport());
  expect(report).toContain("javascriptHeap");
  expect(report).not.toContain("environmentVariables");
  expect(report).not.toContain("commandLine");
});

test("takes the longer of two secrets first, and leaves short words alone", () => {
  const secrets = new Secrets(["abcdef", "abcdef-longer", "the"]);
  expect(secrets.redact("the abcdef-longer and abcdef")).toBe("the [redacted] and [redacted]");
});
