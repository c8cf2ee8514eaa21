// The commands that change the committee, against running nodes: each operator signs with the key of their own home.

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { hexFromBytes, mustExist, portableCrypto } from "@selvedge/integrity";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiServer, createApiServer } from "../../src/api/server.ts";
import { approveProposal, joinValidator, listValidators, rotateKey } from "../../src/cli/actions/validator.ts";
import type { Output } from "../../src/cli/output.ts";
import { DEFAULT_CONFIG } from "../../src/config/defaults.ts";
import { homePaths } from "../../src/config/home.ts";
import { configText } from "../../src/daemon/config-text.ts";
import { isThere } from "../../src/daemon/home.ts";
import { writeKeyFile } from "../../src/keys/keystore.ts";
import { SILENT_LOGGER } from "../../src/network/logger.ts";
import { EpochNetwork } from "./epoch-network.ts";
import { allIn } from "./until.ts";

const PASSWORD = "password";
let net: EpochNetwork;
let root: string;
let servers: ApiServer[];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "selvedge-commands-"));
  servers = [];
});

afterEach(async () => {
  for (const server of servers) await server.close();
  await net.stopAll();
  await rm(root, { recursive: true });
});

/** A home as `init` leaves it, as far as the commands read it, and the interface of its node. */
async function operatorOf(index: number): Promise<{ readonly home: string; readonly api: string }> {
  const home = join(root, `v${index}`);
  const paths = homePaths(home);
  await mkdir(dirname(paths.validatorKey), { recursive: true });
  const passwordFile = join(home, "password");
  await writeFile(passwordFile, `${PASSWORD}\n`, { mode: 0o600 });
  await writeFile(paths.genesis, net.network.bundle.text);
  await writeFile(
    paths.config,
    configText({ ...DEFAULT_CONFIG, role: "validator", keys: { password_file: passwordFile } }),
  );
  const { publicKey, secrets } = mustExist(net.network.validators[index], "a validator of the plan");
  const info = { kind: "validator", publicKey } as const;
  await writeKeyFile({ path: paths.validatorKey, info, secrets, password: PASSWORD, profile: "edge" });
  const server = await createApiServer({
    services: net.at(index).services,
    metrics: { text: async () => "" },
    host: "127.0.0.1",
    port: 0,
    token: null,
    logger: SILENT_LOGGER,
    crypto: portableCrypto,
  });
  servers.push(server);
  return { home, api: server.url };
}

function recorder(): { readonly output: Output; readonly text: () => string; readonly notes: readonly string[] } {
  let text = "";
  const notes: string[] = [];
  const data = async (more: string): Promise<void> => {
    text += more;
  };
  const note = (line: string): void => void notes.push(line);
  return { output: { data, note, isTerminal: false, hasColour: false }, text: () => text, notes };
}

test("a member proposes, the list says who is missing, the others approve, and the newcomer is a member", async () => {
  net = new EpochNetwork(4, 1);
  for (const node of [0, 1, 2, 3, 4]) await net.start(node);
  const { output, text, notes } = recorder();
  const first = await operatorOf(0);
  const { publicKey, encryptionKey } = net.publicsOf(4);
  const keys = { publicKey: hexFromBytes(publicKey), encryptionKey: hexFromBytes(encryptionKey) };
  expect(await joinValidator({ ...first, name: "newcomer", stake: 1, ...keys }, output)).toBe(0);
  // What is waited for is said, since it may take long.
  expect(notes).toEqual(["waiting for the commit …"]);
  expect(text()).toContain("missing   stake 2 of validator-1, validator-2, validator-3");
  // Whoever approves sees what is approved.
  expect(text()).toContain(`public key      ${keys.publicKey}\n`);
  expect(text()).toContain(`encryption key  ${keys.encryptionKey}\n`);
  const proposal = mustExist(/proposal ([0-9a-f]{64})/u.exec(text())?.[1], "the proposal is named");
  // Its proposer has approved it already: to say so again changes nothing.
  expect(await approveProposal({ ...first, argument: proposal }, output)).toBe(0);
  await expect(approveProposal({ ...first, argument: "0".repeat(64) }, output)).rejects.toMatchObject({
    code: "USAGE",
  });
  for (const index of [1, 2])
    expect(await approveProposal({ ...(await operatorOf(index)), argument: proposal }, output)).toBe(0);
  await allIn(net, 1, [0, 1, 2, 3, 4]);
  expect(await listValidators(first, output)).toBe(0);
  expect(text()).toContain("newcomer");

  // Our key under the name of another would give us their vote.
  await expect(rotateKey({ ...first, name: "validator-2", kdfProfile: "edge" }, output)).rejects.toMatchObject({
    code: "USAGE",
    message: expect.stringContaining("the validator of this home is validator-0"),
  });
  expect(await isThere(homePaths(first.home).nextValidatorKey)).toBe(false);

  // The first rotation makes the key's file, a second try proposes the same key.
  const before = text().length;
  expect(await rotateKey({ ...first, name: "validator-0", kdfProfile: "edge" }, output)).toBe(0);
  expect(text().slice(before)).toContain("rotateKey validator-0");
}, 200_000);
