// The admin socket: for the owner of the home alone, and a few paths.

import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MemoryStore } from "@selvedge/integrity";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { askAdmin, readAdminJson } from "../../src/admin/admin-client.ts";
import { type AdminServer, adminSocketPath, openAdminServer } from "../../src/admin/admin-server.ts";
import { readFrames } from "../../src/backup/frames.ts";
import { sha256 } from "../../src/crypto.ts";

let home = "";
let server: AdminServer | undefined;
const logger = pino({ level: "silent" });
const store = new MemoryStore(sha256);

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "selvedge-admin-"));
  server = await openAdminServer({ home, store, logger, report: async () => ({ header: 1 }) });
});
afterEach(async () => {
  await server?.close();
  await rm(home, { recursive: true, force: true });
});

test("is open to its owner alone and goes with its server", async () => {
  expect((await stat(adminSocketPath(home))).mode & 0o777).toBe(0o600);
  await server?.close();
  await expect(stat(adminSocketPath(home))).rejects.toMatchObject({ code: "ENOENT" });
  expect(await askAdmin(home, { method: "GET", path: "/v1/admin/report" })).toBeUndefined();
});

test("takes the place of a socket that a crash has left", async () => {
  const second = await openAdminServer({ home, store, logger, report: async () => ({ header: 2 }) });
  expect(await readAdminJson(home, "/v1/admin/report")).toEqual({ header: 2 });
  await second?.close();
});

test("changes the log level to a known one and refuses everything else", async () => {
  const put = (body: string, path = "/v1/admin/log"): Promise<unknown> => askAdmin(home, { method: "PUT", path, body });
  await put("warn");
  expect(logger.level).toBe("warn");
  await expect(put("loud")).rejects.toMatchObject({ code: "API_ERROR" });
  await expect(put("x".repeat(5000))).rejects.toMatchObject({ code: "API_ERROR" });
  await expect(put("", "/v1/admin/records")).rejects.toMatchObject({ code: "API_ERROR" });
  expect(logger.level).toBe("warn");
});

test("streams every record of the store, with an end", async () => {
  const value = new Uint8Array([1, 2]);
  await store.batch(
    [
      { type: "put", space: "meta", key: "a", value },
      { type: "put", space: "state", key: "b", value },
    ],
    { sync: true },
  );
  const answer = await askAdmin(home, { method: "GET", path: "/v1/admin/records" });
  if (answer === undefined) throw new Error("it runs");
  const keys: string[] = [];
  for await (const { space, key } of readFrames(answer)) keys.push(`${space}/${key}`);
  expect(keys).toEqual(["state/b", "meta/a"]);
});

test("has no socket where the path does not fit one", async () => {
  const deep = join(home, "x".repeat(100));
  expect(await openAdminServer({ home: deep, store, logger, report: async () => ({}) })).toBeUndefined();
  expect(await readAdminJson(deep, "/v1/admin/report")).toBeUndefined();
});
