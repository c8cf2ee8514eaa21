// A device's home has no node of its own: commands that read ask the gateways of its configuration, in their order.

import { mkdtemp, rm } from "node:fs/promises";
import { type Server, createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runSelvedge } from "./run-selvedge.ts";

const MODEL_UNKNOWN = JSON.stringify({ code: "MODEL_UNKNOWN", detail: "there is no such model" });
const DEAD_GATEWAY = "http://127.0.0.1:1";

let folder = "";
let asked: string[] = [];
let gateway: Server;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-device-home-"));
  gateway = createServer((request, response) => {
    asked.push(request.url ?? "");
    const isList = request.url === "/v1/models";
    response.writeHead(isList ? 200 : 404, { "content-type": "application/json" });
    response.end(isList ? '{"models":[]}' : MODEL_UNKNOWN);
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  const network = join(folder, "net");
  const dealt = ["genesis", "new", "--out", network, "--validators", "1", "--devices", "1", "--hidden", "0"];
  expect(await runSelvedge(dealt)).toMatchObject({ exitCode: 0 });
  await initDevice("listed", ["--gateway", DEAD_GATEWAY, "--gateway", gatewayUrl()]);
  await initDevice("unlisted", []);
});

afterAll(async () => {
  gateway.close();
  await rm(folder, { recursive: true, force: true });
});

async function initDevice(name: string, gateways: readonly string[]): Promise<void> {
  const keys = join(folder, "net", "keys");
  const key = ["--key", join(keys, "device-0.json"), "--password-file", join(keys, "password")];
  const network = ["--network", join(folder, "net", "genesis.json"), "--role", "device"];
  const made = await runSelvedge(["init", ...network, ...key, ...gateways, "--home", join(folder, name)]);
  expect(made).toMatchObject({ exitCode: 0 });
}

function gatewayUrl(): string {
  const address = gateway.address();
  if (address === null || typeof address === "string") throw new Error("the gateway has no port");
  return `http://127.0.0.1:${address.port}`;
}

describe("model, from a device's home", () => {
  it("list asks the next gateway when the first is down", async () => {
    asked = [];
    const listed = await runSelvedge(["model", "list", "--home", join(folder, "listed"), "--json"]);
    expect(listed).toMatchObject({ exitCode: 0, stdout: '{"models":[]}\n' });
    expect(asked).toEqual(["/v1/models"]);
  });

  it("show does not turn from a gateway that refuses", async () => {
    asked = [];
    const { exitCode, stderr } = await runSelvedge(["model", "show", "nope", "--home", join(folder, "listed")]);
    expect(exitCode).toBe(1);
    expect(stderr).toContain("[MODEL_UNKNOWN]");
    expect(asked).toEqual(["/v1/models/nope"]);
  });

  it("pull asks the gateways too", async () => {
    asked = [];
    const out = join(folder, "weights.safetensors");
    const args = ["model", "pull", "digits", "--home", join(folder, "listed"), "--out", out];
    const { stderr } = await runSelvedge(args);
    expect(stderr).not.toContain("no node runs");
    expect(asked.some((path) => path.startsWith("/v1/"))).toBe(true);
  });

  it("without gateways: 2, and says what is missing", async () => {
    const { exitCode, stderr } = await runSelvedge(["model", "list", "--home", join(folder, "unlisted")]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain("device.gateways");
  });
});
