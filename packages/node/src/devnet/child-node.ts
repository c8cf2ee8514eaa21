// One node of a devnet as a child process: `selvedge start` with its log in a file, its ready line on a pipe, and an IPC
// channel whose end tells it that its parent is gone. In a process group of its own, so that Ctrl-C reaches the parent
// alone and nodes are stopped in order.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FileHandle, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { EXIT, NodeError } from "../errors.ts";
import { MALLOC_ENVIRONMENT } from "../malloc-environment.ts";

const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));
/** After SIGTERM a node has this long before it is killed. */
const STOP_MAX_MS = 10_000;
const LOG_TAIL_CHARS = 2000;

export interface NodeExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

interface Life {
  readonly child: ChildProcess;
  readonly exited: Promise<NodeExit>;
  isAsked: boolean;
}

export class ChildNode {
  readonly #name: string;
  readonly #home: string;
  readonly #onUnexpectedExit: (exit: NodeExit) => void;
  #life: Life | undefined;

  constructor(options: {
    readonly name: string;
    readonly home: string;
    readonly onUnexpectedExit: (exit: NodeExit) => void;
  }) {
    this.#name = options.name;
    this.#home = options.home;
    this.#onUnexpectedExit = options.onUnexpectedExit;
  }

  get logFile(): string {
    return join(this.#home, "node.log");
  }

  /** Undefined while the node is down. */
  get pid(): number | undefined {
    return this.#life?.child.pid;
  }

  /** Starts the process and resolves with its ready line; rejects with PORT_IN_USE or DEVNET_FAILED. */
  async start(): Promise<void> {
    if (this.#life !== undefined) return;
    const log = await open(this.logFile, "a", 0o640);
    const child = spawnNode(this.#home, log);
    const life: Life = { child, exited: exitOf(child), isAsked: false };
    this.#life = life;
    void life.exited.then(() => log.close());
    const isReady = await Promise.race([readyLine(child), life.exited.then(() => false)]);
    if (isReady) {
      void life.exited.then((exit) => this.#onExit(life, exit));
      return;
    }
    this.#life = undefined;
    throw await this.#startFailure(await life.exited);
  }

  /** Sends a signal; for SIGKILL and SIGTERM, resolves once the process is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const life = this.#life;
    if (life === undefined) return;
    const isEnd = signal === "SIGKILL" || signal === "SIGTERM" || signal === "SIGINT";
    if (isEnd) life.isAsked = true;
    life.child.kill(signal);
    if (isEnd) await life.exited;
  }

  /** In order, and by force if that takes too long. */
  async stop(): Promise<NodeExit | undefined> {
    const life = this.#life;
    if (life === undefined) return undefined;
    life.isAsked = true;
    const timer = setTimeout(() => life.child.kill("SIGKILL"), STOP_MAX_MS);
    // A stopped (SIGSTOP) process would not hear SIGTERM.
    life.child.kill("SIGCONT");
    life.child.kill("SIGTERM");
    const exit = await life.exited;
    clearTimeout(timer);
    return exit;
  }

  #onExit(life: Life, exit: NodeExit): void {
    if (this.#life === life) this.#life = undefined;
    if (!life.isAsked) this.#onUnexpectedExit(exit);
  }

  async #startFailure({ code, signal }: NodeExit): Promise<NodeError> {
    const log = await readFile(this.logFile, "utf8");
    const tail = log.slice(-LOG_TAIL_CHARS).trimEnd();
    if (code === EXIT.unavailable) return new NodeError("PORT_IN_USE", `${this.#name} found its port taken`);
    return new NodeError(
      "DEVNET_FAILED",
      `${this.#name} did not start (${signal ?? `exit ${code}`}); ${this.logFile} ends with:\n${tail}`,
    );
  }
}

function spawnNode(home: string, log: FileHandle): ChildProcess {
  return spawn(process.execPath, [MAIN, "start", "--json", "--home", home], {
    stdio: ["ignore", "pipe", log.fd, "ipc"],
    env: childEnvironment(),
    detached: true,
  });
}

/** Configuration of the parent's environment is not meant for every one of its nodes. */
function childEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith("SELVEDGE_"));
  return { ...MALLOC_ENVIRONMENT, ...Object.fromEntries(inherited) };
}

function exitOf(child: ChildProcess): Promise<NodeExit> {
  return new Promise((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
    child.once("error", () => resolve({ code: EXIT.unexpected, signal: null }));
  });
}

async function readyLine(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) return false;
  const lines = createInterface({ input: child.stdout });
  // Never resolves for a node that dies before: the caller races it with the exit.
  await once(lines, "line");
  // Nothing else is printed there, but a full pipe would block the node.
  child.stdout.resume();
  return true;
}
