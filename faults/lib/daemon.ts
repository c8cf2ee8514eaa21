// One daemon under test: `selvedge start` as a process of its own, possibly under strace or with flags of the runtime, and
// what it said when it ended. It ends with us, through its IPC channel.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { trustedJson } from "./json.ts";
import { SELVEDGE_MAIN, childEnvironment } from "./places.ts";

const READY_MAX_MS = 90_000;
const STOP_MAX_MS = 40_000;
const ANSWER_MAX_MS = 5_000;

export interface DaemonPlace {
  readonly name: string;
  /** Place in the committee. */
  readonly index: number;
  readonly home: string;
  readonly p2pPort: number;
  readonly apiPort: number;
}

/** How the process is started. */
export interface Launch {
  /** Put before the runtime's path, e.g. strace and its options. With `-D`, strace is no parent and the pid is ours. */
  readonly wrapper?: readonly string[];
  /** Another runtime than ours. */
  readonly node?: string;
  readonly nodeFlags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface DaemonEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What of `/v1/status` the checkers read. */
export interface DaemonStatus {
  readonly executedIndex: number;
  readonly stateRoot: string;
  readonly state: "healthy" | "syncing" | "stalled";
  readonly health: string;
  readonly engine: {
    readonly round: number;
    readonly highestRound: number;
    readonly lastCommitIndex: number;
    /** Whether the validator's key may be used, and why not. */
    readonly signing: { readonly standing: string };
    readonly parkedCount: number;
    readonly blocksInMemory: number;
    readonly equivocators: readonly number[];
  };
  readonly peers: readonly {
    readonly remote: { readonly kind: string; readonly index?: number };
    readonly isConnected: boolean;
    readonly queuedBytes: number;
    readonly penalty: number;
  }[];
}

export class TestDaemon {
  readonly place: DaemonPlace;
  /** May be changed between two starts. */
  launch: Launch;
  #child: ChildProcess | undefined;
  #exited: Promise<DaemonEnd> | undefined;
  /** Of the last process, once it is gone. */
  #end: DaemonEnd | undefined;

  constructor(place: DaemonPlace, launch: Launch = {}) {
    this.place = place;
    this.launch = launch;
  }

  get apiUrl(): string {
    return `http://127.0.0.1:${this.place.apiPort}`;
  }

  get pid(): number | undefined {
    return this.isUp ? this.#child?.pid : undefined;
  }

  get isUp(): boolean {
    return this.#child !== undefined && this.#end === undefined;
  }

  get lastEnd(): DaemonEnd | undefined {
    return this.#end;
  }

  /** True once it is ready; false if it ended before, and `lastEnd` says how. */
  async start(): Promise<boolean> {
    const { wrapper = [], node = process.execPath, nodeFlags = [], env = {} } = this.launch;
    const own = [node, ...nodeFlags, SELVEDGE_MAIN, "start", "--json", "--home", this.place.home];
    const [file = process.execPath, ...args]: readonly string[] = [...wrapper, ...own];
    const log = openSync(join(this.place.home, "node.log"), "a", 0o640);
    const child = spawn(file, args, {
      stdio: ["ignore", "pipe", log, "ipc"],
      env: { ...childEnvironment(), ...env },
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    this.#end = undefined;
    this.#exited = new Promise((resolve) => {
      child.once("exit", (code, signal) => resolve({ code, signal }));
      child.once("error", () => resolve({ code: 127, signal: null }));
    });
    this.#exited = this.#exited.then((end) => {
      if (this.#child === child) this.#end = end;
      return end;
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), READY_MAX_MS);
    const isReady = await Promise.race([readyLine(child), this.#exited.then(() => false)]);
    clearTimeout(timer);
    return isReady;
  }

  /** SIGKILL and SIGTERM are waited for. */
  async kill(signal: NodeJS.Signals): Promise<DaemonEnd | undefined> {
    if (!this.isUp) return this.#end;
    this.#child?.kill(signal);
    return signal === "SIGKILL" || signal === "SIGTERM" ? this.ended(STOP_MAX_MS) : undefined;
  }

  async stop(): Promise<DaemonEnd | undefined> {
    if (!this.isUp) return this.#end;
    // A stopped (SIGSTOP) process would not hear SIGTERM.
    this.#child?.kill("SIGCONT");
    this.#child?.kill("SIGTERM");
    const end = await this.ended(STOP_MAX_MS);
    if (end !== undefined) return end;
    this.#child?.kill("SIGKILL");
    return this.#exited;
  }

  /** How the process ended, or undefined if it lives on after that time. */
  async ended(maxMs: number): Promise<DaemonEnd | undefined> {
    const over = new AbortController();
    const late = delay(maxMs, undefined, { signal: over.signal }).catch(() => undefined);
    const end = await Promise.race([this.#exited, late]);
    over.abort();
    return end;
  }

  async status(): Promise<DaemonStatus | undefined> {
    const text = await this.text("/v1/status");
    return text === undefined ? undefined : trustedJson<DaemonStatus>(text);
  }

  /** The body of an answer with status 200; undefined for every other answer and for none. */
  async text(path: string): Promise<string | undefined> {
    if (!this.isUp) return undefined;
    try {
      const response = await fetch(`${this.apiUrl}${path}`, { signal: AbortSignal.timeout(ANSWER_MAX_MS) });
      const text = await response.text();
      return response.ok ? text : undefined;
    } catch {
      // Not answering: the caller's deadline decides what that means.
      return undefined;
    }
  }

  /** The sum of one metric over its labels that match. */
  async metric(name: string, label = ""): Promise<number> {
    const text = (await this.text("/metrics")) ?? "";
    return text
      .split("\n")
      .filter((line) => (line.startsWith(`${name} `) || line.startsWith(`${name}{`)) && line.includes(label))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  }

  get log(): string {
    return readFileSync(join(this.place.home, "node.log"), "utf8");
  }

  rssBytes(): number {
    try {
      const kib = /^VmRSS:\s+(\d+) kB$/mu.exec(readFileSync(`/proc/${this.pid ?? 0}/status`, "utf8"))?.[1];
      return Number(kib ?? 0) * 1024;
    } catch {
      // Gone meanwhile.
      return 0;
    }
  }

  openFiles(): number {
    try {
      return readdirSync(`/proc/${this.pid ?? 0}/fd`).length;
    } catch {
      return 0;
    }
  }
}

async function readyLine(child: ChildProcess): Promise<boolean> {
  if (child.stdout === null) return false;
  // Never resolves for a process that dies before: the caller races it with the exit.
  await once(createInterface({ input: child.stdout }), "line");
  // Nothing else is printed there, but a full pipe would block the node.
  child.stdout.resume();
  return true;
}
