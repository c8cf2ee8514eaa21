// A real Redis of one's own for a test: on a free port, in a temporary folder, with a password.

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const PASSWORD = "s3cret-of-the-test";

export function hasRedisServer(): boolean {
  return spawnSync("redis-server", ["--version"]).status === 0;
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

export class RedisServer implements AsyncDisposable {
  readonly url: string;
  readonly #port: number;
  readonly #folder: string;
  #process: ChildProcess;

  private constructor(port: number, folder: string) {
    this.#port = port;
    this.#folder = folder;
    this.url = `redis://:${PASSWORD}@127.0.0.1:${port}/3`;
    this.#process = this.#spawn();
  }

  static async start(): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), mkdtempSync(join(tmpdir(), "selvedge-redis-")));
    await server.#ready();
    return server;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.#process = this.#spawn();
    await this.#ready();
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #spawn(): ChildProcess {
    const options = [
      "--port",
      String(this.#port),
      "--bind",
      "127.0.0.1",
      "--dir",
      this.#folder,
      "--requirepass",
      PASSWORD,
      "--appendonly",
      "yes",
    ];
    return spawn("redis-server", options, { stdio: ["ignore", "pipe", "ignore"] });
  }

  #ready(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#process.stdout?.on("data", (text: Buffer) => text.includes("Ready to accept connections") && resolve());
      this.#process.once("exit", () => reject(new Error("redis-server ended")));
    });
  }
}
