// Real processes, sockets and files: a copy of a validator's home that is started beside the original stops before it has
// signed anything, and says why (F65); a home that lost its safety record is refused, and recovers when told to (F22).

import { cp, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mustExist } from "@selvedge/integrity";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Devnet, type DevnetNode, startDevnet } from "../../src/devnet/devnet.ts";
import { runSelvedge } from "../cli/run-selvedge.ts";

const WAIT_MS = 45_000;
const POLL_MS = 100;

let folder = "";
let devnet: Devnet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "selvedge-second-home-"));
  devnet = await startDevnet({
    home: join(folder, "net"),
    plan: { name: "test", validators: 4, devices: 0, models: [], createdMs: 1 },
    consensus: { round_delay_min_ms: 20, idle_round_delay_ms: 100 },
  });
});

afterAll(async () => {
  await devnet?.stop();
  await rm(folder, { recursive: true, force: true });
});

function last(): DevnetNode {
  return mustExist(devnet.nodes[3], "four nodes");
}

interface Signing {
  readonly round: number;
  readonly standing: string;
  readonly hasForgotten: boolean;
}

async function signingOf({ apiUrl }: DevnetNode): Promise<Signing> {
  const status: unknown = await (await fetch(`${apiUrl}/v1/status`)).json();
  const engine = Object(Object(status).engine);
  return { round: Number(engine.round), ...Object(engine.signing) };
}

async function untilSigning(node: DevnetNode, roundMin: number): Promise<Signing> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const signing = await signingOf(node);
    if (signing.standing === "signing" && signing.round >= roundMin) return signing;
    if (performance.now() > deadline) throw new Error(`waited for round ${roundMin}: ${JSON.stringify(signing)}`);
    await delay(POLL_MS);
  }
}

test(
  "a copy that is started beside its original stops with exit 65, having signed nothing",
  { timeout: 120_000 },
  async () => {
    await untilSigning(last(), 20);
    await last().stop();
    const copy = join(folder, "copy");
    await cp(last().home, copy, { recursive: true });
    const safetyLog = join(copy, "safety", "safety.log");
    const before = await readFile(safetyLog, "utf8");
    await last().restart();
    const { round } = await untilSigning(last(), 1);
    await untilSigning(last(), round + 5);
    const listen = ["--listen", "/ip4/127.0.0.1/tcp/0", "--api-port", "0"];
    const { exitCode, stderr } = await runSelvedge(["start", "--home", copy, "--log-level", "info", ...listen]);
    expect({ exitCode, tail: stderr.slice(-2000) }).toMatchObject({ exitCode: 65 });
    expect(stderr).toMatch(/another node signs with this validator's key: it made block [0-9a-f]{64} of round \d+/u);
    expect(await readFile(safetyLog, "utf8")).toBe(before);
    const goesOn = await untilSigning(last(), (await signingOf(last())).round + 5);
    expect(goesOn.hasForgotten).toBe(false);
  },
);

test("without its safety record it is refused, and recovers once it is told to", { timeout: 120_000 }, async () => {
  const { round } = await untilSigning(last(), 1);
  await last().stop();
  await rm(join(last().home, "safety", "safety.log"));
  const refused = await runSelvedge(["start", "--home", last().home, "--api-port", "0"]);
  expect(refused.exitCode).toBe(65);
  expect(refused.stderr).toContain("selvedge safety recover");
  expect((await runSelvedge(["safety", "recover", "--start-anew", "--home", last().home])).exitCode).toBe(0);
  await last().restart();
  expect((await untilSigning(last(), round + 5)).hasForgotten).toBe(true);
});
