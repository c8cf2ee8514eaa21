// The child processes of a demonstration: started with an IPC channel and a log file each, watched for an end that nobody
// asked for, and ended with us in every case. A child leaves by itself when its channel closes (leave-with-parent.ts), so
// even a parent that was killed leaves nobody behind.

import { type ChildProcess, type Serializable, fork } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { NodeError } from "../errors.ts";

const STOP_GRACE_MS = 8000;

export interface ChildPlan {
  readonly name: string;
  readonly module: URL;
  readonly args: readonly string[];
  readonly logFile: string;
  readonly onMessage: (message: unknown) => void;
}

export class Child {
  readonly name: string;
  readonly logFile: string;
  readonly #process: ChildProcess;
  /** Set before we end it ourselves: its end is then no failure. */
  #isEndExpected = false;

  constructor(name: string, logFile: string, process: ChildProcess) {
    this.name = name;
    this.logFile = logFile;
    this.#process = process;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  get isRunning(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  get isEndExpected(): boolean {
    return this.#isEndExpected;
  }

  /** How it ended: "exit code 1" or "signal SIGKILL". */
  get ending(): string {
    const { exitCode, signalCode } = this.#process;
    return signalCode === null ? `exit code ${exitCode ?? "unknown"}` : `signal ${signalCode}`;
  }

  send(message: Serializable): void {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  /** No chance to write or say anything: what a crash or a power cut is to the process. */
  async kill(): Promise<void> {
    this.#isEndExpected = true;
    await this.#end("SIGKILL");
  }

  /** In order; by force after the grace period. */
  async stop(): Promise<void> {
    this.#isEndExpected = true;
    const force = setTimeout(() => this.#process.kill("SIGKILL"), STOP_GRACE_MS);
    await this.#end("SIGTERM");
    clearTimeout(force);
  }

  /** At once and without waiting; for our own last moments. */
  abandon(): void {
    this.#isEndExpected = true;
    if (this.isRunning) this.#process.kill("SIGKILL");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    const exited = once(this.#process, "exit");
    this.#process.kill(signal);
    await exited;
  }
}

export class ChildGroup {
  readonly #children = new Set<Child>();
  readonly #onUnexpectedEnd: (error: NodeError) => void;
  readonly #abandonAll = (): void => {
    for (const child of this.#children) child.abandon();
  };

  constructor(onUnexpectedEnd: (error: NodeError) => void) {
    this.#onUnexpectedEnd = onUnexpectedEnd;
    process.on("exit", this.#abandonAll);
  }

  start(plan: ChildPlan): Child {
    const log = openSync(plan.logFile, "a", 0o640);
    const childProcess = fork(plan.module, [...plan.args], {
      stdio: ["ignore", log, log, "ipc"],
      // In a group of its own: Ctrl-C reaches us alone, and the child is stopped in order.
      detached: true,
    });
    closeSync(log);
    const child = new Child(plan.name, plan.logFile, childProcess);
    this.#children.add(child);
    childProcess.on("message", plan.onMessage);
    childProcess.on("error", (error) => this.#report(child, error.message));
    childProcess.on("exit", () => {
      this.#children.delete(child);
      if (!child.isEndExpected) this.#report(child, `ended with ${child.ending}`);
    });
    return child;
  }

  /** All in order, together. */
  async stopAll(): Promise<void> {
    await Promise.all([...this.#children].map((child) => child.stop()));
    process.off("exit", this.#abandonAll);
  }

  #report(child: Child, what: string): void {
    this.#onUnexpectedEnd(new NodeError("DEVNET_FAILED", `${child.name} ${what}; its log is ${child.logFile}`));
  }
}
