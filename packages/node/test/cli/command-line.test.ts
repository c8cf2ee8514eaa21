// The contract of the command line: exit codes, data on stdout and everything else on stderr, nothing overwritten.

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, test } from "vitest";
import { MAIN, runSelvedge } from "./run-selvedge.ts";

let folder = "";
let network = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-cli-"));
  network = join(folder, "net");
  const made = await runSelvedge([
    "genesis",
    "new",
    "--out",
    network,
    "--validators",
    "1",
    "--devices",
    "1",
    "--hidden",
    "0",
    "--json",
  ]);
  expect(made).toMatchObject({ exitCode: 0 });
  expect(made.stderr).toContain("test network");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe("usage errors end with 2, on stderr, with a suggestion", () => {
  it.each([
    { args: ["stat"], says: "Did you mean" },
    { args: ["status", "--wach"], says: "Did you mean --watch" },
    { args: ["key", "new"], says: "--out" },
    { args: ["devnet", "--validators", "none"], says: "whole number" },
    { args: ["replay"], says: "missing required argument" },
    { args: ["replay", "/nowhere/vector.json"], says: "there is no file" },
    { args: ["device", "train", "--online", "often"], says: "--online" },
  ])("$args", async ({ args, says }) => {
    const { exitCode, stdout, stderr } = await runSelvedge(args);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
    expect(stderr).toContain(says);
    expect(stderr).toContain("(USAGE)");
  });

  it("help and version are no errors, and go to stdout", async () => {
    expect(await runSelvedge(["--help"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect((await runSelvedge(["start", "--help"])).stdout).toContain("--log-level");
    expect((await runSelvedge(["--version"])).stdout).toMatch(/^selvedge \d+\.\d+\.\d+ \(Node\.js /u);
  });
});

describe("replay", () => {
  it("prints the decided views and nothing else", async () => {
    const path = join(folder, "vector.json");
    const params = { coinPeriod: 8, coinWave: 6, firstCoinRound: 8, gcDepth: 60 };
    const blocks = [{ id: "A1", author: 0, round: 1, ancestors: ["g0"] }];
    await writeFile(
      path,
      JSON.stringify({ stakes: [1], params, leaders: [0], coins: [0], blocks, views: [{ tips: ["A1"] }] }),
    );
    const { exitCode, stdout, stderr } = await runSelvedge(["replay", path]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      views: [{ verdicts: expect.objectContaining({ P1: "undecided" }), commits: [], next: "P1" }],
    });
  });

  it.each(["{", "[]", '{"stakes":[1]}', '{"stakes":"x"}'])("refuses %s with 65", async (text) => {
    const path = join(folder, "broken.json");
    await writeFile(path, text);
    const { exitCode, stdout, stderr } = await runSelvedge(["replay", path]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 65, stdout: "" });
    expect(stderr).toContain("(FILE_MALFORMED)");
  });
});

describe("what exists is never overwritten (73)", () => {
  it("a key", async () => {
    const password = join(folder, "password");
    await writeFile(password, "correct horse\n", { mode: 0o600 });
    const out = join(folder, "device.json");
    const args = ["key", "new", "--out", out, "--password-file", password, "--kdf-profile", "edge"];
    const made = await runSelvedge(args);
    expect(made).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^[0-9a-f]{64}\n$/u) });
    const before = await readFile(out, "utf8");
    expect(await runSelvedge(args)).toMatchObject({ exitCode: 73, stdout: "" });
    expect(await readFile(out, "utf8")).toBe(before);
    expect((await runSelvedge(["key", "export-public", out])).stdout).toBe(made.stdout);
    expect((await runSelvedge(["key", "inspect", out, "--password-file", password, "--json"])).stdout).toContain(
      '"holds":["signing"]',
    );
    await writeFile(password, "wrong\n");
    expect(await runSelvedge(["key", "inspect", out, "--password-file", password])).toMatchObject({ exitCode: 77 });
    await chmod(password, 0o644);
    expect((await runSelvedge(["key", "inspect", out, "--password-file", password])).stderr).toContain(
      "(KEY_PERMISSIONS)",
    );
  });

  it("a genesis and a home", async () => {
    expect(await runSelvedge(["genesis", "new", "--out", network])).toMatchObject({ exitCode: 73 });
    const home = join(folder, "home");
    const args = ["init", "--network", join(network, "genesis.json"), "--role", "observer", "--home", home];
    const made = await runSelvedge(args);
    expect(made).toMatchObject({ exitCode: 0, stdout: `${home}\n` });
    expect(made.stderr).toContain(join(home, "config.toml"));
    const again = await runSelvedge(args);
    expect(again).toMatchObject({ exitCode: 73, stdout: "" });
    expect(again.stderr).toContain("(HOME_EXISTS)");
    expect((await runSelvedge(["status", "--home", home])).exitCode).toBe(69);
    expect((await runSelvedge(["verify", "--home", home, "--json"])).stdout).toContain('"ok":true');
  });
});

async function observerHome(name: string): Promise<string> {
  const home = join(folder, name);
  await runSelvedge(["init", "--network", join(network, "genesis.json"), "--role", "observer", "--home", home]);
  return home;
}

test.skipIf(!existsSync("/dev/full"))("what cannot be printed ends with 74, and without a stack", () => {
  const command = `"${process.execPath}" "${MAIN}" genesis show "${join(network, "genesis.json")}" > /dev/full`;
  const { status, stderr } = spawnSync("bash", ["-c", command], { encoding: "utf8" });
  expect(status).toBe(74);
  expect(stderr).toMatch(/^error: ENOSPC: .* \(IO_FAILED\)\n$/u);
});

describe("a node that cannot start says why", () => {
  it("without a home: 78", async () => {
    const { exitCode, stderr } = await runSelvedge(["start", "--home", join(folder, "nowhere")]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("selvedge init");
  });

  it("with an unknown key in its configuration: 78 and the nearest one", async () => {
    const home = await observerHome("mistyped");
    await writeFile(join(home, "config.toml"), "[api]\nprot = 1\n");
    const { exitCode, stderr } = await runSelvedge(["start", "--home", home]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("did you mean api.port?");
  });

  it("with a peer that the first committee does not have: 78 and whom it has", async () => {
    const home = await observerHome("peers");
    await writeFile(join(home, "config.toml"), '[[p2p.peers]]\nvalidator = 99\naddress = "/ip4/127.0.0.1/tcp/1"\n');
    const { exitCode, stderr } = await runSelvedge(["start", "--home", home]);
    expect(exitCode).toBe(78);
    expect(stderr).toMatch(/p2p\.peers names validator 99, but the first committee has validators 0 to \d/u);
  });

  it("with a word that is no choice: 78 and the choices", async () => {
    const home = await observerHome("loud");
    const { exitCode, stderr } = await runSelvedge(["start", "--home", home, "--log-level", "loud"]);
    expect(exitCode).toBe(78);
    expect(stderr).toContain("log.level is one of trace, debug, info, warn, error, silent");
  });

  it("with a port for peers that is taken: 69, the address, and no stack", async () => {
    const home = await observerHome("taken");
    const other = createServer();
    const port = await new Promise<number>((resolve) => {
      other.listen(0, "127.0.0.1", () => {
        const address = other.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      });
    });
    const listen = `/ip4/127.0.0.1/tcp/${port}`;
    const { exitCode, stderr } = await runSelvedge(["start", "--home", home, "--api-port", "0", "--listen", listen]);
    other.close();
    expect(exitCode).toBe(69);
    expect(stderr).toMatch(new RegExp(`error: ${listen}: .*EADDRINUSE.* \\(LISTEN_FAILED\\)\n$`, "u"));
    expect(stderr).not.toContain("    at ");
  });

  it("with a role's key missing: 2", async () => {
    const args = [
      "init",
      "--network",
      join(network, "genesis.json"),
      "--role",
      "validator",
      "--home",
      join(folder, "keyless"),
    ];
    expect(await runSelvedge(args)).toMatchObject({ exitCode: 2 });
  });
});

describe("genesis show", () => {
  it("prints what was dealt", async () => {
    const { stdout } = await runSelvedge(["genesis", "show", join(network, "genesis.json"), "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      coin: "dealer",
      validators: [{ name: "validator-0" }],
      devices: [{ name: "device-0" }],
      models: [{ id: "digits" }],
    });
  });
});
