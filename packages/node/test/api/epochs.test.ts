// The committee over HTTP, and the commands that show it to people.

import { afterEach, expect, test } from "vitest";
import { listEpochs, showEpoch } from "../../src/cli/actions/epoch.ts";
import { listValidators } from "../../src/cli/actions/validator.ts";
import type { Output } from "../../src/cli/output.ts";
import { type ApiFixture, openApi } from "./api-fixture.ts";

let api: ApiFixture;
afterEach(async () => api.server.close());

function recorder(): { readonly output: Output; readonly text: () => string } {
  let text = "";
  const data = async (more: string): Promise<void> => {
    text += more;
  };
  return { output: { data, note: () => undefined, isTerminal: false, hasColour: false }, text: () => text };
}

test("the first epoch is the genesis', without a record, and later ones are unknown", async () => {
  api = await openApi();
  const present: unknown = await (await api.get("/v1/epochs")).json();
  expect(present).toMatchObject({ epoch: 0, quorumStake: 3, change: null, open: [], approved: null, coin: "none" });
  expect(await (await api.get("/v1/epochs/0")).json()).toMatchObject({ epoch: 0, record: null });
  expect((await api.get("/v1/epochs/1")).status).toBe(404);
  expect((await api.get("/v1/epochs/first")).status).toBe(400);
});

test("the commands show members and epochs", async () => {
  api = await openApi();
  const { output, text } = recorder();
  const options = { api: api.server.url };
  expect(await listValidators(options, output)).toBe(0);
  expect(await listEpochs(options, output)).toBe(0);
  expect(await showEpoch({ ...options, argument: "0" }, output)).toBe(0);
  expect(await showEpoch({ ...options, argument: "" }, output)).toBe(0);
  expect(text()).toContain("validator-3");
  expect(text()).toContain("follows  the genesis");
  await expect(showEpoch({ ...options, argument: "x" }, output)).rejects.toMatchObject({ code: "USAGE" });
  await expect(showEpoch({ ...options, argument: "7" }, output)).rejects.toMatchObject({ code: "API_ERROR" });
});
