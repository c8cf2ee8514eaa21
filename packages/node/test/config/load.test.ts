// Precedence of configuration, and that nothing mistyped is ignored.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";
import { resolveHome } from "../../src/config/home.ts";
import { loadConfig } from "../../src/config/load.ts";
import { configText } from "../../src/daemon/config-text.ts";

let folder = "";
let file = "";

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-config-"));
  file = join(folder, "config.toml");
});

afterAll(() => rm(folder, { recursive: true, force: true }));

const load = async (
  text: string,
  more: { environment?: Record<string, string>; flags?: Record<string, string> } = {},
): ReturnType<typeof loadConfig> => {
  await writeFile(file, text);
  return loadConfig({ file, environment: more.environment ?? {}, flags: more.flags ?? {} });
};

describe("precedence", () => {
  it("without a file everything has its default", async () => {
    expect(await loadConfig({ file: join(folder, "none"), environment: {}, flags: {} })).toEqual(DEFAULT_CONFIG);
  });

  it("flag over environment over file over default", async () => {
    const text = '[api]\nport = 1\n[log]\nlevel = "warn"\n[consensus]\nleader_timeout_ms = 7\n';
    const environment = { SELVEDGE_API_PORT: "2", SELVEDGE_LOG_LEVEL: "debug", SELVEDGE_HOME: "/somewhere" };
    const config = await load(text, { environment, flags: { "api.port": "3" } });
    expect([config.api.port, config.log.level, config.consensus.leader_timeout_ms, config.api.host]).toEqual([
      3,
      "debug",
      7,
      "127.0.0.1",
    ]);
  });

  it("lists are JSON in flags and variables", async () => {
    const config = await load("", { flags: { "p2p.listen": '["/ip4/127.0.0.1/tcp/1"]' } });
    expect(config.p2p.listen).toEqual(["/ip4/127.0.0.1/tcp/1"]);
  });
});

describe("nothing mistyped is ignored", () => {
  it.each([
    { text: "[api]\nprot = 1\n", more: {}, says: "did you mean api.port?" },
    { text: 'rolle = "observer"\n', more: {}, says: "did you mean role?" },
    { text: "", more: { environment: { SELVEDGE_API_PROT: "1" } }, says: "did you mean SELVEDGE_API_PORT?" },
    { text: "", more: { flags: { "api.prot": "1" } }, says: "unknown key api.prot" },
    { text: "[api]\nport = 70000\n", more: {}, says: "config.toml: api.port" },
    { text: "", more: { environment: { SELVEDGE_API_PORT: "70000" } }, says: "SELVEDGE_API_PORT: api.port" },
    { text: "[api]\nport = 1\n", more: { flags: { "api.port": "70000" } }, says: "--api.port: api.port" },
    { text: '[p2p]\nlisten = ["junk"]\n', more: {}, says: "p2p.listen.0 is no address such as" },
    { text: '[[p2p.peers]]\naddress = "/foo/bar"\n', more: {}, says: "p2p.peers.0.address is no address such as" },
    { text: '[p2p]\nlisten = ["/ip4/999.2.3.4/tcp/1"]\n', more: {}, says: "p2p.listen.0 names 999.2.3.4, which is no" },
    { text: '[[p2p.peers]]\naddress = "/ip6/fe80:::1/tcp/1"\n', more: {}, says: "which is no IPv6 address" },
    {
      text: "",
      more: { flags: { "p2p.listen": '["/ip4/1.2.3.4/tcp/65536"]' } },
      says: "--p2p.listen: p2p.listen.0 names port 65536, above 65535",
    },
    { text: '[[p2p.peers]]\naddress = "/ip4/1.2.3.4/udp/1"\n', more: {}, says: "p2p.peers.0.address is no address" },
    { text: "", more: { flags: { "api.port": "many" } }, says: "whole number" },
    { text: 'role = "boss"\n', more: {}, says: "role" },
    { text: "[[[", more: {}, says: "not valid TOML" },
    { text: "", more: { flags: { "p2p.listen": "/ip4" } }, says: "JSON list" },
  ])("$says", async ({ text, more, says }) => {
    await expect(load(text, more)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      exitCode: 78,
      message: expect.stringContaining(says),
    });
  });
});

describe("the text that init writes", () => {
  it("loads to the configuration that it was made from", async () => {
    const config = {
      ...DEFAULT_CONFIG,
      role: "validator" as const,
      p2p: {
        ...DEFAULT_CONFIG.p2p,
        peers: [{ validator: 2, address: "/ip4/10.0.0.1/tcp/9750" }, { address: "/dns4/x/tcp/1" }],
      },
      keys: { password_file: '/run/secrets/a "quoted" name' },
    };
    expect(await load(configText(config))).toEqual(config);
  });

  it("has every default as a comment", async () => {
    const text = configText(DEFAULT_CONFIG);
    expect(text).toContain("# leader_timeout_ms = 250");
    expect(await load(text)).toEqual(DEFAULT_CONFIG);
    expect(text.split("\n").filter((line) => line !== "" && !line.startsWith("#") && !line.startsWith("["))).toEqual(
      [],
    );
  });
});

describe("the home folder", () => {
  it("is the flag's, then SELVEDGE_HOME, then systemd's, then XDG's", () => {
    const all = { SELVEDGE_HOME: "/b", STATE_DIRECTORY: "/c", XDG_DATA_HOME: "/d" };
    expect(resolveHome("/a", all)).toBe("/a");
    expect(resolveHome(undefined, all)).toBe("/b");
    expect(resolveHome(undefined, { ...all, SELVEDGE_HOME: "" })).toBe("/c");
    expect(resolveHome(undefined, { XDG_DATA_HOME: "/d" })).toBe("/d/selvedge");
    expect(resolveHome("sub", { INIT_CWD: "/where/the/user/stood" })).toBe("/where/the/user/stood/sub");
  });
});
